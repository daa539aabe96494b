import type { Points } from '../series.ts';
import type { OfWindow, RangeFunction } from './windows.ts';

/** Where a counter fell, that is was reset: the indexes of the samples lower than the one before. */
const fallsIn = (values: Float64Array): number[] => {
  const falls: number[] = [];
  for (let at = 1; at < values.length; at += 1) if (values[at]! < values[at - 1]!) falls.push(at);
  return falls;
};

/**
 * rate, increase and delta: the change between the first and last sample, extended to the window's ends where samples
 * come near to them, and otherwise by half of the usual distance (promql/functions.go, extrapolatedRate of 3.x).
 */
const extrapolated =
  (isCounter: boolean, isRate: boolean): RangeFunction =>
  ({ timesMs, values }: Points): OfWindow => {
    const falls = isCounter ? fallsIn(values) : [];
    let passed = 0;
    return ({ first, end, startMs, endMs, rangeMs }) => {
      const last = end - 1;
      if (last <= first) return undefined;
      let result = values[last]! - values[first]!;
      while (passed < falls.length && falls[passed]! <= first) passed += 1;
      for (let at = passed; at < falls.length && falls[at]! <= last; at += 1) result += values[falls[at]! - 1]!;
      let toStart = (timesMs[first]! - startMs) / 1_000;
      let toEnd = (endMs - timesMs[last]!) / 1_000;
      const sampled = (timesMs[last]! - timesMs[first]!) / 1_000;
      const between = sampled / (last - first);
      const near = between * 1.1;
      if (toStart >= near) toStart = between / 2;
      if (isCounter && result > 0 && values[first]! >= 0) {
        // A counter was never below nought: it is not extended beyond where its slope had it there.
        const toZero = sampled * (values[first]! / result);
        if (toZero < toStart) toStart = toZero;
      }
      if (toEnd >= near) toEnd = between / 2;
      let factor = (sampled + toStart + toEnd) / sampled;
      if (isRate) factor /= rangeMs / 1_000;
      return result * factor;
    };
  };

/** irate and idelta: from the last two samples alone. */
const instant =
  (isRate: boolean): RangeFunction =>
  ({ timesMs, values }) =>
  ({ first, end }) => {
    if (end - first < 2) return undefined;
    const [last, before] = [values[end - 1]!, values[end - 2]!];
    const change = isRate && last < before ? last : last - before;
    return isRate ? change / ((timesMs[end - 1]! - timesMs[end - 2]!) / 1_000) : change;
  };

const resets: RangeFunction = ({ values }) => {
  const falls = fallsIn(values);
  return ({ first, end }) => {
    let count = 0;
    for (const fall of falls) if (fall > first && fall < end) count += 1;
    return count;
  };
};

const changes: RangeFunction =
  ({ values }) =>
  ({ first, end }) => {
    let count = 0;
    for (let at = first + 1; at < end; at += 1) {
      const [now, before] = [values[at]!, values[at - 1]!];
      if (now !== before && !(Number.isNaN(now) && Number.isNaN(before))) count += 1;
    }
    return count;
  };

export const rateFunctions: Readonly<Record<string, RangeFunction>> = {
  rate: extrapolated(true, true),
  increase: extrapolated(true, false),
  delta: extrapolated(false, false),
  irate: instant(true),
  idelta: instant(false),
  resets,
  changes,
};
