import { limits } from '../limits.ts';
import { fallen, flappedDetail, isHeld, isSteady, steadyAtMs, steadyFlicker } from './flapping.ts';
import { type Flip, type Heartbeat, type HeartbeatChange, lastHeardMs } from './heartbeat.ts';
import { learningStep } from './learning.ts';
import { missedAt, sharedPromise } from './missed.ts';
import { allowedMsAfter } from './schedule.ts';
import { type BlindSpan, instantAfter } from './silence.ts';
import { forgivenIn, quietUntilMs, type Verdict, verdictAt } from './verdict.ts';

const holdMsOf = ({ promise, failing, failureShare, downReason }: Heartbeat): number =>
  // A run that ended well is no flicker.
  promise?.cron !== undefined ||
  promise?.calendar !== undefined ||
  downReason === 'FAILED' ||
  downReason === 'STUCK_RUN'
    ? 0
    : // Who fails by a share may answer now and then: he is back when so many slots or beats in a row went well.
      failureShare !== undefined
      ? failureShare.of * (failing?.intervalMs ?? promise?.intervalMs ?? 0)
      : Math.min(limits.recoveryHoldMs, promise?.intervalMs ?? failing?.intervalMs ?? 0);

const fallOf = (heartbeat: Heartbeat, { reason, sinceMs, atMs, detail }: Verdict): Flip => ({
  epoch: heartbeat.epoch + 1,
  kind: 'DOWN',
  atMs,
  sinceMs,
  reason,
  detail,
});

const wentDown = (heartbeat: Heartbeat, verdict: Verdict): HeartbeatChange => ({
  state: 'down',
  downSinceMs: verdict.sinceMs,
  downReason: verdict.reason,
  ...fallen(heartbeat, fallOf(heartbeat, verdict)),
});

/** Down again before the recovery was told: the alarm still stands, and nothing new is told but that it flaps. */
const wentDownAgain = (heartbeat: Heartbeat, verdict: Verdict): HeartbeatChange => {
  const { flicker, flip } = fallen(heartbeat, fallOf(heartbeat, verdict));
  return {
    state: 'down',
    ...(isHeld(heartbeat) && { downSinceMs: verdict.sinceMs, downReason: verdict.reason }),
    ...(flicker && { flicker }),
    ...(flip?.kind === 'FLAPPING' && { flip }),
  };
};

const resolved = (
  heartbeat: Heartbeat,
  state: 'up' | 'paused',
  reason: Flip['reason'],
  atMs: number,
): HeartbeatChange => ({
  state,
  ...(isHeld(heartbeat) && { flicker: steadyFlicker }),
  flip: {
    epoch: heartbeat.epoch + 1,
    kind: 'RESOLVED',
    atMs,
    sinceMs: (isHeld(heartbeat) ? heartbeat.flicker?.heldFromMs : heartbeat.downSinceMs) ?? atMs,
    reason,
    detail: isHeld(heartbeat) ? flappedDetail(heartbeat) : `was down: ${heartbeat.downReason ?? 'unknown'}`,
  },
});

const isDown = ({ state }: Heartbeat): boolean => state === 'down' || state === 'recovering';

/** Whether what was told of it last is that it is down, or flaps. */
const isAnnounced = (heartbeat: Heartbeat): boolean => isDown(heartbeat) || isHeld(heartbeat);

/** What is told of who flapped and stays as it is now. */
const becameSteady = (
  heartbeat: Heartbeat,
  verdict: Verdict | undefined,
  atMs: number,
): HeartbeatChange | undefined => {
  if (heartbeat.state === 'up') return resolved(heartbeat, 'up', 'STEADY', atMs);
  if (heartbeat.state !== 'down' || verdict === undefined) return undefined;
  const detail = `${flappedDetail(heartbeat)}, and stays down; ${verdict.detail}`;
  const { sinceMs, reason } = verdict;
  return {
    state: 'down',
    downSinceMs: sinceMs,
    downReason: reason,
    flicker: steadyFlicker,
    flip: fallOf(heartbeat, { reason, sinceMs, atMs, detail }),
  };
};

/** Whether its cadence is being watched: from a row that is new, or asked so of one that is up; not once it was proposed. */
const isLearning = ({ isLearned, proposal, pauseWanted, state = 'learning' }: Heartbeat): boolean =>
  isLearned === true &&
  proposal === undefined &&
  !pauseWanted &&
  (state === 'learning' || state === 'expected' || state === 'up');

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
  if (isLearning(heartbeat)) return learningStep(heartbeat);
  if (state === undefined) return { state: heartbeat.promise === undefined ? 'up' : 'expected', registeredAtMs: nowMs };
  if (heartbeat.pauseWanted) {
    if (state === 'paused') return undefined;
    const paused: HeartbeatChange = isAnnounced(heartbeat)
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

  if (isHeld(heartbeat) && heartbeat.promise === undefined && heartbeat.retired)
    return resolved(heartbeat, 'up', 'REMOVED', nowMs);
  const isQuiet = quietUntilMs(heartbeat, nowMs) !== undefined;
  const verdict = isQuiet && !isDown(heartbeat) ? undefined : verdictAt(heartbeat, provenMs, blind);
  // Who stays up may be told steady only where his silence would have shown.
  const isStill = state === 'up' ? verdict === undefined : state === 'down' && verdict !== undefined;
  if (isStill && !isQuiet && isSteady(heartbeat, provenMs, blind))
    return becameSteady(heartbeat, verdict, steadyAtMs(heartbeat, blind) ?? nowMs);
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
      if (verdict !== undefined) return wentDownAgain(heartbeat, verdict);
      const recoveredMs = heartbeat.recoveringSinceMs ?? nowMs;
      if (nowMs - recoveredMs < holdMsOf(heartbeat)) return undefined;
      return isHeld(heartbeat) ? { state: 'up' } : resolved(heartbeat, 'up', 'HEARD', recoveredMs);
    }
  }
};

/** The instant at which silence alone would change something, or undefined where only news can. */
export const deadlineOf = (heartbeat: Heartbeat, blind: readonly BlindSpan[]): number | undefined => {
  const { state } = heartbeat;
  if (state === 'recovering' && heartbeat.recoveringSinceMs !== undefined)
    return heartbeat.recoveringSinceMs + holdMsOf(heartbeat);
  const atMs = [
    state === 'up' || state === 'expected' ? silentAtMs(heartbeat, blind) : undefined,
    staysAtMs(heartbeat, blind),
  ].filter(ms => ms !== undefined);
  if (atMs.length === 0) return undefined;
  const soonMs = Math.min(...atMs);
  return quietUntilMs(heartbeat, soonMs) ?? soonMs;
};

/** When it is steady if all stays as it is; undefined where nothing is held back, or where it need not stay so. */
const staysAtMs = (heartbeat: Heartbeat, blind: readonly BlindSpan[]): number | undefined => {
  const atMs = steadyAtMs(heartbeat, blind);
  if (atMs === undefined || heartbeat.state === 'up') return atMs;
  return heartbeat.state === 'down' && verdictAt(heartbeat, atMs, blind) !== undefined ? atMs : undefined;
};

/** When it would be down if nothing more came from it. */
const silentAtMs = (heartbeat: Heartbeat, blind: readonly BlindSpan[]): number | undefined => {
  const { promise, startedMs } = heartbeat;
  if (promise === undefined) return undefined;
  const heardMs = lastHeardMs(heartbeat);
  const fromMs = startedMs ?? heardMs ?? heartbeat.registeredAtMs;
  if (fromMs === undefined) return undefined;
  const shared = startedMs === undefined ? sharedPromise(heartbeat) : undefined;
  if (shared !== undefined && heardMs !== undefined) {
    const reachMs = shared.of * shared.intervalMs + shared.graceMs;
    const forgiven = forgivenIn(heartbeat, heardMs - reachMs, 2 * reachMs, blind);
    for (let beat = 1; beat <= shared.of; beat += 1) {
      const atMs = instantAfter(heardMs, beat * shared.intervalMs + shared.graceMs, forgiven);
      if (missedAt(shared, heartbeat.latesMs ?? [], heardMs, atMs, forgiven) !== undefined) return atMs;
    }
    return undefined;
  }
  const allowedMs = startedMs === undefined ? allowedMsAfter(promise, fromMs, heardMs === undefined) : promise.graceMs;
  if (allowedMs === Number.POSITIVE_INFINITY) return undefined;
  return instantAfter(fromMs, allowedMs, forgivenIn(heartbeat, fromMs, allowedMs, blind));
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
