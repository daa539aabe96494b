import type { Columns, SeriesColumn } from '../columns.ts';
import { Column } from '../sample.ts';

/** What is kept of the samples of one series in one bucket of time. */
export const aggregates = ['count', 'sum', 'min', 'max', 'increase'] as const;
export type Aggregate = (typeof aggregates)[number];

/** One block of columns for each aggregate; their times are the buckets' beginnings. */
type Rollup = Readonly<Record<Aggregate, Columns>>;

/**
 * Puts samples into buckets of `bucketMs`, a bucket being [begin, begin + bucketMs).
 *
 * `increase` is what a counter grew by: the differences to the sample before, which may lie in the bucket before; a fall is
 * a restart, and what is there after it has grown from 0. A series' first sample grew by nothing that is known. `before` is
 * the series' columns just before these, where there are any, so that the first sample has one before it. Staleness
 * markers and NaNs are no samples here; buckets without samples are absent.
 */
export const rollupOf = (columns: Columns, bucketMs: number, lastBefore: (series: SeriesColumn) => number): Rollup => {
  const { timestampsMs } = columns;
  const bucketOf = timestampsMs.map(timestampMs => Math.floor(timestampMs / bucketMs) * bucketMs);
  const buckets = [...new Set(bucketOf)];
  const placeOf = new Map(buckets.map((begin, place) => [begin, place]));
  const places = bucketOf.map(begin => placeOf.get(begin)!);
  const rolled = columns.series.map(series => rolledOf(series, places, buckets.length, lastBefore(series)));
  const blockOf = (aggregate: Aggregate): Columns => ({
    timestampsMs: buckets,
    pages: new Set(),
    series: rolled.map((each, index) => ({ labels: columns.series[index]!.labels, column: each[aggregate] })),
  });
  return {
    count: blockOf('count'),
    sum: blockOf('sum'),
    min: blockOf('min'),
    max: blockOf('max'),
    increase: blockOf('increase'),
  };
};

const rolledOf = (
  { column }: SeriesColumn,
  places: readonly number[],
  length: number,
  lastBefore: number,
): Record<Aggregate, Column> => {
  const all = {
    count: new Column(length),
    sum: new Column(length),
    min: new Column(length),
    max: new Column(length),
    increase: new Column(length),
  };
  let last = lastBefore;
  for (const [slot, place] of places.entries()) {
    const value = column.values[slot]!;
    if (!column.has(slot) || Number.isNaN(value)) continue;
    const isFirst = !all.count.has(place);
    const grown = Number.isNaN(last) ? 0 : value >= last ? value - last : value;
    all.count.set(place, isFirst ? 1 : all.count.values[place]! + 1);
    all.sum.set(place, isFirst ? value : all.sum.values[place]! + value);
    all.min.set(place, isFirst ? value : Math.min(all.min.values[place]!, value));
    all.max.set(place, isFirst ? value : Math.max(all.max.values[place]!, value));
    all.increase.set(place, isFirst ? grown : all.increase.values[place]! + grown);
    last = value;
  }
  return all;
};

/** The newest value of a column that is a number; NaN where there is none. */
export const lastValueOf = (column: Column): number => {
  for (let slot = column.length - 1; slot >= 0; slot -= 1)
    if (column.has(slot) && !Number.isNaN(column.values[slot]!)) return column.values[slot]!;
  return Number.NaN;
};
