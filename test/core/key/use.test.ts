import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bucket, KeyUse, shareOf } from '../../../core/key/key-use.ts';
import { usualQuota } from '../../../core/key/quota.ts';
import { hashOf, SeriesCount } from '../../../core/key/series-count.ts';
import { labelSetOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';

const burstSeconds = limits.keyBurstMs / 1_000;

describe('a bucket', () => {
  test('lets in what may come at once, and then what comes back', () => {
    const bucket = new Bucket();
    for (let taken = 0; taken < 10 * burstSeconds; taken += 1) expect(bucket.take(1, 10, 0)).toBe(0);
    expect(bucket.take(1, 10, 0)).toBe(100);
    expect(bucket.take(1, 10, 100)).toBe(0);
    expect(bucket.take(1, 10, 100)).toBe(100);
  });

  test('lends to who needs more than it holds, and wants it back first', () => {
    const bucket = new Bucket();
    expect(bucket.take(10 * burstSeconds + 50, 10, 0)).toBe(0);
    expect(bucket.take(1, 10, 0)).toBe(5_100);
    expect(bucket.take(1, 10, 5_000)).toBe(100);
    expect(bucket.take(1, 10, 5_101)).toBe(0);
  });

  test('never lets in more than its rate, a burst and one push', () => {
    const offered = fc.array(fc.record({ afterMs: fc.nat(2_000), count: fc.integer({ min: 1, max: 100 }) }));
    fc.assert(
      fc.property(offered, pushes => {
        const bucket = new Bucket();
        let [nowMs, taken] = [0, 0];
        for (const { afterMs, count } of pushes) {
          nowMs += afterMs;
          if (bucket.take(count, 10, nowMs) === 0) taken += count;
          expect(taken).toBeLessThanOrEqual((10 * (nowMs + limits.keyBurstMs)) / 1_000 + 100);
        }
      }),
    );
  });
});

test.each([
  [100, 30, 0, 100],
  [100, 30, 50, 50],
  [100, 60, 40, 60],
  [100, 80, 120, 40],
  [100, 0, 150, 0],
])('of %d who is offered %d beside %d has %d', (limit, own, others, share) => {
  expect(shareOf(limit, own, others)).toBeCloseTo(share);
});

test('workers that tell each other let in the limit together, and no worker tells who is far from it', () => {
  const quota = { ...usualQuota, samplesPerSecond: 1_000 };
  const workers = ['a', 'b', 'c'].map(name => ({ name, use: new KeyUse(), told: 0 }));
  const told = new Map();
  let taken = 0;
  for (let nowMs = 1_000_000; nowMs < 1_120_000; nowMs += 100) {
    for (const { name, use } of workers) {
      // Each is offered the whole limit.
      if (use.samples(100, quota, nowMs) === 0 && nowMs >= 1_060_000) taken += 100;
      const telling = use.toTell(name, quota, nowMs);
      if (telling === undefined) continue;
      told.set(name, telling);
      use.heard([...told.values()], name, nowMs);
    }
  }
  expect(taken / 60).toBeGreaterThan(800);
  expect(taken / 60).toBeLessThan(1_200);
  const quiet = new KeyUse();
  for (let nowMs = 0; nowMs < 60_000; nowMs += 1_000) {
    quiet.samples(10, quota, nowMs);
    expect(quiet.toTell('q', quota, nowMs)).toBeUndefined();
  }
});

describe('active series', () => {
  const generation = limits.activeSeriesMs / 2;

  test('are counted once, and forgotten half a day to a day after they were seen', () => {
    const count = new SeriesCount();
    count.admit([1, 2, 2], 10, 0);
    expect(count.size).toBe(2);
    count.admit([2], 10, generation);
    expect([count.size, count.newIn([1, 3], generation)]).toEqual([2, 1]);
    expect(count.newIn([1, 2, 3], 2 * generation)).toBe(2);
    expect(count.newIn([1, 2, 3], 9 * generation)).toBe(3);
  });

  test('beyond the limit new ones are refused, and known ones are not', () => {
    const count = new SeriesCount();
    expect([...count.admit([1, 2, 3], 2, 0).refused]).toEqual([3]);
    expect([...count.admit([1, 2, 4], 2, 0).refused]).toEqual([4]);
    expect(count.size).toBe(2);
  });

  test('a million have a million hashes', () => {
    const seen = new Set<number>();
    for (let at = 0; at < 1_000_000; at += 1)
      seen.add(
        hashOf([
          ['__name__', 'm'],
          ['user', String(at)],
        ] as never),
      );
    expect(seen.size).toBe(1_000_000);
  });

  test.each([
    [{ a: 'bc' }, { ab: 'c' }],
    [{ a: 'b', c: 'd' }, { a: 'bcd' }],
  ])('%j is not %j', (one, other) => {
    expect(hashOf(labelSetOf(Object.entries(one)))).not.toBe(hashOf(labelSetOf(Object.entries(other))));
  });
});
