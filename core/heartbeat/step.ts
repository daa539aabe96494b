import { limits } from '../limits.ts';
import { nextCronAfter } from './cron.ts';
import {
  type Flip,
  failedSlots,
  type Heartbeat,
  type HeartbeatChange,
  type HeartbeatPromise,
  lastHeardMs,
} from './heartbeat.ts';
import { type BlindSpan, heardableMs, instantAfter } from './silence.ts';

/** Why a source is down, since when it gave no sign of life, and the instant from which that counts as down. */
type Verdict = {
  readonly reason: Flip['reason'];
  readonly sinceMs: number;
  readonly atMs: number;
  readonly detail: string;
};

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** Boundaries belong to the later state: exactly at interval plus grace a source is down. */
const verdictAt = (heartbeat: Heartbeat, provenMs: number, blind: readonly BlindSpan[]): Verdict | undefined => {
  const { failing, answeredMs, promise, registeredAtMs } = heartbeat;
  if (
    failing !== undefined &&
    !heartbeat.retired &&
    failedSlots(failing) >= limits.failedSlotsToDown &&
    failing.lastSlotMs > (answeredMs ?? Number.NEGATIVE_INFINITY)
  ) {
    return {
      reason: failing.reason,
      sinceMs: failing.firstSlotMs,
      atMs: failing.lastSlotMs,
      detail: `${failing.url}: ${failing.detail}`,
    };
  }
  const heardMs = lastHeardMs(heartbeat);
  const { failedMs, startedMs } = heartbeat;
  if (failedMs !== undefined && failedMs > (heardMs ?? Number.NEGATIVE_INFINITY)) {
    return { reason: 'FAILED', sinceMs: failedMs, atMs: failedMs, detail: heartbeat.failedDetail || 'it said so' };
  }
  const fromMs = heardMs ?? registeredAtMs;
  if (promise === undefined || fromMs === undefined) return undefined;
  if (startedMs !== undefined) {
    // Who said that it runs is waited for by its run, whatever else was promised.
    if (heardableMs(startedMs, provenMs, blind) < promise.graceMs) return undefined;
    const atMs = instantAfter(startedMs, promise.graceMs, blind);
    return {
      reason: 'STUCK_RUN',
      sinceMs: startedMs,
      atMs,
      detail: `began and did not end within ${seconds(promise.graceMs)}`,
    };
  }
  const allowedMs = allowedMsAfter(promise, fromMs);
  if (heardableMs(fromMs, provenMs, blind) < allowedMs) return undefined;
  const when = promise.cron === undefined ? `every ${seconds(promise.intervalMs)}` : `by its schedule in ${promise.tz}`;
  const detail = `expected ${when}, grace ${seconds(promise.graceMs)}`;
  return {
    reason: heardMs === undefined ? 'NEVER_SEEN' : 'NOT_HEARD',
    sinceMs: fromMs,
    atMs: instantAfter(fromMs, allowedMs, blind),
    detail,
  };
};

/** How long a source may be silent that was heard at `fromMs`: until it is due, and its grace. */
const allowedMsAfter = ({ intervalMs, graceMs, cron, tz = 'UTC' }: HeartbeatPromise, fromMs: number): number => {
  if (cron === undefined) return intervalMs + graceMs;
  return (nextCronAfter(cron, tz, fromMs) ?? Number.POSITIVE_INFINITY) - fromMs + graceMs;
};

const holdMsOf = ({ promise, failing, downReason }: Heartbeat): number =>
  // A run that ended well is no flicker.
  promise?.cron !== undefined || downReason === 'FAILED' || downReason === 'STUCK_RUN'
    ? 0
    : Math.min(limits.recoveryHoldMs, promise?.intervalMs ?? failing?.intervalMs ?? 0);

const wentDown = (heartbeat: Heartbeat, { reason, sinceMs, atMs, detail }: Verdict): HeartbeatChange => ({
  state: 'down',
  downSinceMs: sinceMs,
  downReason: reason,
  flip: { epoch: heartbeat.epoch + 1, kind: 'DOWN', atMs, sinceMs, reason, detail },
});

const resolved = (
  heartbeat: Heartbeat,
  state: 'up' | 'paused',
  reason: Flip['reason'],
  atMs: number,
): HeartbeatChange => ({
  state,
  flip: {
    epoch: heartbeat.epoch + 1,
    kind: 'RESOLVED',
    atMs,
    sinceMs: heartbeat.downSinceMs ?? atMs,
    reason,
    detail: `was down: ${heartbeat.downReason ?? 'unknown'}`,
  },
});

const isAnnouncedDown = ({ state }: Heartbeat): boolean => state === 'down' || state === 'recovering';

/**
 * The next change of a heartbeat at `nowMs`, or undefined where nothing changes (RELIABILITY 3.4). Silence counts up to
 * `provenMs` alone, the collector's watermark. Pure: the caller writes the change under the condition that epoch and
 * evidence are still what was seen, and asks again if they are not.
 */
export const stepAt = (
  heartbeat: Heartbeat,
  nowMs: number,
  blind: readonly BlindSpan[],
  provenMs = nowMs,
): HeartbeatChange | undefined => {
  const { state } = heartbeat;
  if (state === undefined) return { state: heartbeat.promise === undefined ? 'up' : 'expected', registeredAtMs: nowMs };
  if (heartbeat.pauseWanted) {
    if (state === 'paused') return undefined;
    return isAnnouncedDown(heartbeat) ? resolved(heartbeat, 'paused', 'PAUSED', nowMs) : { state: 'paused' };
  }
  if (state === 'paused') return { state: 'up', lastAcceptMs: Math.max(nowMs, heartbeat.lastAcceptMs ?? nowMs) };

  const verdict = verdictAt(heartbeat, provenMs, blind);
  switch (state) {
    case 'expected':
      if (verdict !== undefined) return wentDown(heartbeat, verdict);
      return lastHeardMs(heartbeat) === undefined ? undefined : { state: 'up' };
    case 'up':
      return verdict && wentDown(heartbeat, verdict);
    case 'down': {
      if (verdict !== undefined) return undefined;
      if (heartbeat.promise === undefined && heartbeat.retired) return resolved(heartbeat, 'up', 'REMOVED', nowMs);
      const heardMs = lastHeardMs(heartbeat);
      // A slot that nobody scraped ends a run of failures, and heals nobody: only a sign of life does.
      if (heardMs === undefined || heardMs <= (heartbeat.downSinceMs ?? Number.NEGATIVE_INFINITY)) return undefined;
      return { state: 'recovering', recoveringSinceMs: heardMs };
    }
    case 'recovering': {
      // Down again before the recovery was told: the alarm still stands, nothing new is announced.
      if (verdict !== undefined) return { state: 'down' };
      const recoveredMs = heartbeat.recoveringSinceMs ?? nowMs;
      if (nowMs - recoveredMs < holdMsOf(heartbeat)) return undefined;
      return resolved(heartbeat, 'up', 'HEARD', recoveredMs);
    }
  }
};

/** The instant at which silence alone would change something, or undefined where only news can. */
export const deadlineOf = (heartbeat: Heartbeat, blind: readonly BlindSpan[]): number | undefined => {
  const { state, promise } = heartbeat;
  if (state === 'recovering' && heartbeat.recoveringSinceMs !== undefined)
    return heartbeat.recoveringSinceMs + holdMsOf(heartbeat);
  if ((state !== 'up' && state !== 'expected') || promise === undefined) return undefined;
  if (heartbeat.startedMs !== undefined) return instantAfter(heartbeat.startedMs, promise.graceMs, blind);
  const fromMs = lastHeardMs(heartbeat) ?? heartbeat.registeredAtMs;
  const allowedMs = fromMs === undefined ? Number.POSITIVE_INFINITY : allowedMsAfter(promise, fromMs);
  return fromMs === undefined || allowedMs === Number.POSITIVE_INFINITY
    ? undefined
    : instantAfter(fromMs, allowedMs, blind);
};

/** The record as it reads once a change was written. */
export const changed = (heartbeat: Heartbeat, { flip, ...set }: HeartbeatChange): Heartbeat => ({
  ...heartbeat,
  ...set,
  epoch: heartbeat.epoch + 1,
  pending: flip === undefined ? heartbeat.pending : [...heartbeat.pending, flip],
});

/**
 * Whether a record can go: its target is gone, it was told so, and no scrape that was ordered before can still come and
 * begin it anew.
 */
export const isOver = ({ retired, promise, state, failing }: Heartbeat, nowMs: number): boolean =>
  retired && promise === undefined && state === 'up' && nowMs - (failing?.lastSlotMs ?? 0) > 2 * limits.planAheadMs;
