import type { PlannedRead } from '../query.ts';
import type { Rolled } from '../series.ts';
import type { OfWindow } from './windows.ts';

const totalOf = (values: Float64Array, first: number, end: number): number => {
  let total = 0;
  for (let at = first; at < end; at += 1) total += values[at]!;
  return total;
};

/** Functions over ranges that buckets answer as well as samples do. */
const functions: Readonly<Record<string, (rolled: Rolled) => OfWindow>> = {
  increase:
    ({ increase }) =>
    ({ first, end }) =>
      totalOf(increase, first, end),
  rate:
    ({ increase }) =>
    ({ first, end, rangeMs }) =>
      totalOf(increase, first, end) / (rangeMs / 1_000),
  sum_over_time:
    ({ sum }) =>
    ({ first, end }) =>
      totalOf(sum, first, end),
  count_over_time:
    ({ count }) =>
    ({ first, end }) =>
      totalOf(count, first, end),
  avg_over_time:
    ({ sum, count }) =>
    ({ first, end }) =>
      totalOf(sum, first, end) / totalOf(count, first, end),
  min_over_time:
    ({ min }) =>
    ({ first, end }) =>
      min.subarray(first, end).reduce((least, value) => Math.min(least, value)),
  max_over_time:
    ({ max }) =>
    ({ first, end }) =>
      max.subarray(first, end).reduce((most, value) => Math.max(most, value)),
};

/**
 * Whether buckets of this length answer a read: a function of them, over windows that begin and end where buckets do. What
 * differs then is that a rate is not extended to the window's ends, whole buckets reaching there, and on which side a
 * sample exactly at an end counts.
 */
export const mayRoll = ({ call, rangeMs, stepMs, toMs }: PlannedRead, bucketMs: number): boolean =>
  Object.hasOwn(functions, call) && [rangeMs, stepMs, toMs].every(ms => ms % bucketMs === 0) && rangeMs > 0;

/** The function over buckets. Whoever gives buckets has asked `mayRoll`. */
export const overRolled = (call: string, rolled: Rolled): OfWindow => {
  const found = functions[call];
  if (found === undefined) throw new Error(`${call} was given buckets`);
  return found(rolled);
};
