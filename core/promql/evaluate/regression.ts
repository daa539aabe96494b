import type { Points } from '../series.ts';
import { Sum } from './summing.ts';

/** The line nearest to samples [first, end) by least squares: what it gains a second, and where it is at `interceptMs`. */
export const linearAt = (
  { timesMs, values }: Points,
  first: number,
  end: number,
  interceptMs: number,
): { slope: number; intercept: number } => {
  const [sumX, sumY, sumXY, sumX2] = [new Sum(), new Sum(), new Sum(), new Sum()];
  const start = values[first]!;
  let isFlat = true;
  for (let at = first; at < end; at += 1) {
    const x = (timesMs[at]! - interceptMs) / 1_000;
    const y = values[at]!;
    // NaN differs from itself, but not at the first sample.
    if (at > first && y !== start) isFlat = false;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumX2.add(x * x);
  }
  if (isFlat) {
    if (start === Infinity || start === -Infinity) return { slope: Number.NaN, intercept: Number.NaN };
    return { slope: 0, intercept: start };
  }
  const count = end - first;
  const covariance = sumXY.total - (sumX.total * sumY.total) / count;
  const variance = sumX2.total - (sumX.total * sumX.total) / count;
  const slope = covariance / variance;
  return { slope, intercept: sumY.total / count - (slope * sumX.total) / count };
};
