import { limits } from '../limits.ts';
import { type Flip, failedSlots, type Heartbeat, type HeartbeatChange, lastHeardMs } from './heartbeat.ts';
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
const verdictAt = (heartbeat: Heartbeat, nowMs: number, blind: readonly BlindSpan[]): Verdict | undefined => {
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
  const fromMs = heardMs ?? registeredAtMs;
  if (promise === undefined || fromMs === undefined) return undefined;
  const allowedMs = promise.intervalMs + promise.graceMs;
  if (heardableMs(fromMs, nowMs, blind) < allowedMs) return undefined;
  const detail = `expected every ${seconds(promise.intervalMs)}, grace ${seconds(promise.graceMs)}`;
  return {
    reason: heardMs === undefined ? 'NEVER_SEEN' : 'NOT_HEARD',
    sinceMs: fromMs,
    atMs: instantAfter(fromMs, allowedMs, blind),
    detail,
  };
};

const holdMsOf = ({ promise, failing }: Heartbeat): number =>
  Math.min(limits.recoveryHoldMs, promise?.intervalMs ?? failing?.intervalMs ?? 0);

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
 * The next change of a heartbeat at `nowMs`, or undefined where nothing changes (RELIABILITY 3.4). Pure: the caller
 * writes it under the condition that epoch and evidence are still what was seen, and asks again if they are not.
 */
export const stepAt = (
  heartbeat: Heartbeat,
  nowMs: number,
  blind: readonly BlindSpan[],
): HeartbeatChange | undefined => {
  const { state } = heartbeat;
  if (state === undefined) return { state: heartbeat.promise === undefined ? 'up' : 'expected', registeredAtMs: nowMs };
  if (heartbeat.pauseWanted) {
    if (state === 'paused') return undefined;
    return isAnnouncedDown(heartbeat) ? resolved(heartbeat, 'paused', 'PAUSED', nowMs) : { state: 'paused' };
  }
  if (state === 'paused') return { state: 'up', lastAcceptMs: nowMs };

  const verdict = verdictAt(heartbeat, nowMs, blind);
  switch (state) {
    case 'expected':
      if (verdict !== undefined) return wentDown(heartbeat, verdict);
      return lastHeardMs(heartbeat) === undefined ? undefined : { state: 'up' };
    case 'up':
      return verdict && wentDown(heartbeat, verdict);
    case 'down': {
      if (verdict !== undefined) return undefined;
      if (heartbeat.promise === undefined && heartbeat.retired) return resolved(heartbeat, 'up', 'REMOVED', nowMs);
      return { state: 'recovering', recoveringSinceMs: lastHeardMs(heartbeat) ?? nowMs };
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
  const fromMs = lastHeardMs(heartbeat) ?? heartbeat.registeredAtMs;
  return fromMs === undefined ? undefined : instantAfter(fromMs, promise.intervalMs + promise.graceMs, blind);
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
