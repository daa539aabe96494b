import { limits } from '../limits.ts';
import type { FlapRule, Flicker } from './flapping.ts';
import type { Learned, Proposal } from './learning.ts';
import type { HeartbeatPromise, Maintenance } from './schedule.ts';

/** Names one heartbeat: a source's, or with instance `*` that of a job whichever instance is heard. */
export type HeartbeatKey = { readonly job: string; readonly instance: string };

export const anyInstance = '*';

/**
 * learning: its cadence is watched before it is held to any · expected: registered, never heard · up · down · recovering: heard again, not yet announced · paused: nobody waits.
 */
export type HeartbeatState = 'learning' | 'expected' | 'up' | 'down' | 'recovering' | 'paused';

export type DownReason =
  | 'NOT_HEARD'
  | 'NEVER_SEEN'
  | 'REJECTED'
  | 'THROTTLED'
  | 'STUCK_RUN'
  | 'FAILED'
  | 'SCRAPE_DNS'
  | 'SCRAPE_FORBIDDEN'
  | 'SCRAPE_AUTH'
  | 'SCRAPE_CONNECT'
  | 'SCRAPE_TLS'
  | 'SCRAPE_TIMEOUT'
  | 'SCRAPE_LIMIT'
  | 'SCRAPE_HTTP'
  | 'SCRAPE_ENCODING'
  | 'SCRAPE_CONTENT_TYPE'
  | 'SCRAPE_PARSE';

/**
 * A heartbeat going down or up, as it waits in the outbox until it was announced.
 * `atMs` is the computed instant of the change, not the instant somebody looked.
 */
export type Flip = {
  readonly epoch: number;
  /** FLAPPING: it fell too often, and its single turns are held back until it is steady: RESOLVED, or DOWN. */
  readonly kind: 'DOWN' | 'RESOLVED' | 'FLAPPING';
  readonly atMs: number;
  /** Since when the source is silent or failing. */
  readonly sinceMs: number;
  readonly reason: DownReason | 'PAUSED' | 'REMOVED' | 'HEARD' | 'STEADY';
  readonly detail: string;
};

/** Whether a sign of life is news to the checker: not while it believes the source up, nor while nobody waits for it. */
export const isNewsIn = (state: string | undefined): boolean => state !== 'up' && state !== 'paused';

/** One failed scrape of a target's slot. */
export type PullFailure = {
  readonly targetId: string;
  readonly url: string;
  readonly slotMs: number;
  readonly intervalMs: number;
  readonly reason: DownReason;
  readonly detail: string;
};

/** What failed scrapes left on the record: the run of failures that ends with `lastSlotMs`. */
type Failing = Omit<PullFailure, 'slotMs'> & {
  readonly firstSlotMs: number;
  readonly lastSlotMs: number;
};

/** How many of how many slots must fail for a target to be down, in the place of so many in a row. */
type FailureShare = { readonly failed: number; readonly of: number };

/** The attribute in which a failed slot is kept: of so many the newest. */
export const missAttribute = (slotMs: number, intervalMs: number): string =>
  `miss${Math.round(slotMs / intervalMs) % limits.missesKept}`;

/** How many slots in a row failed. */
const failedSlots = ({ firstSlotMs, lastSlotMs, intervalMs }: Failing): number =>
  Math.round((lastSlotMs - firstSlotMs) / intervalMs) + 1;

/** Whether enough slots failed for a target to be down: limits.failedSlotsToDown in a row, or the share that its row asks for. */
export const hasFailed = ({ failing, failureShare, missedMs = [] }: Heartbeat): boolean => {
  if (failing === undefined) return false;
  if (failureShare === undefined) return failedSlots(failing) >= limits.failedSlotsToDown;
  const { lastSlotMs, intervalMs } = failing;
  const fromMs = lastSlotMs - (failureShare.of - 1) * intervalMs;
  return missedMs.filter(ms => ms >= fromMs && ms <= lastSlotMs).length >= failureShare.failed;
};

/** A push of the source that was not taken, and what it was told. */
export type PushRefusal = { readonly atMs: number; readonly status: number; readonly reason: string };

/**
 * One record for one source: its promise, its evidence, its state and its outbox, in one item, so that one condition
 * covers them all. Every change of state raises `epoch` by one.
 */
export type Heartbeat = {
  readonly key: HeartbeatKey;
  /** The promise to be heard; absent on records that only failed scrapes made. */
  readonly promise?: HeartbeatPromise;
  readonly pauseWanted: boolean;
  /** Its promise is to be learned, and is not there yet. */
  readonly isLearned?: boolean;
  /** What is learned is in force without anybody's asking. */
  readonly isApplied?: boolean;
  readonly learned?: Learned;
  /** The promise that fits what was learned. */
  readonly proposal?: Proposal;
  /** Times in which nothing is held against it. */
  readonly maintenance?: readonly Maintenance[];
  /** Until then nothing new is told of it. */
  readonly snoozedUntilMs?: number;
  /** The target is gone from the registry: nothing more will be scraped. */
  readonly retired: boolean;
  readonly state?: HeartbeatState;
  readonly epoch: number;
  readonly registeredAtMs?: number;
  /** Newest accepted push, on the collector's clock. */
  readonly lastAcceptMs?: number;
  /** Newest good scrape that was reported. */
  readonly answeredMs?: number;
  readonly failing?: Failing;
  readonly failureShare?: FailureShare;
  /** Slots that failed, as far as they are kept, in no order. */
  readonly missedMs?: readonly number[];
  /** Beats of who pushes that did not come in time, by when they were due, as far as they are kept, in no order. */
  readonly latesMs?: readonly number[];
  /** From when on it flaps; absent where nobody counts. */
  readonly flapRule?: FlapRule;
  readonly flicker?: Flicker;
  /** The newest push of it that was refused. */
  readonly refused?: PushRefusal;
  /** What pings said of a job's runs. */
  readonly startedMs?: number;
  readonly runId?: string;
  readonly failedMs?: number;
  readonly failedDetail?: string;
  readonly downSinceMs?: number;
  readonly downReason?: string;
  readonly recoveringSinceMs?: number;
  readonly pending: readonly Flip[];
};

/** A decided change: the new state, what else becomes of the record, and the flip to announce, if any. */
export type HeartbeatChange = {
  readonly state: HeartbeatState;
  readonly registeredAtMs?: number;
  readonly downSinceMs?: number;
  readonly downReason?: string;
  readonly recoveringSinceMs?: number;
  readonly lastAcceptMs?: number;
  readonly learned?: Learned;
  readonly proposal?: Proposal;
  readonly flicker?: Flicker;
  /** The promise, as a user would write it. */
  readonly interval?: string;
  readonly grace?: string;
  /** What a run said before no longer counts. */
  readonly forgetsRun?: boolean;
  readonly flip?: Flip;
};

/** When the source was last known to live, by whichever road. */
export const lastHeardMs = ({ lastAcceptMs, answeredMs }: Heartbeat): number | undefined =>
  lastAcceptMs === undefined
    ? answeredMs
    : answeredMs === undefined
      ? lastAcceptMs
      : Math.max(lastAcceptMs, answeredMs);

/** Jobs whose names begin so are the collector's own. */
export const isReservedJob = (job: string): boolean => job.startsWith('__');

export const textOfKey = ({ job, instance }: HeartbeatKey): string =>
  instance === anyInstance ? job : `${job} ${instance}`;
