import { describe, expect, test } from 'vitest';
import type { Heartbeat } from '../../../core/heartbeat/heartbeat.ts';
import { changed, deadlineOf, stepAt } from '../../../core/heartbeat/step.ts';

const second = 1_000;
const minute = 60 * second;

const promised = (over: Partial<Heartbeat> = {}): Heartbeat => ({
  key: { job: 'checkout', instance: '*' },
  promise: { intervalMs: 60 * minute, graceMs: 5 * minute },
  pauseWanted: false,
  retired: false,
  state: 'up',
  epoch: 3,
  registeredAtMs: 0,
  lastAcceptMs: 0,
  pending: [],
  ...over,
});

const failing = (firstSlotMs: number, lastSlotMs: number) => ({
  targetId: 'node/a:9100',
  url: 'http://a:9100/metrics',
  intervalMs: 15 * second,
  reason: 'SCRAPE_CONNECT' as const,
  detail: 'connect ECONNREFUSED',
  firstSlotMs,
  lastSlotMs,
});

describe('a promise', () => {
  test.each([
    { nowMs: 60 * minute, state: undefined },
    { nowMs: 65 * minute - 1, state: undefined },
    { nowMs: 65 * minute, state: 'down' }, // Exactly out of grace.
    { nowMs: 90 * minute, state: 'down' },
  ])('leads to $state at $nowMs ms', ({ nowMs, state }) => {
    expect(stepAt(promised(), nowMs, [])?.state).toBe(state);
  });

  test('is broken at its deadline, however late somebody looks', () => {
    const change = stepAt(promised(), 300 * minute, []);
    expect(change?.flip).toMatchObject({ epoch: 4, kind: 'DOWN', reason: 'NOT_HEARD', sinceMs: 0, atMs: 65 * minute });
  });

  test('that was never kept is told apart', () => {
    const { lastAcceptMs: _, ...never } = promised({ state: 'expected' });
    expect(stepAt(never, 65 * minute, [])?.flip).toMatchObject({ reason: 'NEVER_SEEN' });
    expect(stepAt(never, 64 * minute, [])).toBeUndefined();
  });

  test('is not broken by time in which the collector was blind', () => {
    const blind = [{ fromMs: 10 * minute, toMs: 40 * minute }];
    expect(stepAt(promised(), 94 * minute, blind)).toBeUndefined();
    expect(stepAt(promised(), 95 * minute, blind)?.flip).toMatchObject({ atMs: 95 * minute });
    expect(deadlineOf(promised(), blind)).toBe(95 * minute);
  });
});

describe('failed scrapes', () => {
  const pulled = (over: Partial<Heartbeat>): Heartbeat => {
    const { promise: _, lastAcceptMs: __, ...rest } = promised({ epoch: 1, ...over });
    return rest;
  };

  test.each([
    { first: 0, last: 0, state: undefined }, // One failure may be a blip.
    { first: 0, last: 15 * second, state: 'down' },
  ])('from $first to $last lead to $state', ({ first, last, state }) => {
    expect(stepAt(pulled({ failing: failing(first, last) }), last, [])?.state).toBe(state);
  });

  test('are over once the target answered, and told so once the recovery held', () => {
    const down = pulled({
      state: 'down',
      downSinceMs: 0,
      downReason: 'SCRAPE_CONNECT',
      failing: failing(0, 45 * second),
      answeredMs: 60 * second,
    });
    const recovering = changed(down, stepAt(down, 61 * second, [])!);
    expect(recovering).toMatchObject({ state: 'recovering', recoveringSinceMs: 60 * second });
    expect(deadlineOf(recovering, [])).toBe(75 * second);
    expect(stepAt(recovering, 75 * second - 1, [])).toBeUndefined();
    expect(stepAt(recovering, 75 * second, [])?.flip).toMatchObject({
      kind: 'RESOLVED',
      reason: 'HEARD',
      sinceMs: 0,
      atMs: 60 * second,
    });
  });

  test('that go on while recovering announce nothing new', () => {
    const recovering = pulled({
      state: 'recovering',
      recoveringSinceMs: 60 * second,
      answeredMs: 60 * second,
      failing: failing(75 * second, 90 * second),
    });
    expect(stepAt(recovering, 91 * second, [])).toEqual({ state: 'down' });
  });

  test('of a target that is gone are resolved as removed', () => {
    const down = pulled({ state: 'down', downSinceMs: 0, failing: failing(0, 45 * second), retired: true });
    expect(stepAt(down, minute, [])?.flip).toMatchObject({ kind: 'RESOLVED', reason: 'REMOVED' });
  });
});

describe('pausing', () => {
  test('resolves what is down, and resuming starts over', () => {
    const down = promised({ state: 'down', pauseWanted: true, downSinceMs: 0 });
    const paused = changed(down, stepAt(down, minute, [])!);
    expect(paused.pending).toMatchObject([{ kind: 'RESOLVED', reason: 'PAUSED' }]);
    expect(stepAt(paused, 500 * minute, [])).toBeUndefined();
    const resumed = changed(
      { ...paused, pauseWanted: false },
      stepAt({ ...paused, pauseWanted: false }, 500 * minute, [])!,
    );
    expect(resumed).toMatchObject({ state: 'up', lastAcceptMs: 500 * minute });
    expect(stepAt(resumed, 501 * minute, [])).toBeUndefined();
  });
});

test('every announced change raises the epoch by one and joins the outbox', () => {
  const down = changed(promised(), stepAt(promised(), 65 * minute, [])!);
  expect(down).toMatchObject({ state: 'down', epoch: 4, pending: [{ epoch: 4 }] });
});
