import type { Source } from '../batch.ts';
import type { Columns } from '../columns.ts';
import { keyOf, type LabelSet, merged } from '../labels.ts';
import type { SeriesColumns } from '../promql/series.ts';
import { Column } from '../sample.ts';

/** A segment's column of one series, and where its slots stand among the times of all segments; -1 where outside. */
type Part = { readonly column: Column; readonly slots: Int32Array };

type Found = { readonly labels: LabelSet; readonly parts: Part[] };

/**
 * What `seriesIn` gives, as columns of numbers: for queries that read millions of samples. Series that have a sample at
 * all times of their source share the times.
 */
export const columnsIn = (
  segments: readonly Columns[],
  source: Source,
  wanted: (labels: LabelSet) => boolean,
  fromMs: number,
  toMs: number,
): SeriesColumns[] => {
  const { timesMs, isPage } = timesIn(segments, fromMs, toMs);
  if (timesMs.length === 0) return [];
  const found = new Finder(source, wanted);
  for (const segment of segments) {
    const slots = slotsIn(segment.timestampsMs, timesMs);
    if (slots.every(slot => slot === -1)) continue;
    for (const { labels, column } of segment.series) found.of(labels)?.parts.push({ column, slots });
  }
  const scratch = new Column(timesMs.length);
  const series: SeriesColumns[] = [];
  for (const { labels, parts } of found.all()) {
    const columns = columnsOf(labels, parts, timesMs, isPage, scratch);
    if (columns.timesMs.length > 0) series.push(columns);
  }
  return series;
};

/** All times in [fromMs, toMs], ascending and once, and which of them are those of a whole page. */
const timesIn = (
  segments: readonly Columns[],
  fromMs: number,
  toMs: number,
): { readonly timesMs: Float64Array; readonly isPage: Uint8Array } => {
  const times = new Set<number>();
  const pages = new Set<number>();
  for (const { timestampsMs, pages: own } of segments) {
    for (const [slot, timeMs] of timestampsMs.entries()) {
      if (timeMs < fromMs || timeMs > toMs) continue;
      times.add(timeMs);
      if (own.has(slot)) pages.add(timeMs);
    }
  }
  const timesMs = Float64Array.from(times).sort();
  return { timesMs, isPage: Uint8Array.from(timesMs, timeMs => Number(pages.has(timeMs))) };
};

/** Both ascend: one walk finds the place of each. */
const slotsIn = (own: readonly number[], timesMs: Float64Array): Int32Array => {
  let at = 0;
  return Int32Array.from(own, timeMs => {
    while (at < timesMs.length && timesMs[at]! < timeMs) at += 1;
    return timesMs[at] === timeMs ? at : -1;
  });
};

/** The series by their labels. Segments share the label sets of chunks that were read once, so most are known by identity. */
class Finder {
  readonly #source: Source;
  readonly #wanted: (labels: LabelSet) => boolean;
  readonly #known = new Map<LabelSet, Found | undefined>();
  readonly #byKey = new Map<string, Found>();

  constructor(source: Source, wanted: (labels: LabelSet) => boolean) {
    this.#source = source;
    this.#wanted = wanted;
  }

  /** Undefined where the series is not wanted. */
  of(own: LabelSet): Found | undefined {
    if (this.#known.has(own)) return this.#known.get(own);
    const labels = merged(own, this.#source);
    const found = this.#wanted(labels) ? this.#add(labels) : undefined;
    this.#known.set(own, found);
    return found;
  }

  #add(labels: LabelSet): Found {
    const key = keyOf(labels);
    const found = this.#byKey.get(key) ?? { labels, parts: [] };
    this.#byKey.set(key, found);
    return found;
  }

  all(): Iterable<Found> {
    return this.#byKey.values();
  }
}

/** The parts' union, where a series that was on a page ends with a marker at the next page without it. */
const columnsOf = (
  labels: LabelSet,
  parts: readonly Part[],
  timesMs: Float64Array,
  isPage: Uint8Array,
  scratch: Column,
): SeriesColumns => {
  scratch.present.fill(0);
  for (const { column, slots } of parts)
    for (let slot = 0; slot < slots.length; slot += 1) if (slots[slot] !== -1) scratch.join(slots[slot]!, column, slot);
  const { present, values } = scratch;
  const ends = new Uint8Array(timesMs.length);
  let count = 0;
  let staleCount = 0;
  let wasOnPage = false;
  for (let at = 0; at < timesMs.length; at += 1) {
    if (present[at] === 1) {
      const stale = Number.isNaN(values[at]) && scratch.isStale(at);
      if (stale) {
        ends[at] = 1;
        staleCount += 1;
      }
      count += 1;
      wasOnPage = isPage[at] === 1 && !stale;
    } else if (wasOnPage && isPage[at] === 1) {
      ends[at] = 1;
      staleCount += 1;
      count += 1;
      wasOnPage = false;
    }
  }
  if (count === timesMs.length && staleCount === 0) return { labels, timesMs, values: values.slice() };
  const result = { labels, timesMs: new Float64Array(count), values: new Float64Array(count) };
  const stale = new Uint8Array(count);
  let next = 0;
  for (let at = 0; at < timesMs.length; at += 1) {
    if (present[at] === 0 && ends[at] === 0) continue;
    result.timesMs[next] = timesMs[at]!;
    result.values[next] = ends[at] === 1 ? Number.NaN : values[at]!;
    stale[next] = ends[at]!;
    next += 1;
  }
  return staleCount === 0 ? result : { ...result, stale };
};
