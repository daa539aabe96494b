/** A bucket of a classic histogram: how many observations were not above `bound`. */
export type Bucket = { readonly bound: number; count: number };

/** Where counts fell from bucket to bucket, which no histogram does, and by how much at most. */
export type Forced = { readonly from: number; readonly to: number; readonly most: number };

/** Relative difference below which two counts are the same but for rounding (promql/quantile.go). */
const tolerance = 1e-12;

const almostEqual = (a: number, b: number): boolean => {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  const least = 2.2250738585072014e-308;
  if (a === 0 || b === 0 || sum < least) return difference < tolerance * least;
  return difference / Math.min(sum, Number.MAX_VALUE) < tolerance;
};

/** Ascending by bound, those of one bound added up. */
const gathered = (buckets: readonly Bucket[]): Bucket[] => {
  const gathered: Bucket[] = [];
  for (const { bound, count } of buckets) {
    const last = gathered.at(-1);
    if (last !== undefined && last.bound === bound) last.count += count;
    else gathered.push({ bound, count });
  }
  return gathered;
};

/** Lifts each bucket to the one below where it is lower. Says where that was more than rounding. */
const lifted = (buckets: readonly Bucket[]): Forced | undefined => {
  let forced: Forced | undefined;
  let before = buckets[0]!.count;
  for (const bucket of buckets.slice(1)) {
    const { bound, count } = bucket;
    if (count === before) continue;
    if (almostEqual(before, count)) bucket.count = before;
    else if (count < before) {
      bucket.count = before;
      forced = { from: forced?.from ?? bound, to: bound, most: Math.max(forced?.most ?? 0, before - count) };
    } else before = count;
  }
  return forced;
};

/**
 * The q-quantile of what the buckets counted, as if spread evenly inside each; `sorted` ascends by bound. NaN where there
 * is no last bucket without bound, fewer than two, or nothing in them (promql/quantile.go, BucketQuantile).
 */
export const bucketQuantile = (
  q: number,
  sorted: readonly Bucket[],
): { readonly value: number; readonly forced?: Forced } => {
  if (Number.isNaN(q)) return { value: Number.NaN };
  if (q < 0) return { value: Number.NEGATIVE_INFINITY };
  if (q > 1) return { value: Number.POSITIVE_INFINITY };
  if (sorted.at(-1)?.bound !== Infinity) return { value: Number.NaN };
  const buckets = gathered(sorted);
  const forced = lifted(buckets);
  const value = buckets.length < 2 ? Number.NaN : quantileIn(q, buckets);
  return forced === undefined ? { value } : { value, forced };
};

const quantileIn = (q: number, buckets: readonly Bucket[]): number => {
  const last = buckets.length - 1;
  const observations = buckets[last]!.count;
  if (observations === 0) return Number.NaN;
  const rank = q * observations;
  let at = buckets.findIndex(({ count }, index) => index < last && count >= rank);
  if (at === -1) at = last;
  const { bound, count } = buckets[at]!;
  if (at === last) return buckets[last - 1]!.bound;
  if (at === 0 && bound <= 0) return bound;
  const below = at === 0 ? { bound: 0, count: 0 } : buckets[at - 1]!;
  return below.bound + (bound - below.bound) * ((rank - below.count) / (count - below.count));
};

/** The share of observations in [lower, upper], each bucket's spread evenly (promql/quantile.go, BucketFraction). */
export const bucketFraction = (lower: number, upper: number, sorted: readonly Bucket[]): number => {
  if (sorted.at(-1)?.bound !== Infinity) return Number.NaN;
  const buckets = gathered(sorted);
  const total = buckets.at(-1)!.count;
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  const rankOf = (value: number): number => {
    let rank = 0;
    let from = buckets[0]!.bound <= 0 ? Number.NEGATIVE_INFINITY : 0;
    for (const { bound, count } of buckets) {
      if (from >= value) return rank;
      if (bound > value)
        return from === Number.NEGATIVE_INFINITY ? count : rank + ((count - rank) * (value - from)) / (bound - from);
      rank = count;
      from = bound;
    }
    return total;
  };
  return (Math.min(rankOf(upper), total) - Math.min(rankOf(lower), total)) / total;
};
