import type { Alarm } from '../../core/heartbeat/alarm.ts';
import type {
  Heartbeat,
  HeartbeatChange,
  HeartbeatKey,
  PullFailure,
  PushRefusal,
} from '../../core/heartbeat/heartbeat.ts';
import type { Ping } from '../../core/heartbeat/ping.ts';
import type { CollectorRecord } from '../../core/heartbeat/silence.ts';
import type { Row } from './registry.ts';

// Who is heard, who is missed, and who is told.

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

/** Somebody outside who is told of each complete sweep, and misses what he is not told. */
export type Watchdog = { tell(): Promise<void> };

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
