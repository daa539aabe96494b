import type { Exemplar, SourceExemplars } from '../core/exemplars.ts';
import type { ToldFamily } from '../core/families.ts';
import type { Alarm } from '../core/heartbeat/alarm.ts';
import type { Heartbeat, HeartbeatChange, HeartbeatKey, PullFailure } from '../core/heartbeat/heartbeat.ts';
import type { CollectorRecord } from '../core/heartbeat/silence.ts';
import type { Told } from '../core/measures.ts';
import type { Mirrored, Reflection } from '../core/onward/mirror.ts';
import type { Retention } from '../core/retention.ts';
import type { CatalogEntry, LateMark, LateSegment, Manifest, Segment, SeriesWrites } from '../core/segment/stored.ts';

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

/** Headers by which AWS knows that our role asks, for a service of a region. */
export type Signatures = {
  sign(request: {
    readonly url: string;
    readonly service: string;
    readonly region: string;
  }): Promise<Readonly<Record<string, string>>>;
};

/** A secret that scrapes may use, and the hosts it may be shown to: `metrics.example.com`, `10.0.3.7:9100`, `*.example.com`. */
export type ScrapeGrant = {
  readonly kind: 'secret' | 'parameter';
  /** As it is granted: an ARN, or a name. */
  readonly name: string;
  readonly hosts: readonly string[];
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
  expect(key: HeartbeatKey, promise: { readonly interval: string; readonly grace: string }): Promise<void>;
  put(row: Row): Promise<void>;
  remove(key: HeartbeatKey): Promise<boolean>;
  /** The checker's own record. */
  collector(): Promise<CollectorRecord | undefined>;
  /** Replaces the checker's record if it is still at `seen`'s epoch. Tells whether it was replaced. */
  swept(seen: CollectorRecord | undefined, next: CollectorRecord): Promise<boolean>;
  /** Up to which instant every slot was ordered; undefined before the first tick. */
  planned(): Promise<number | undefined>;
  /** Moves that instant on; never back. */
  plannedUntil(untilMs: number): Promise<void>;
};

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
  /** Headers for the scheme, host and port of `url` alone: they go along with no redirect that leads elsewhere. */
  readonly credentials?: Readonly<Record<string, string>>;
  /** Redirects to follow, each of them judged as the URL itself was. @default none */
  readonly redirects?: number;
  /** PEM. The certificate is shown to the host of `url` alone; `ca` is who else is trusted. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string };
  /** Sent as a POST. */
  readonly form?: string;
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
  /** One GET, or one POST of a form, within all its limits. Never throws for what the other side does. */
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
  readonly retention: Retention;
  readonly families: Families;
  readonly exemplars: Exemplars;
  readonly blocks: Blocks;
  readonly targets: Targets;
  readonly keys: Keys;
  readonly secrets: Secrets;
  /** The same for parameters of Systems Manager. */
  readonly parameters: Secrets;
  readonly signatures: Signatures;
  readonly scrapeGrants: readonly ScrapeGrant[];
  readonly heartbeats: Heartbeats;
  readonly alarms: Alarms;
  readonly deployment: Deployment;
  readonly http: Http;
};
