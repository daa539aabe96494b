import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../core/promql/evaluate/evaluate.ts';
import { mayRoll } from '../../../core/promql/evaluate/rolled.ts';
import { type PlannedRead, planOf } from '../../../core/promql/query.ts';
import type { SeriesColumns } from '../../../core/promql/series.ts';
import { answer, columnsOf, rangeQuery } from './asking.ts';

const minute = 60_000;
const bucketMs = 5 * minute;

const readOf = (text: string, startMs: number, endMs: number, stepMs: number): PlannedRead =>
  [...planOf(rangeQuery(text, startMs, endMs, stepMs)).reads.values()][0]!;

describe('buckets answer', () => {
  test.each([
    ['rate(m[10m])', 0, true],
    ['sum(increase(m[1h] offset 5m))', 0, true],
    ['avg_over_time(m[5m] @ 600)', 0, true],
    ['max_over_time(m[10m])', 1, false], // Not where buckets end.
    ['rate(m[7m])', 0, false],
    ['rate(m[10m] offset 1m)', 0, false],
    ['irate(m[10m])', 0, false],
    ['m', 0, false],
    ['max_over_time(m[10m:5m])', 0, false],
    ['max_over_time(max_over_time(m[10m])[10m:1m])', 0, false],
  ])('%s asked %i ms past a bucket: %s', (text, pastMs, may) => {
    expect(mayRoll(readOf(text, 10 * bucketMs + pastMs, 20 * bucketMs + pastMs, bucketMs), bucketMs)).toBe(may);
  });

  test('and not steps shorter than they are', () => {
    expect(mayRoll(readOf('rate(m[10m])', 10 * bucketMs, 20 * bucketMs, minute), bucketMs)).toBe(false);
  });
});

/** What a store would keep of these samples; buckets without any are absent. */
const rolled = ({ labels, timesMs, values }: SeriesColumns): SeriesColumns => {
  const buckets = new Map<number, number[]>();
  const grown = new Map<number, number>();
  for (const [at, timeMs] of timesMs.entries()) {
    const endMs = (Math.floor(timeMs / bucketMs) + 1) * bucketMs;
    buckets.set(endMs, [...(buckets.get(endMs) ?? []), values[at]!]);
    grown.set(endMs, (grown.get(endMs) ?? 0) + (at === 0 ? 0 : values[at]! - values[at - 1]!));
  }
  const of = (make: (own: number[], endMs: number) => number): Float64Array =>
    Float64Array.from(buckets, ([endMs, own]) => make(own, endMs));
  const sum = of(own => own.reduce((a, b) => a + b));
  const count = of(own => own.length);
  const parts = { sum, count, min: of(own => Math.min(...own)), max: of(own => Math.max(...own)) };
  return {
    labels,
    timesMs: Float64Array.from(buckets.keys()),
    values: sum.map((total, at) => total / count[at]!),
    rolled: { bucketMs, ...parts, increase: of((_, endMs) => grown.get(endMs)!) },
  };
};

test('what they answer is what the samples do, but for the windows\u2019 ends', () => {
  const growing = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 30, maxLength: 200 });
  fc.assert(
    fc.property(growing, fc.constantFrom(10, 15, 60), fc.integer({ min: 0, max: 20 }), (steps, minutes, first) => {
      const totals: number[] = [];
      for (const step of steps) totals.push((totals.at(-1) ?? 0) + step);
      // Half a minute past: no sample stands exactly at a bucket's end.
      const samples = totals.map((total, at) => [at * minute + minute / 2, total] as const);
      const series = columnsOf({ labels: { __name__: 'm_total' }, samples });
      const names = ['sum_over_time', 'count_over_time', 'avg_over_time', 'min_over_time', 'max_over_time'];
      for (const name of names) {
        const query = rangeQuery(`${name}(m_total[${minutes}m])`, first * bucketMs, (first + 20) * bucketMs, bucketMs);
        const fromBuckets = evaluate(planOf(query), () => [rolled(series)]).value;
        const fromSamples = answer(query, [series]).value;
        if (fromBuckets.type !== 'steps' || fromSamples.type !== 'steps') throw new Error(name);
        expect(fromBuckets.series.map(({ present }) => [...present])).toEqual(
          fromSamples.series.map(({ present }) => [...present]),
        );
        for (const [at, value] of fromSamples.series.flatMap(({ values }) => [...values]).entries())
          expect(fromBuckets.series[0]!.values[at]).toBeCloseTo(value, 6);
      }
      const query = rangeQuery(`increase(m_total[${minutes}m])`, first * bucketMs, (first + 20) * bucketMs, bucketMs);
      const { value } = evaluate(planOf(query), () => [rolled(series)]);
      if (value.type !== 'steps') throw new Error(value.type);
      // Nothing that was counted is lost or counted twice: windows of one bucket's length add up.
      for (const each of value.series[0]?.values ?? []) expect(each).toBeLessThanOrEqual(totals.at(-1)!);
    }),
    { numRuns: 200 },
  );
});

test('a function that buckets do not answer is a bug where it is given some', () => {
  const series = rolled(columnsOf({ labels: { __name__: 'm' }, samples: [[0, 1]] }));
  expect(() => evaluate(planOf(rangeQuery('irate(m[5m])', bucketMs, bucketMs, 1)), () => [series])).toThrow(
    'irate was given buckets',
  );
});
