import { type ClassicHistogram, classicOf } from './histogram.ts';
import type { Buckets, ExponentialPoint } from './otlp-model.ts';

/** OpenTelemetry's bucket i holds (base^i, base^(i+1)], Prometheus's index is of the upper bound. */
const byIndex = ({ offset, counts }: Buckets): Map<number, number> => {
  const found = new Map<number, number>();
  for (const [at, count] of counts.entries()) if (count > 0) found.set(offset + at + 1, count);
  return found;
};

const problemOf = ({ positive, negative, zeroCount, count, scale }: ExponentialPoint): string | undefined => {
  const sum = [...positive.counts, ...negative.counts].reduce((total, each) => total + each, zeroCount);
  if (sum !== count) return `${sum} observations in buckets, the count is ${count}`;
  // Data model: scales are between -10 and 20 in practice; beyond, a bound is no number.
  return scale < -10 || scale > 20 ? `a scale of ${scale}, which is not in -10 … 20` : undefined;
};

/** By explicit bounds, those of the buckets that hold something. */
export const exponentialAsClassic = (point: ExponentialPoint): ClassicHistogram | string =>
  problemOf(point) ??
  classicOf({
    schema: point.scale,
    zeroCount: point.zeroCount,
    zeroThreshold: point.zeroThreshold,
    positive: byIndex(point.positive),
    negative: byIndex(point.negative),
    count: point.count,
    sum: point.sum,
  });

/** Powers of two from a nanosecond to a terabyte: see exponentialAsSteady. */
const [leastPower, mostPower] = [-30, 40];

/**
 * By powers of two, always the same ones: counts of deltas are added up bound by bound, which means something only where
 * each delta has every bound. Values below the least power count into it, those above the largest into +Inf.
 */
export const exponentialAsSteady = (point: ExponentialPoint): ClassicHistogram | string => {
  const problem = problemOf(point);
  if (problem !== undefined) return problem;
  const upTo = new Map<number, number>();
  const width = 2 ** point.scale;
  for (const [index, count] of byIndex(point.positive)) {
    const power = Math.max(leastPower, Math.ceil(index / width));
    upTo.set(power, (upTo.get(power) ?? 0) + count);
  }
  let running = point.zeroCount + point.negative.counts.reduce((sum, count) => sum + count, 0);
  const buckets = [{ le: 0, count: running }];
  for (let power = leastPower; power <= mostPower; power += 1) {
    running += upTo.get(power) ?? 0;
    buckets.push({ le: 2 ** power, count: running });
  }
  return {
    buckets: [...buckets, { le: Number.POSITIVE_INFINITY, count: point.count }],
    count: point.count,
    sum: point.sum,
  };
};
