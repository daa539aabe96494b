import type { Exemplar, SourceExemplars } from '../../core/exemplars.ts';
import type { ToldFamily } from '../../core/families.ts';
import type { GroupRecord } from '../../core/rules/record.ts';
import type {
  CatalogEntry,
  LateMark,
  LateSegment,
  Manifest,
  Segment,
  SeriesWrites,
} from '../../core/segment/stored.ts';

// What is kept of samples, of what is known about them, and of rules.

export type Series = {
  /** Writes all of it: chunks and catalog before the segments that need them. The same call again changes nothing. */
  add(writes: SeriesWrites): Promise<void>;
  /** The catalog of a day, given as days since 1970 in UTC, of all jobs or of one, in no particular order. */
  catalogOn(day: number, job?: string): Promise<readonly CatalogEntry[]>;
  /** The newest segment of a source and hour that builds on no other. */
  newestAlone(sourceId: string, hourMs: number): Promise<Segment | undefined>;
  /** The bytes of chunks, by id; unknown ids are missing from the answer. */
  chunks(ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Segments of a source that may hold samples in [fromMs, toMs], both included; expired ones are left out. */
  between(sourceId: string, fromMs: number, toMs: number): Promise<readonly Segment[]>;
  /** The same of one hour, strongly consistent. */
  ofHour(sourceId: string, hourMs: number): Promise<readonly Segment[]>;
  /** Stores late segments apart and marks their shards, in this order. The same call again changes nothing. */
  addLate(late: readonly LateSegment[]): Promise<void>;
  /** What all calls so far have cost. */
  used(): Units;
};

/** DynamoDB's units, and requests to the object store. */
export type Units = {
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly gets: number;
  readonly puts: number;
};

/** What segments are merged into: objects, and the manifests that say which of them count. */
export type Blocks = {
  /**
   * A day's manifests, of one shard or of all, strongly consistent; a shard's hours were read before its day, so that an
   * hour that is gone meanwhile is in the day.
   */
  manifestsOn(day: number, shard?: number): Promise<readonly Manifest[]>;
  /** Puts `next` in the place of `seen` (undefined: where there is none), if that still stands. Tells whether it did. */
  swap(seen: Manifest | undefined, next: Manifest): Promise<boolean>;
  /** Takes manifests away that still stand as they were seen. Tells whether all of them are gone now. */
  drop(seen: readonly Manifest[]): Promise<boolean>;
  /** Stores an object. Its key names its bytes: the same call again changes nothing. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** The bytes of an object from `from` on up to `to`, which is not included; undefined where there is no object. */
  get(key: string, from: number, to: number): Promise<Uint8Array | undefined>;
  /** Late segments of a day, of all sources of a shard or of one, strongly consistent. */
  lateOn(day: number, shard: number, sourceId?: string): Promise<readonly LateSegment[]>;
  dropLate(late: readonly LateSegment[]): Promise<void>;
  lateMarks(): Promise<readonly LateMark[]>;
  /** Takes a mark away if its token is still the one that was seen. */
  dropMark(mark: LateMark): Promise<void>;
  /** Up to which instant every hour was merged; undefined before the first. */
  mergedUntil(): Promise<number | undefined>;
  /** Moves that instant from `seen` on; nothing happens where somebody else has. */
  moveMergedUntil(seen: number | undefined, untilMs: number): Promise<void>;
  used(): Units;
};

/** What producers said about metric families. */
export type Families = {
  /** What is known to be stored may be left as it is for limits.chunkRenewMs. */
  add(told: readonly ToldFamily[]): Promise<void>;
  /** Everything told in the last limits.familyRetentionMs, what was told last first; `atMs` may be limits.chunkRenewMs old. */
  all(): Promise<readonly ToldFamily[]>;
};

/** Single observations that stand for many, beside the samples. */
export type Exemplars = {
  /** What is known to be stored may be left out; told again, it is the same. */
  add(told: readonly SourceExemplars[]): Promise<void>;
  /** A source's exemplars in [fromMs, toMs], both included, within the raw samples' retention: each once, the oldest first. */
  between(sourceId: string, fromMs: number, toMs: number): Promise<readonly Exemplar[]>;
};

/** A group's record as it was read; `version` names what was seen. */
export type KeptRecord = { readonly record: GroupRecord; readonly version: number };

/** What is known of rules: a record for each group, by its id. */
export type Rules = {
  /** The files of rules that this collector evaluates: their names and texts. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  all(): Promise<readonly GroupRecord[]>;
  /** Strongly consistent. */
  get(id: string): Promise<KeptRecord | undefined>;
  /** Puts a record in the place of the one that was seen (0: of none), if that still stands. Answers the new version, undefined where it did not stand. */
  swap(id: string, seenVersion: number, record: GroupRecord): Promise<number | undefined>;
};
