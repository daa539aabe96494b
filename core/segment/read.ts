import type { Source } from '../batch.ts';
import type { Columns } from '../columns.ts';
import { keyOf, type LabelSet, merged } from '../labels.ts';
import { Column, type Sample } from '../sample.ts';

/** One series and its samples, oldest first, one a time. */
export type SeriesSamples = { readonly labels: LabelSet; readonly samples: readonly Sample[] };

/** One value, still in its column: a column is where the staleness marker keeps its bits. */
type Cell = { readonly timestampMs: number; readonly column: Column; readonly slot: number };

/**
 * The wanted series of one source in [fromMs, toMs], both included, as the union of its segments. Where two segments
 * have the same time, the larger bits win, as in Column.join.
 *
 * A series ends where the source's next page was read without it: it gets a stale sample at that page's time, once. Only
 * a series last seen at a page's time ends so; what was pushed for the same source in between is not ended by its pages.
 * That is asked of the times of all segments together, so that it does not matter which samples share a segment.
 */
export const seriesIn = (
  segments: readonly Columns[],
  source: Source,
  wanted: (labels: LabelSet) => boolean,
  fromMs: number,
  toMs: number,
): SeriesSamples[] => {
  const found = new Map<string, { readonly labels: LabelSet; readonly cells: Cell[] }>();
  const pageTimes = new Set<number>();
  for (const { timestampsMs, pages, series } of segments) {
    const slots = [...timestampsMs.keys()].filter(slot => timestampsMs[slot]! >= fromMs && timestampsMs[slot]! <= toMs);
    for (const slot of slots) if (pages.has(slot)) pageTimes.add(timestampsMs[slot]!);
    if (slots.length === 0) continue;
    for (const { labels: own, column } of series) {
      const labels = merged(own, source);
      if (!wanted(labels)) continue;
      const key = keyOf(labels);
      const each = found.get(key) ?? { labels, cells: [] };
      found.set(key, each);
      for (const slot of slots) {
        if (column.has(slot)) each.cells.push({ timestampMs: timestampsMs[slot]!, column, slot });
      }
    }
  }
  const pages = [...pageTimes].sort((a, b) => a - b);
  return [...found.values()]
    .filter(({ cells }) => cells.length > 0)
    .map(({ labels, cells }) => ({
      labels,
      samples: samplesOf(
        cells.sort((a, b) => a.timestampMs - b.timestampMs),
        pages,
        pageTimes,
      ),
    }));
};

const samplesOf = (cells: readonly Cell[], pages: readonly number[], pageTimes: ReadonlySet<number>): Sample[] => {
  const samples: Sample[] = [];
  let page = 0;
  let lastOnPage = false;
  /** Ends the series at the first page after its last sample and before `untilMs`. */
  const endBefore = (untilMs: number): void => {
    const lastMs = samples.at(-1)?.timestampMs ?? Number.POSITIVE_INFINITY;
    while (page < pages.length && pages[page]! <= lastMs && pages[page]! < untilMs) page += 1;
    const next = pages[page];
    if (next !== undefined && next < untilMs && lastOnPage)
      samples.push({ timestampMs: next, value: Number.NaN, stale: true });
    while (page < pages.length && pages[page]! < untilMs) page += 1;
  };
  for (let at = 0; at < cells.length; ) {
    const { timestampMs } = cells[at]!;
    endBefore(timestampMs);
    const winner = new Column(1);
    for (; at < cells.length && cells[at]!.timestampMs === timestampMs; at += 1)
      winner.join(0, cells[at]!.column, cells[at]!.slot);
    const stale = winner.isStale(0);
    samples.push({ timestampMs, value: stale ? Number.NaN : winner.values[0]!, stale });
    lastOnPage = pageTimes.has(timestampMs) && !stale;
  }
  endBefore(Number.POSITIVE_INFINITY);
  return samples;
};
