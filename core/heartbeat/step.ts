import { limits } from '../limits.ts';
import { type Flip, failedSlots, type Heartbeat, type HeartbeatChange, lastHeardMs } from './heartbeat.ts';
import { learningStep } from './learning.ts';
import { allowedMsAfter, maintenanceIn, whenOf } from './schedule.ts';
import { type BlindSpan, heardableMs, instantAfter, unionOf } from './silence.ts';

/** Why a source is down, since when it gave no sign of life, and the instant from which that counts as down. */
type Verdict = {
  readonly reason: Flip['reason'];
  readonly sinceMs: number;
  readonly atMs: number;
  readonly detail: string;
};

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** What counts for no silence of its from `fromMs` on: the collector's blindness, and its own maintenance. */
const forgivenIn = (
  { maintenance = [] }: Heartbeat,
  fromMs: number,
  allowedMs: number,
  blind: readonly BlindSpan[],
): readonly BlindSpan[] => {
  if (maintenance.length === 0) return blind;
  const toMs = fromMs + Math.min(allowedMs, limits.heartbeatIntervalMaxMs) + limits.maintenanceMaxMs;
  return unionOf([...blind, ...maintenanceIn(maintenance, fromMs, toMs, limits.maintenanceSpans)]);
};

/** Until when nothing new is told of it; undefined where nothing holds it back. */
const quietUntilMs = ({ maintenance = [], snoozedUntilMs = 0 }: Heartbeat, nowMs: number): number | undefined => {
  const windows = maintenanceIn(maintenance, nowMs, nowMs + 1, limits.maintenanceSpans);
  const untilMs = Math.max(snoozedUntilMs, ...windows.map(({ toMs }) => toMs));
  return untilMs > nowMs ? untilMs : undefined;
};

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
    const forgiven = forgivenIn(heartbeat, startedMs, promise.graceMs, blind);
    if (heardableMs(startedMs, provenMs, forgiven) < promise.graceMs) return undefined;
    const atMs = instantAfter(startedMs, promise.graceMs, forgiven);
    return {
      reason: 'STUCK_RUN',
      sinceMs: startedMs,
      atMs,
      detail: `began and did not end within ${seconds(promise.graceMs)}`,
    };
  }
  const allowedMs = allowedMsAfter(promise, fromMs, heardMs === undefined);
  const forgiven = forgivenIn(heartbeat, fromMs, allowedMs, blind);
  if (heardableMs(fromMs, provenMs, forgiven) < allowedMs) return undefined;
  const detail = `expected ${whenOf(promise)}, grace ${seconds(promise.graceMs)}`;
  const silent = { sinceMs: fromMs, atMs: instantAfter(fromMs, allowedMs, forgiven) };
  const { refused } = heartbeat;
  // Whom we refuse lives: he is told of as that, as long as he goes on trying.
  if (refused !== undefined && refused.atMs > fromMs && provenMs - refused.atMs < allowedMs) {
    const reason = isLater(refused.status) ? 'THROTTLED' : 'REJECTED';
    return { ...silent, reason, detail: `answered ${refused.status}: ${refused.reason}; ${detail}` };
  }
  return { ...silent, reason: heardMs === undefined ? 'NEVER_SEEN' : 'NOT_HEARD', detail };
};

/** Statuses that ask to come again later. */
const isLater = (status: number): boolean => status === 429 || status === 503;

const holdMsOf = ({ promise, failing, downReason }: Heartbeat): number =>
  // A run that ended well is no flicker.
  promise?.cron !== undefined ||
  promise?.calendar !== undefined ||
  downReason === 'FAILED' ||
  downReason === 'STUCK_RUN'
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
  if (heartbeat.isLearned && (state === undefined || state === 'learning')) return learningStep(heartbeat);
  if (state === undefined) return { state: heartbeat.promise === undefined ? 'up' : 'expected', registeredAtMs: nowMs };
  if (heartbeat.pauseWanted) {
    if (state === 'paused') return undefined;
    const paused: HeartbeatChange = isAnnouncedDown(heartbeat)
      ? resolved(heartbeat, 'paused', 'PAUSED', nowMs)
      : { state: 'paused' };
    // A run that began before is not waited for once it is resumed.
    return heartbeat.startedMs === undefined && heartbeat.failedMs === undefined
      ? paused
      : { ...paused, forgetsRun: true };
  }
  if (state === 'paused') {
    // What a run said since then resumed it, and counts.
    const said = heartbeat.startedMs ?? heartbeat.failedMs;
    return said === undefined
      ? { state: 'up', lastAcceptMs: Math.max(nowMs, heartbeat.lastAcceptMs ?? nowMs) }
      : { state: 'up' };
  }

  const isQuiet = !isAnnouncedDown(heartbeat) && quietUntilMs(heartbeat, nowMs) !== undefined;
  const verdict = isQuiet ? undefined : verdictAt(heartbeat, provenMs, blind);
  switch (state) {
    case 'learning':
      // Somebody wrote the promise himself.
      return { state: 'up' };
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
  const { state, promise, startedMs } = heartbeat;
  if (state === 'recovering' && heartbeat.recoveringSinceMs !== undefined)
    return heartbeat.recoveringSinceMs + holdMsOf(heartbeat);
  if ((state !== 'up' && state !== 'expected') || promise === undefined) return undefined;
  const heardMs = lastHeardMs(heartbeat);
  const fromMs = startedMs ?? heardMs ?? heartbeat.registeredAtMs;
  if (fromMs === undefined) return undefined;
  const allowedMs = startedMs === undefined ? allowedMsAfter(promise, fromMs, heardMs === undefined) : promise.graceMs;
  if (allowedMs === Number.POSITIVE_INFINITY) return undefined;
  const atMs = instantAfter(fromMs, allowedMs, forgivenIn(heartbeat, fromMs, allowedMs, blind));
  return quietUntilMs(heartbeat, atMs) ?? atMs;
};

/** The record as it reads once a change was written. */
export const changed = (heartbeat: Heartbeat, { flip, forgetsRun, ...set }: HeartbeatChange): Heartbeat => {
  const { startedMs, runId, failedMs, failedDetail, ...rest } = heartbeat;
  return {
    ...(forgetsRun ? rest : heartbeat),
    ...set,
    epoch: heartbeat.epoch + 1,
    pending: flip === undefined ? heartbeat.pending : [...heartbeat.pending, flip],
  };
};

/**
 * Whether a record can go: its target is gone, it was told so, and no scrape that was ordered before can still come and
 * begin it anew.
 */
export const isOver = ({ retired, promise, state, failing }: Heartbeat, nowMs: number): boolean =>
  retired && promise === undefined && state === 'up' && nowMs - (failing?.lastSlotMs ?? 0) > 2 * limits.planAheadMs;
