import { describe, expect, test } from 'vitest';
import type { Heartbeat } from '../../../core/heartbeat/heartbeat.ts';
import { latesOf } from '../../../core/heartbeat/missed.ts';
import { readHeartbeat } from '../../../core/heartbeat/row.ts';
import { changed, deadlineOf, stepAt } from '../../../core/heartbeat/step.ts';

const second = 1_000;
const row = { job: 'a', instance: '*', interval: '10s', grace: '4s', failures: '2/4', state: 'up', epoch: 1 };

describe('what a sign of life says of the time before it', () => {
  test.each([
    [23_999, []],
    [24_000, [20_000]], // Exactly out of grace; the beat of 10 s is one of 14 s as well.
    [40_000, [10_000, 20_000, 30_000]],
  ])('at %d ms', (atMs, expected) => {
    const first = atMs >= 14_000 ? [10_000] : [];
    const dues = Object.values(latesOf({ ...row, lastAcceptMs: 0 }, atMs)).toSorted((a, b) => a - b);
    expect(dues).toEqual([...new Set([...first, ...expected])]);
  });

  test('is bounded', () => {
    expect(Object.keys(latesOf({ ...row, lastAcceptMs: 0 }, 1e9))).toHaveLength(16);
  });

  test.each([
    ['not judged by a share', { failures: undefined }],
    ['that comes by a schedule', { cron: '* * * * *' }],
    ['that only scrapes know', { interval: undefined }],
    ['never heard', { lastAcceptMs: undefined }],
  ])('is nothing of one %s', (_, over) => {
    expect(latesOf({ ...row, lastAcceptMs: 0, ...over }, 1e6)).toEqual({});
  });
});

/** Beats at these seconds; looked at each second. */
const told = (beats: readonly number[], untilS: number, blind: { fromMs: number; toMs: number }[] = []) => {
  let kept: Record<string, unknown> = { ...row, lastAcceptMs: 0 };
  for (let at = 0; at <= untilS; at += 1) {
    if (beats.includes(at)) kept = { ...kept, ...latesOf(kept, at * second), lastAcceptMs: at * second };
    const heartbeat = readHeartbeat(kept).value as Heartbeat;
    const change = stepAt(heartbeat, at * second, blind);
    if (change === undefined) continue;
    const { pending, epoch } = changed(heartbeat, change);
    const { flip: _, ...set } = change;
    kept = { ...kept, ...set, pending, epoch };
  }
  return (readHeartbeat(kept).value as Heartbeat).pending.map(({ kind, atMs }) => `${kind} ${atMs / second}`);
};

describe('who is judged by two of four beats', () => {
  test.each([
    ['may miss one', [10, 30, 40, 50, 60, 70, 80], 82, []],
    ['is down at the second that is out of its grace', [10, 20], 60, ['DOWN 44']],
    ['is down by two that were no neighbours', [10, 30, 50], 55, ['DOWN 44']],
    ['may miss two that are far apart', [10, 30, 40, 50, 60, 80, 90], 92, []],
    ['is back when enough of them came', [10, 30, 50, 60, 70, 80, 90], 100, ['DOWN 44', 'RESOLVED 60']],
  ])('%s', (_, beats, untilS, expected) => {
    expect(told(beats, untilS)).toEqual(expected);
  });

  test('misses nothing while nobody could be heard', () => {
    const blind = [{ fromMs: 12 * second, toMs: 55 * second }];
    expect(told([10, 60, 70], 72, blind)).toEqual([]);
  });

  test('is looked at when the beat that is one too many is out of its grace', () => {
    const { value } = readHeartbeat({ ...row, lastAcceptMs: 30_000, late2: 20_000 });
    expect(deadlineOf(value!, [])).toBe(44_000);
    expect(deadlineOf(readHeartbeat({ ...row, lastAcceptMs: 30_000 }).value!, [])).toBe(54_000);
  });
});
