import type { Alarm } from '../core/heartbeat/alarm.ts';
import type { Heartbeat, HeartbeatChange, HeartbeatKey, PullFailure } from '../core/heartbeat/heartbeat.ts';
import type { Ping } from '../core/heartbeat/ping.ts';
import type { CollectorRecord } from '../core/heartbeat/silence.ts';
import type { Told } from '../core/measures.ts';
import type { Mirrored, Reflection } from '../core/onward/mirror.ts';
import type { CatalogEntry, Segment, SeriesWrites } from '../core/segment/stored.ts';

// Every effect, behind one set of ports. A port either does what it says or throws a Fault; a call may have taken effect
// although it threw, and every call may be made again.

export type Clock = {
  /** Milliseconds since 1970 in UTC. */
  nowMs(): number;
  wait(durationMs: number): Promise<void>;
};

/** Randomness as an effect: in [0, 1). */
export type Chance = { next(): number };

export type Buffer = {
  /** Resolves only once every message is safely queued; after a throw any of them may be queued. */
  send(messages: readonly string[]): Promise<void>;
};

/** A message that arrives no sooner than `delayMs` from now (whole seconds, at most 900 of them). */
export type Delayed = { readonly delayMs: number; readonly body: string };

/** Scrape orders on their way to the workers. */
export type Scrapes = { send(orders: readonly Delayed[]): Promise<void> };

/** Wake-ups of the checker. */
export type Deadlines = { send(wakes: readonly Delayed[]): Promise<void> };

export type Series = {
  /** Writes all of it: chunks and catalog before the segments that need them. The same call again changes nothing. */
  add(writes: SeriesWrites): Promise<void>;
  /** Every (source, chunk) of a day, given as days since 1970 in UTC, in no particular order. */
  catalogOn(day: number): Promise<readonly CatalogEntry[]>;
  /** The bytes of chunks, by id; unknown ids are missing from the answer. */
  chunks(ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Segments of a source that may hold samples in [fromMs, toMs], both included; expired ones are left out. */
  between(sourceId: string, fromMs: number, toMs: number): Promise<readonly Segment[]>;
};

/** A row as the user wrote it: nothing about it is believed before it was read by core. */
export type Row = Readonly<Record<string, unknown>>;

export type Targets = {
  all(): Promise<readonly Row[]>;
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

/** Why a receiver will never take a request. */
export type Refusal = { readonly status: number; readonly reason: string };

/** Another collector that speaks remote write 1.0. */
export type Onward = {
  /** Sends one body, which may come twice. Answers the refusal if asking again would not help, throws if it might. */
  write(body: Uint8Array): Promise<Refusal | undefined>;
};

/** CloudWatch, shown some series under their own names. Costs no call and never throws. */
export type Mirror = {
  readonly chosen: readonly Mirrored[];
  show(reflections: readonly Reflection[]): void;
};

/** Secrets that others keep, by name. */
export type Secrets = { read(name: string): Promise<string> };

/** A promise as a user writes it; a schedule goes before an interval. */
export type Expectation = {
  readonly interval: string;
  readonly grace: string;
  readonly cron?: string;
  readonly tz?: string;
};

export type Heartbeats = {
  /** Every row, strongly consistent, users' mistakes included. */
  all(): Promise<readonly Row[]>;
  get(keys: readonly HeartbeatKey[]): Promise<readonly Row[]>;
  /**
   * Records that a source was heard: on its own heartbeat and on its job's, where registered. Never moves time back.
   * Done before the producer's 2xx. Answers those to whose state this is news: the checker wants to know.
   */
  heard(keys: readonly HeartbeatKey[], atMs: number): Promise<readonly HeartbeatKey[]>;
  /**
   * Records what a job said of its run, on its row where there is one. Tells whether there is one, and how long the run took
   * where that is known.
   */
  pinged(
    key: HeartbeatKey,
    ping: Ping,
    atMs: number,
    detail: string,
  ): Promise<{ readonly isKnown: boolean; readonly durationMs?: number }>;
  /** Records a failed scrape of a slot, creating the row where there is none. An older slot changes nothing. */
  failed(key: HeartbeatKey, failure: PullFailure): Promise<void>;
  /** Records a good scrape on the rows there are: at most a later time. Answers those to whose state this is news. */
  answered(keys: readonly HeartbeatKey[], slotMs: number): Promise<readonly HeartbeatKey[]>;
  /** Sets or takes back the user's wish that nobody waits for this heartbeat. */
  pause(key: HeartbeatKey, paused: boolean): Promise<void>;
  /** Says that the target behind a record is gone from the registry, or is back. */
  retire(key: HeartbeatKey, retired: boolean): Promise<void>;
  /**
   * Makes a change that was decided on what was read: applied whole, and only if the row is still at `seen`'s epoch and
   * last accept. Tells whether it was applied.
   */
  change(seen: Heartbeat, change: HeartbeatChange): Promise<boolean>;
  /** Takes one announced entry out of the outbox; nothing happens if it is gone. */
  announced(key: HeartbeatKey, epoch: number): Promise<void>;
  note(key: HeartbeatKey, problem: string | null, atMs: number): Promise<void>;
  /** Registers a promise, or changes it on a row that is there, whose state goes on. Durations as a user writes them. */
  expect(key: HeartbeatKey, promise: Expectation): Promise<void>;
  put(row: Row): Promise<void>;
  remove(key: HeartbeatKey): Promise<boolean>;
  /** Records that a canary was accepted, once each; one that is older than what its place holds changes nothing. */
  canaryHeard(slot: number, atMs: number): Promise<void>;
  /** When the newest canaries were accepted, oldest first. */
  canaries(): Promise<readonly number[]>;
  /** The checker's own record. */
  collector(): Promise<CollectorRecord | undefined>;
  /** Replaces the checker's record if it is still at `seen`'s epoch. Tells whether it was replaced. */
  swept(seen: CollectorRecord | undefined, next: CollectorRecord): Promise<boolean>;
  /** Up to which instant every slot was ordered; undefined before the first tick. */
  planned(): Promise<number | undefined>;
  /** Moves that instant on; never back. */
  plannedUntil(untilMs: number): Promise<void>;
};

/** The collector's own push, by the road of everybody's. */
export type Canary = {
  /** Sends one and waits for its answer, at most limits.canaryTimeoutMs; throws where it was not taken. Never tries again. */
  send(slot: number): Promise<void>;
};

/** Somebody outside who is told of each complete sweep, and misses what he is not told. */
export type Watchdog = { tell(): Promise<void> };

export type Alarms = {
  /** At least once. Receivers drop repeats by `alarm.id`. */
  ring(alarm: Alarm): Promise<void>;
};

/** What CloudFormation is told about a resource that one of our functions looks after. */
export type DeploymentAnswer = {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** What the resource is called from now on: another name than before makes CloudFormation delete the one before. */
  readonly PhysicalResourceId: string;
  readonly Reason?: string;
};

export type Deployment = { answer(responseUrl: string, answer: DeploymentAnswer): Promise<void> };

export type HttpGet = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly bodyBytes: number;
  readonly unpackedBytes: number;
};

export type HttpProblem = 'dns' | 'forbidden' | 'connect' | 'tls' | 'timeout' | 'limit' | 'http' | 'encoding';

export type HttpAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly contentType: string;
      readonly body: Uint8Array;
      readonly durationMs: number;
    }
  | {
      readonly ok: false;
      readonly problem: HttpProblem;
      readonly reason: string;
      readonly status?: number;
      readonly durationMs: number;
    };

export type Http = {
  /** One GET, redirects not followed, within all its limits. Never throws for what the other side does. */
  get(request: HttpGet): Promise<HttpAnswer>;
};

export type Log = {
  write(
    level: 'info' | 'warn' | 'error',
    message: string,
    details?: Readonly<Record<string, string | number | boolean>>,
  ): void;
};

/** What an invocation has to say of itself, for CloudWatch. Costs no call and never throws. */
export type Measures = {
  /** Gathers: counts add up, of durations the longest is kept. */
  tell(told: Told): void;
  /** Says what was gathered: at the end of each invocation, see functions/middleware/measured.ts. */
  flush(): void;
};

export type Ports = {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly measures: Measures;
  readonly buffer: Buffer;
  readonly scrapes: Scrapes;
  /** Orders for the scraper inside the VPC; undefined where there is none. */
  readonly vpcScrapes: Scrapes | undefined;
  readonly deadlines: Deadlines;
  /** What was stored, on its way to another collector; undefined where there is none. */
  readonly passedOn: Buffer | undefined;
  readonly onward: Onward;
  readonly mirror: Mirror;
  readonly series: Series;
  readonly targets: Targets;
  readonly keys: Keys;
  readonly secrets: Secrets;
  readonly heartbeats: Heartbeats;
  /** Undefined where none are sent: then silence is measured up to now. */
  readonly canary: Canary | undefined;
  /** Undefined where nobody outside watches. */
  readonly watchdog: Watchdog | undefined;
  readonly alarms: Alarms;
  readonly deployment: Deployment;
  readonly http: Http;
};
