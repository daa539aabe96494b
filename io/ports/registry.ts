import type { ToldUse } from '../../core/key/key-use.ts';
import type { RefusalPage } from '../../core/refusals.ts';

// Rows that users write, and what push tells of those who bring a key, or were refused.

/** A row as the user wrote it: nothing about it is believed before it was read by core. */
export type Row = Readonly<Record<string, unknown>>;

export type Targets = {
  all(): Promise<readonly Row[]>;
  /** The row as it is now, strongly consistent; undefined where there is none. */
  get(id: string): Promise<Row | undefined>;
  /** Notes on the row what is wrong with it, or (null) that nothing is. Leaves a row that is gone alone. */
  note(id: string, problem: string | null, atMs: number): Promise<void>;
  put(row: Row): Promise<void>;
  remove(id: string): Promise<boolean>;
};

export type Keys = {
  /** The row of a key by its id; what a warm function believes may be limits.keyCacheMs old. */
  get(id: string): Promise<Row | undefined>;
  all(): Promise<readonly Row[]>;
  put(row: Row): Promise<void>;
  remove(id: string): Promise<boolean>;
};

/** What the workers of push tell each other of keys that come near their limits. Coarse: may be seconds old, or lost. */
export type Usage = {
  /** Replaces what this worker told before. */
  tell(key: string, told: ToldUse): Promise<void>;
  of(key: string): Promise<readonly ToldUse[]>;
};

/** What the workers of push refused, by reason: about, for people to look at. */
export type Refusals = {
  /** Replaces what this worker told of that hour before. */
  tell(page: RefusalPage): Promise<void>;
  /** Hours that begin at `fromMs` or later, the newest first, limits.refusalPages of them at most. */
  since(fromMs: number): Promise<readonly RefusalPage[]>;
};
