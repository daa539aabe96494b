// Messages on their way, and those that never arrive.

export type Buffer = {
  /** Resolves only once every message is safely queued; after a throw any of them may be queued. */
  send(messages: readonly string[]): Promise<void>;
};

/** A message that failed again and again and was put aside, the same one once however often it lies there. */
export type Quarantined = {
  /** As messageNameOf names it. */
  readonly name: string;
  readonly body: string;
  readonly sentAtMs: number;
  /** What takes it out, for a few seconds after it was looked at. */
  readonly handles: readonly string[];
};

/** The buffer's dead letters. */
export type Quarantine = {
  /** Some of what lies there, as a rule all: up to limits.quarantineListed, or until it is enough of them, by their names. */
  look(isEnough: (names: ReadonlySet<string>) => boolean): Promise<readonly Quarantined[]>;
  remove(message: Quarantined): Promise<void>;
};

/** A message that arrives no sooner than `delayMs` from now (whole seconds, at most 900 of them). */
export type Delayed = { readonly delayMs: number; readonly body: string };

/** Scrape orders on their way to the workers. */
export type Scrapes = { send(orders: readonly Delayed[]): Promise<void> };

/** Wake-ups of the checker. */
export type Deadlines = { send(wakes: readonly Delayed[]): Promise<void> };
