import { EvaluationError } from '../result.ts';
import { linearAt } from './regression.ts';
import { Mean, quantileOf, Sum } from './summing.ts';
import type { RangeFunction } from './windows.ts';

/** A function of the values in a window. */
const ofValues =
  (of: (values: Float64Array, first: number, end: number) => number): RangeFunction =>
  ({ values }) =>
  ({ first, end }) =>
    of(values, first, end);

/** The greatest or least value; NaN only where there is nothing else. */
const extremeValue = (beats: (value: number, known: number) => boolean): RangeFunction =>
  ofValues((values, first, end) => {
    let best = values[first]!;
    for (let at = first + 1; at < end; at += 1) {
      const value = values[at]!;
      if (beats(value, best) || Number.isNaN(best)) best = value;
    }
    return best;
  });

/** When it was, the last time it was. */
const extremeTime =
  (beats: (value: number, known: number) => boolean): RangeFunction =>
  ({ values, timesMs }) =>
  ({ first, end }) => {
    let best = first;
    for (let at = first + 1; at < end; at += 1)
      if (!beats(values[best]!, values[at]!) && !Number.isNaN(values[at]!)) best = at;
      else if (Number.isNaN(values[best]!)) best = at;
    return timesMs[best]! / 1_000;
  };

const greater = (value: number, known: number): boolean => value > known;
const less = (value: number, known: number): boolean => value < known;

/** As Sum, in the loop itself: it is what dashboards ask most. */
const sum = ofValues((values, first, end) => {
  let total = 0;
  let lost = 0;
  for (let at = first; at < end; at += 1) {
    const value = values[at]!;
    const next = total + value;
    if (next === Infinity || next === -Infinity) lost = 0;
    else if (Math.abs(total) >= Math.abs(value)) lost += total - next + value;
    else lost += value - next + total;
    total = next;
  }
  return total + lost;
});

const avg = ofValues((values, first, end) => {
  const mean = new Mean();
  for (let at = first; at < end; at += 1) mean.add(values[at]!);
  return mean.mean;
});

/** Welford's way, with what rounding takes kept (promql/functions.go, varianceOverTime). */
const variance = (values: Float64Array, first: number, end: number): number => {
  const mean = new Sum();
  const squares = new Sum();
  let count = 0;
  for (let at = first; at < end; at += 1) {
    count += 1;
    const distance = values[at]! - mean.total;
    mean.add(distance / count);
    squares.add(distance * (values[at]! - mean.total));
  }
  return squares.total / count;
};

/** The median distance from the median. */
const mad = ofValues((values, first, end) => {
  const window = values.slice(first, end);
  if (window.some(Number.isNaN)) return Number.NaN;
  const median = quantileOf(0.5, window.sort());
  return quantileOf(0.5, window.map(value => Math.abs(value - median)).sort());
});

/** Double exponential smoothing, once called Holt-Winters: a level and a trend, each with the share a new sample has. */
const smoothed: RangeFunction =
  ({ values }) =>
  ({ first, end }, [smoothing = 0, trending = 0]) => {
    for (const [name, factor] of [
      ['smoothing', smoothing],
      ['trend', trending],
    ] as const) {
      const letter = name === 'smoothing' ? 'sf' : 'tf';
      if (factor <= 0 || factor >= 1)
        throw new EvaluationError(
          `invalid ${name} factor. Expected: 0 < ${letter} < 1, got: ${Number.isFinite(factor) ? factor.toFixed(6) : factor}`,
        );
    }
    if (end - first < 2) return undefined;
    let before = 0;
    let level = values[first]!;
    let trend = values[first + 1]! - level;
    for (let at = first + 1; at < end; at += 1) {
      if (at > first + 1) trend = trending * (level - before) + (1 - trending) * trend;
      const next = smoothing * values[at]! + (1 - smoothing) * (level + trend);
      before = level;
      level = next;
    }
    return level;
  };

export const overTimeFunctions: Readonly<Record<string, RangeFunction>> = {
  sum_over_time: sum,
  avg_over_time: avg,
  count_over_time: ofValues((_, first, end) => end - first),
  first_over_time: ofValues((values, first) => values[first]!),
  last_over_time: ofValues((values, _, end) => values[end - 1]!),
  max_over_time: extremeValue(greater),
  min_over_time: extremeValue(less),
  mad_over_time: mad,
  present_over_time: ofValues(() => 1),
  stddev_over_time: ofValues((values, first, end) => Math.sqrt(variance(values, first, end))),
  stdvar_over_time: ofValues(variance),
  quantile_over_time:
    ({ values }) =>
    ({ first, end }, [q = Number.NaN]) =>
      quantileOf(q, values.slice(first, end).sort()),
  ts_of_first_over_time:
    ({ timesMs }) =>
    ({ first }) =>
      timesMs[first]! / 1_000,
  ts_of_last_over_time:
    ({ timesMs }) =>
    ({ end }) =>
      timesMs[end - 1]! / 1_000,
  ts_of_max_over_time: extremeTime(greater),
  ts_of_min_over_time: extremeTime(less),
  deriv: points => {
    const { timesMs } = points;
    return ({ first, end }) => (end - first < 2 ? undefined : linearAt(points, first, end, timesMs[first]!).slope);
  },
  predict_linear:
    points =>
    ({ first, end, atMs }, [seconds = 0]) => {
      if (end - first < 2) return undefined;
      const { slope, intercept } = linearAt(points, first, end, atMs);
      return slope * seconds + intercept;
    },
  double_exponential_smoothing: smoothed,
  holt_winters: smoothed,
};
