import type { Aggregate, SeriesColumns } from './series.ts';

const aggregates: readonly Aggregate[] = ['count', 'sum', 'min', 'max', 'increase'];

/**
 * The samples from `fromMs` on in buckets, as core/segment/rollup.ts keeps them of days that are over. What came before is looked
 * at only for what a counter had grown to. Undefined where no sample is left.
 */
export const rolledUp = (
  { labels, timesMs, values, stale }: SeriesColumns,
  bucketMs: number,
  fromMs: number,
): SeriesColumns | undefined => {
  const ends: number[] = [];
  const columns: Record<Aggregate, number[]> = { count: [], sum: [], min: [], max: [], increase: [] };
  let last = Number.NaN;
  for (let at = 0; at < timesMs.length; at += 1) {
    const value = values[at]!;
    if (stale?.[at] === 1 || Number.isNaN(value)) continue;
    const grown = Number.isNaN(last) ? 0 : value >= last ? value - last : value;
    last = value;
    if (timesMs[at]! < fromMs) continue;
    const endMs = (Math.floor(timesMs[at]! / bucketMs) + 1) * bucketMs;
    const own = ends.length - 1;
    if (ends[own] === endMs) {
      columns.count[own]! += 1;
      columns.sum[own]! += value;
      columns.min[own] = Math.min(columns.min[own]!, value);
      columns.max[own] = Math.max(columns.max[own]!, value);
      columns.increase[own]! += grown;
      continue;
    }
    ends.push(endMs);
    columns.count.push(1);
    for (const aggregate of ['sum', 'min', 'max'] as const) columns[aggregate].push(value);
    columns.increase.push(grown);
  }
  if (ends.length === 0) return undefined;
  const rolled = Object.fromEntries(aggregates.map(name => [name, Float64Array.from(columns[name])]));
  const times = Float64Array.from(ends);
  return { labels, timesMs: times, values: times, rolled: { bucketMs, ...rolled } };
};

/** Two stretches of a series' buckets, of which the second is later, as one; of each aggregate that both have. */
export const joinedBuckets = (earlier: SeriesColumns, later: SeriesColumns): SeriesColumns => {
  const [one, other] = [earlier.rolled!, later.rolled!];
  const both = (a: Float64Array, b: Float64Array): Float64Array => {
    const joined = new Float64Array(a.length + b.length);
    joined.set(a);
    joined.set(b, a.length);
    return joined;
  };
  const columns: [Aggregate, Float64Array][] = [];
  for (const name of aggregates) {
    const [a, b] = [one[name], other[name]];
    if (a !== undefined && b !== undefined) columns.push([name, both(a, b)]);
  }
  const timesMs = both(earlier.timesMs, later.timesMs);
  return {
    labels: earlier.labels,
    timesMs,
    values: timesMs,
    rolled: { bucketMs: one.bucketMs, ...Object.fromEntries(columns) },
  };
};
