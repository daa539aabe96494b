import { readDuration } from '../duration.ts';
import { limits } from '../limits.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { HeartbeatPromise } from './schedule.ts';
import { type BlindSpan, heardableMs, instantAfter } from './silence.ts';

// Who pushes and has `failures: 3/5` is down by missed beats instead of by one silence. A beat is missed that was due after
// another one and did not come within its grace; exactly then it is missed.

/** The attribute in which a missed beat is kept: of so many the newest. */
const lateAttribute = (dueMs: number, intervalMs: number): string =>
  `late${Math.round(dueMs / intervalMs) % limits.missesKept}`;

const durationOf = (input: unknown, defaultMs: number): number =>
  typeof input === 'number' ? input * 1_000 : (readDuration(String(input)) ?? defaultMs);

/**
 * What a sign of life at `atMs` says of the time since the one before: each beat that was missed, by the instant it was due.
 * `row` is the row as it was. Nothing for those that are not judged by a share.
 */
export const latesOf = (row: Readonly<Record<string, unknown>>, atMs: number): Readonly<Record<string, number>> => {
  const { failures, interval, grace, cron, onCalendar, lastAcceptMs } = row;
  const isShared = failures !== undefined && interval !== undefined && cron === undefined && onCalendar === undefined;
  if (!isShared || typeof lastAcceptMs !== 'number') return {};
  const intervalMs = durationOf(interval, limits.heartbeatIntervalDefaultMs);
  const graceMs = durationOf(grace, limits.heartbeatGraceDefaultMs);
  const missed = Math.floor((atMs - lastAcceptMs - graceMs) / intervalMs);
  const lates: Record<string, number> = {};
  for (let beat = Math.max(1, missed - limits.missesKept + 1); beat <= missed; beat += 1) {
    const dueMs = lastAcceptMs + beat * intervalMs;
    lates[lateAttribute(dueMs, intervalMs)] = dueMs;
  }
  return lates;
};

type Shared = HeartbeatPromise & { readonly failed: number; readonly of: number };

/** Whether beats are counted: a share is asked for of who promised an interval. */
export const sharedPromise = ({ promise, failureShare }: Heartbeat): Shared | undefined =>
  promise === undefined || failureShare === undefined || promise.cron !== undefined || promise.calendar !== undefined
    ? undefined
    : { ...promise, ...failureShare };

/**
 * Beats missed of the last that were due, at what is proven, after a sign of life at `heardMs`; undefined while fewer are
 * missed than make it down. `sinceMs` is the oldest of them, or the last sign of life where all came after it. Time that is
 * forgiven misses nothing.
 */
export const missedAt = (
  { failed, of, intervalMs, graceMs }: Shared,
  latesMs: readonly number[],
  heardMs: number,
  provenMs: number,
  forgiven: readonly BlindSpan[],
): { readonly missed: number; readonly sinceMs: number; readonly atMs: number } | undefined => {
  const silentMs = heardableMs(heardMs, provenMs, forgiven);
  const after = Math.min(of, Math.max(0, Math.floor((silentMs - graceMs) / intervalMs)));
  const before = latesMs.filter(
    dueMs =>
      dueMs > heardMs - (of - after) * intervalMs &&
      dueMs < heardMs &&
      dueMs + graceMs <= provenMs &&
      heardableMs(dueMs - intervalMs, dueMs + graceMs, forgiven) === intervalMs + graceMs,
  );
  if (before.length + after < failed) return undefined;
  const needed = Math.max(0, failed - before.length);
  return {
    missed: before.length + after,
    sinceMs: before.length === 0 ? heardMs : Math.min(...before),
    atMs: needed === 0 ? heardMs : instantAfter(heardMs, needed * intervalMs + graceMs, forgiven),
  };
};
