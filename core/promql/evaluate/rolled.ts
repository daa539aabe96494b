import type { PlannedRead } from '../query.ts';
import type { Aggregate, Rolled } from '../series.ts';
import type { OfWindow } from './windows.ts';

const totalOf = (values: Float64Array, first: number, end: number): number => {
  let total = 0;
  for (let at = first; at < end; at += 1) total += values[at]!;
  return total;
};

type OfBuckets = {
  /** What it looks at of each bucket, in this order. */
  readonly of: readonly Aggregate[];
  readonly make: (...columns: Float64Array[]) => OfWindow;
};

const summed = (aggregate: Aggregate): OfBuckets => ({
  of: [aggregate],
  make:
    column =>
    ({ first, end }) =>
      totalOf(column!, first, end),
});

const chosen = (aggregate: Aggregate, choose: (a: number, b: number) => number): OfBuckets => ({
  of: [aggregate],
  make:
    column =>
    ({ first, end }) =>
      column!.subarray(first, end).reduce((a, b) => choose(a, b)),
});

/** Functions over ranges that buckets answer as well as samples do. */
const functions: Readonly<Record<string, OfBuckets>> = {
  increase: summed('increase'),
  rate: {
    of: ['increase'],
    make:
      increase =>
      ({ first, end, rangeMs }) =>
        totalOf(increase!, first, end) / (rangeMs / 1_000),
  },
  sum_over_time: summed('sum'),
  count_over_time: summed('count'),
  avg_over_time: {
    of: ['sum', 'count'],
    make:
      (sum, count) =>
      ({ first, end }) =>
        totalOf(sum!, first, end) / totalOf(count!, first, end),
  },
  min_over_time: chosen('min', Math.min),
  max_over_time: chosen('max', Math.max),
};

/**
 * Whether buckets of this length answer a read: a function of them, over windows that begin and end where buckets do. What
 * differs then is that a rate is not extended to the window's ends, whole buckets reaching there, and on which side a
 * sample exactly at an end counts.
 */
export const mayRoll = ({ call, rangeMs, stepMs, toMs }: PlannedRead, bucketMs: number): boolean =>
  Object.hasOwn(functions, call) && [rangeMs, stepMs, toMs].every(ms => ms % bucketMs === 0) && rangeMs > 0;

/** What a function that buckets answer looks at of them. */
export const aggregatesOf = (call: string): readonly Aggregate[] => functions[call]?.of ?? [];

/** The function over buckets. Whoever gives buckets has asked `mayRoll`. */
export const overRolled = (call: string, rolled: Rolled): OfWindow => {
  const found = functions[call];
  if (found === undefined) throw new Error(`${call} was given buckets`);
  return found.make(
    ...found.of.map(aggregate => {
      const column = rolled[aggregate];
      if (column === undefined) throw new Error(`${call} was given no ${aggregate}`);
      return column;
    }),
  );
};
