import type { Exemplar, SourceExemplars } from '../core/exemplars.ts';
import type { ToldFamily } from '../core/families.ts';
import type { Alarm } from '../core/heartbeat/alarm.ts';
import type {
  Heartbeat,
  HeartbeatChange,
  HeartbeatKey,
  PullFailure,
  PushRefusal,
} from '../core/heartbeat/heartbeat.ts';
import type { Ping } from '../core/heartbeat/ping.ts';
import type { CollectorRecord } from '../core/heartbeat/silence.ts';
import type { ToldUse } from '../core/key/key-use.ts';
import type { Told } from '../core/measures.ts';
import type { Mirrored, Reflection } from '../core/onward/mirror.ts';
import type { RefusalPage } from '../core/refusals.ts';
import type { Retention } from '../core/retention.ts';
import type { GroupRecord } from '../core/rules/record.ts';
import type { DiscoveryKind, Filter } from '../core/scrape/discovery.ts';
import type { CloudMapInstance } from '../core/scrape/found/cloud-map.ts';
import type { Ec2Instance } from '../core/scrape/found/ec2.ts';
import type { EcsTask } from '../core/scrape/found/ecs.ts';
import type { CatalogEntry, LateMark, LateSegment, Manifest, Segment, SeriesWrites } from '../core/segment/stored.ts';
import type { ToldOverTime } from '../core/view/vitals.ts';
import type { PageFile } from './aws/contract.ts';

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

/** What AWS lists, as far as it could be listed: a failure is a part that nothing is known of, and why. */
export type Inventoried<T> = { readonly all: readonly T[]; readonly failures: readonly string[] };

/** What runs in the account. Without a region it is our own. Throws a Fault where nothing could be listed. */
export type Inventory = {
  /** Tasks that are to run, of the clusters named, or of all. */
  tasks(wanted: {
    readonly region?: string | undefined;
    readonly clusters: readonly string[];
  }): Promise<Inventoried<EcsTask>>;
  /** One task in any state, as long as ECS knows it: about an hour after its end. */
  task(wanted: {
    readonly region?: string | undefined;
    readonly cluster: string;
    readonly arn: string;
  }): Promise<EcsTask | undefined>;
  /** Instances that all filters let through. */
  instances(wanted: {
    readonly region?: string | undefined;
    readonly filters: readonly Filter[];
  }): Promise<Inventoried<Ec2Instance>>;
  /** Instances registered with Cloud Map, of the namespaces and services named, or of all. */
  services(wanted: {
    readonly region?: string | undefined;
    readonly namespaces: readonly string[];
    readonly services: readonly string[];
  }): Promise<Inventoried<CloudMapInstance>>;
};

/** Which addresses scrapes may reach, from each of the networks; undefined where no scraper stands there. */
export type Reach = {
  readonly public: (address: string) => boolean;
  readonly vpc: ((address: string) => boolean) | undefined;
};

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

export type { ToldUse };

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

/** What a user may write on a heartbeat's row beside its key; null takes it away. */
export type Expectation = {
  readonly interval?: string | null;
  readonly grace?: string | null;
  readonly cron?: string | null;
  readonly onCalendar?: string | null;
  readonly tz?: string | null;
  readonly firstSeen?: string | null;
  readonly failures?: string | null;
  readonly flapping?: string | null;
  readonly expect?: 'auto' | 'apply' | null;
  /** What was learned and proposed; nobody writes it, and whoever settles it takes it away. */
  readonly proposal?: null;
  readonly learned?: null;
  readonly manualResume?: boolean | null;
  readonly maintenance?: readonly Row[] | null;
  readonly snoozeUntil?: string | null;
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
  /** Records on the rows there are that a push of theirs was not taken. */
  refused(keys: readonly HeartbeatKey[], refusal: PushRefusal): Promise<void>;
  /** Records a failed scrape of a slot, creating the row where there is none. An older slot changes nothing. */
  failed(key: HeartbeatKey, failure: PullFailure): Promise<void>;
  /** Records a good scrape on the rows there are: at most a later time. Answers those to whose state this is news. */
  answered(keys: readonly HeartbeatKey[], slotMs: number): Promise<readonly HeartbeatKey[]>;
  /** Sets or takes back the user's wish that nobody waits for this heartbeat. */
  pause(key: HeartbeatKey, paused: boolean): Promise<void>;
  /** Has nothing new told of it before that instant; undefined takes it back. */
  snooze(key: HeartbeatKey, untilMs: number | undefined): Promise<void>;
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
  /** Registers a promise, or changes it on a row that is there, whose state goes on: what is null is taken away, what is absent stays. Durations as a user writes them. */
  expect(key: HeartbeatKey, promise: Expectation): Promise<void>;
  put(row: Row): Promise<void>;
  remove(key: HeartbeatKey): Promise<boolean>;
  /** What the collector's own functions know and nobody who pushes: made when it is first asked for, and kept. */
  canarySecret(): Promise<string>;
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
  send(slot: number, proof: string): Promise<void>;
};

/** What stands before our functions, and turns requests away that they never see. */
export type Gateway = {
  /**
   * Requests of that time that were answered 4xx, and the pushes that our own function refused. By whole minutes, and without the
   * last one or two, of which nothing is known yet.
   */
  refusals(fromMs: number, toMs: number): Promise<{ readonly all: number; readonly ours: number }>;
};

/** Somebody outside who is told of each complete sweep, and misses what he is not told. */
export type Watchdog = { tell(): Promise<void> };

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

export type Alarms = {
  /** At least once. Receivers drop repeats by `alarm.id`. */
  ring(alarm: Alarm): Promise<void>;
};

/** What was rung, for people to look up. */
export type History = {
  /** The same alarm again changes nothing. */
  add(alarm: Alarm): Promise<void>;
  /** The newest of what was rung in the last limits.alarmRetentionMs, newest first. */
  newest(count: number): Promise<readonly Alarm[]>;
};

/** What the collector said of itself. */
export type Vitals = {
  /** Measures from `fromMs` on up to `toMs`, in spans of `everyMs`, oldest first; what was not told is absent. */
  told(fromMs: number, toMs: number, everyMs: number): Promise<ToldOverTime>;
  /** Messages in the buffer, waiting or at work; about. */
  buffered(): Promise<number>;
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

/** Whose push was counted. `job` is the first of several. */
export type PushedBy = { readonly protocol: string; readonly job: string; readonly refusedSamples: number };

/** What an invocation has to say of itself, for CloudWatch. Costs no call and never throws. */
export type Measures = {
  /** Gathers: counts add up, of durations the longest is kept. */
  tell(told: Told): void;
  /** What the next flush stands beside its counts, to be added up by whoever reads lines: no metric, and at no charge. */
  about(about: PushedBy): void;
  /** Says what was gathered: at the end of each invocation, see functions/middleware/measured.ts. */
  flush(): void;
};

export type Ports = {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly measures: Measures;
  readonly buffer: Buffer;
  readonly quarantine: Quarantine;
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
  /** How old pushed samples may be where the protocol brings what could not be sent before. */
  readonly backfillMs: number;
  /** Whether ranges and lookback have their older end, as before Prometheus 3. */
  readonly includesOlderEnd: boolean;
  /** How old a looped target's samples may be when they are handed over; 0 for each at once. */
  readonly freshnessMs: number;
  /** What the function has for everything. */
  readonly memoryBytes: number;
  readonly families: Families;
  readonly exemplars: Exemplars;
  readonly blocks: Blocks;
  readonly rules: Rules;
  readonly targets: Targets;
  readonly keys: Keys;
  readonly usage: Usage;
  readonly refusals: Refusals;
  readonly secrets: Secrets;
  /** The same for parameters of Systems Manager. */
  readonly parameters: Secrets;
  readonly signatures: Signatures;
  readonly scrapeGrants: readonly ScrapeGrant[];
  readonly heartbeats: Heartbeats;
  /** Undefined where none are sent: then silence is measured up to now. */
  readonly canary: Canary | undefined;
  /** Undefined where nothing stands before them. */
  readonly gateway: Gateway | undefined;
  /** Undefined where nobody outside watches. */
  readonly watchdog: Watchdog | undefined;
  readonly alarms: Alarms;
  readonly history: History;
  readonly vitals: Vitals;
  readonly pageFiles: readonly PageFile[];
  readonly deployment: Deployment;
  readonly http: Http;
  readonly reach: Reach;
  readonly inventory: Inventory;
  /** Kinds of lists that somebody in this collector looks at. */
  readonly discoveries: ReadonlySet<DiscoveryKind>;
};
