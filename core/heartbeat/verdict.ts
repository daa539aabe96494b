import { limits } from '../limits.ts';
import { type Flip, type Heartbeat, hasFailed, lastHeardMs } from './heartbeat.ts';
import { missedAt, sharedPromise } from './missed.ts';
import { allowedMsAfter, maintenanceIn, whenOf } from './schedule.ts';
import { type BlindSpan, heardableMs, instantAfter, unionOf } from './silence.ts';

/** Why a source is down, since when it gave no sign of life, and the instant from which that counts as down. */
export type Verdict = {
  readonly reason: Flip['reason'];
  readonly sinceMs: number;
  readonly atMs: number;
  readonly detail: string;
};

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** What counts for no silence of its from `fromMs` on: the collector's blindness, and its own maintenance. */
export const forgivenIn = (
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
export const quietUntilMs = (
  { maintenance = [], snoozedUntilMs = 0 }: Heartbeat,
  nowMs: number,
): number | undefined => {
  const windows = maintenanceIn(maintenance, nowMs, nowMs + 1, limits.maintenanceSpans);
  const untilMs = Math.max(snoozedUntilMs, ...windows.map(({ toMs }) => toMs));
  return untilMs > nowMs ? untilMs : undefined;
};

/** Boundaries belong to the later state: exactly at interval plus grace a source is down. */
export const verdictAt = (heartbeat: Heartbeat, provenMs: number, blind: readonly BlindSpan[]): Verdict | undefined => {
  const { failing, answeredMs, promise, registeredAtMs } = heartbeat;
  if (
    failing !== undefined &&
    !heartbeat.retired &&
    hasFailed(heartbeat) &&
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
  const shared = sharedPromise(heartbeat);
  if (shared !== undefined && heardMs !== undefined) {
    const { failed, of, intervalMs, graceMs } = shared;
    const reachMs = of * intervalMs + graceMs;
    const forgiven = forgivenIn(heartbeat, heardMs - reachMs, 2 * reachMs, blind);
    const share = missedAt(shared, heartbeat.latesMs ?? [], heardMs, provenMs, forgiven);
    if (share === undefined) return undefined;
    const { missed, sinceMs, atMs } = share;
    const detail = `missed ${missed} of the last ${of} beats, ${failed} are too many; expected ${whenOf(promise)}, grace ${seconds(graceMs)}`;
    return told(heartbeat, { reason: 'NOT_HEARD', sinceMs, atMs, detail }, provenMs, reachMs);
  }
  const allowedMs = allowedMsAfter(promise, fromMs, heardMs === undefined);
  const forgiven = forgivenIn(heartbeat, fromMs, allowedMs, blind);
  if (heardableMs(fromMs, provenMs, forgiven) < allowedMs) return undefined;
  const detail = `expected ${whenOf(promise)}, grace ${seconds(promise.graceMs)}`;
  const silent = { sinceMs: fromMs, atMs: instantAfter(fromMs, allowedMs, forgiven) };
  const reason = heardMs === undefined ? 'NEVER_SEEN' : 'NOT_HEARD';
  return told(heartbeat, { ...silent, reason, detail }, provenMs, allowedMs);
};

/** Whom we refuse lives: he is told of as that, as long as he goes on trying. */
const told = ({ refused }: Heartbeat, silence: Verdict, provenMs: number, allowedMs: number): Verdict => {
  if (refused === undefined || refused.atMs <= silence.sinceMs || provenMs - refused.atMs >= allowedMs) return silence;
  const reason = isLater(refused.status) ? 'THROTTLED' : 'REJECTED';
  return { ...silence, reason, detail: `answered ${refused.status}: ${refused.reason}; ${silence.detail}` };
};

/** Statuses that ask to come again later. */
const isLater = (status: number): boolean => status === 429 || status === 503;
