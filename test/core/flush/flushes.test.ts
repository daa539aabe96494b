import { expect, test } from 'vitest';
import { crowdsIn, flushOffsetMsOf, readFlushInterval } from '../../../core/flush/flushes.ts';
import { labelSetOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';

const sourceOf = (at: number) =>
  labelSetOf([
    ['job', at % 3 === 0 ? 'cart' : 'shop'],
    ['instance', String(at)],
  ]);

test('a fleet that follows its offsets spreads: all at once would be a hundred times the mean', () => {
  const bins = new Uint32Array(100);
  for (let at = 0; at < 1_400; at += 1) bins[Math.floor(flushOffsetMsOf(sourceOf(at), 10_000) / 100)]! += 1;
  expect(Math.max(...bins) / 14).toBeLessThan(2.2);
  expect(flushOffsetMsOf(sourceOf(1), 10_000)).toBe(flushOffsetMsOf(sourceOf(1), 10_000));
});

test.each([
  ['', limits.flushIntervalDefaultMs],
  ['10000', 10_000],
  ['999', limits.flushIntervalDefaultMs],
  ['86400000', 86_400_000],
  ['86400001', limits.flushIntervalDefaultMs],
  ['1e4', limits.flushIntervalDefaultMs],
])('an interval of %j is %d ms', (text, expected) => {
  expect(readFlushInterval(text)).toBe(expected);
});

test('who pushes in one second is found, and named by jobs', () => {
  const together = Array.from({ length: 60 }, (_, at) => ({
    source: sourceOf(at),
    timesMs: [10_000 + at, 20_000 + at],
  }));
  const apart = Array.from({ length: 40 }, (_, at) => ({ source: sourceOf(100 + at), timesMs: [at * 500] }));
  const { producers, crowds } = crowdsIn([...together, ...apart, { source: sourceOf(999), timesMs: [] }]);
  expect(producers).toBe(100);
  expect(crowds.map(({ secondMs }) => secondMs)).toEqual([10_000, 20_000]);
  expect(crowds[1]).toMatchObject({
    sources: 60,
    share: 0.6,
    jobs: [
      { job: 'shop', sources: 40 },
      { job: 'cart', sources: 20 },
    ],
  });
});

test.each([
  [limits.crowdSources, limits.crowdSources, 1],
  [limits.crowdSources - 1, limits.crowdSources, 0],
  [30, 100, 1],
  [29, 100, 0],
])('%d of %d are %d crowds', (together, all, expected) => {
  const flushed = Array.from({ length: all }, (_, at) => ({
    source: sourceOf(at),
    timesMs: [at < together ? 5_000 : 100_000 + at * 1_000],
  }));
  expect(crowdsIn(flushed).crowds.length).toBe(expected);
});
