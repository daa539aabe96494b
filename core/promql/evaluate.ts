import type { LabelSet } from '../labels.ts';
import type { SeriesSamples } from '../segment/read.ts';
import type { Modifiers } from './selector.ts';

/** A value at the instant it was asked for, which is not when it was sampled. */
export type Value = { readonly timestampMs: number; readonly value: number };
export type InstantSeries = Value & { readonly labels: LabelSet };
export type RangeSeries = { readonly labels: LabelSet; readonly values: readonly Value[] };

/** Instants from `startMs` on, each `stepMs` after the one before, up to `endMs`, which is included. */
export type Range = { readonly startMs: number; readonly endMs: number; readonly stepMs: number };

const unmodified: Modifiers = { offsetMs: 0 };

/** The instant whose samples answer for `atMs`. */
const lookedAt = (
  { at, offsetMs }: Modifiers,
  atMs: number,
  { startMs, endMs }: Pick<Range, 'startMs' | 'endMs'>,
): number => (at === 'start' ? startMs : at === 'end' ? endMs : (at ?? atMs)) - offsetMs;

/** The times of all samples that may answer, both included. */
export const neededSpan = (
  modifiers: Modifiers,
  range: Pick<Range, 'startMs' | 'endMs'>,
  lookbackMs: number,
): { fromMs: number; toMs: number } => ({
  fromMs: lookedAt(modifiers, range.startMs, range) - lookbackMs + 1,
  toMs: lookedAt(modifiers, range.endMs, range),
});

/**
 * The newest sample of each series in (atMs - lookbackMs, atMs]: the older end is not included, as in Prometheus 3. A
 * series whose newest sample there is stale has ended and gives none. In the order of their labels.
 */
export const instantAt = (
  series: Iterable<SeriesSamples>,
  atMs: number,
  lookbackMs: number,
  modifiers: Modifiers = unmodified,
): InstantSeries[] => {
  const lookMs = lookedAt(modifiers, atMs, { startMs: atMs, endMs: atMs });
  const found: InstantSeries[] = [];
  for (const { labels, samples } of series) {
    const newest = samples[countUntil(samples, lookMs) - 1];
    if (newest === undefined || newest.stale || newest.timestampMs <= lookMs - lookbackMs) continue;
    found.push({ labels, timestampMs: atMs, value: newest.value });
  }
  return found.sort((a, b) => compareLabels(a.labels, b.labels));
};

/** `instantAt` at every step of the range, series by series; those without a value are left out. */
export const overRange = (
  series: Iterable<SeriesSamples>,
  range: Range,
  lookbackMs: number,
  modifiers: Modifiers = unmodified,
): RangeSeries[] => {
  const found: RangeSeries[] = [];
  for (const { labels, samples } of series) {
    const values: Value[] = [];
    let next = countUntil(samples, lookedAt(modifiers, range.startMs, range));
    for (let atMs = range.startMs; atMs <= range.endMs; atMs += range.stepMs) {
      const lookMs = lookedAt(modifiers, atMs, range);
      while (next < samples.length && samples[next]!.timestampMs <= lookMs) next += 1;
      const newest = samples[next - 1];
      if (newest === undefined || newest.stale || newest.timestampMs <= lookMs - lookbackMs) continue;
      values.push({ timestampMs: atMs, value: newest.value });
    }
    if (values.length > 0) found.push({ labels, values });
  }
  return found.sort((a, b) => compareLabels(a.labels, b.labels));
};

/** How many samples are not after `untilMs`; they are the first ones, as samples ascend. */
const countUntil = (samples: SeriesSamples['samples'], untilMs: number): number => {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (samples[middle]!.timestampMs <= untilMs) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Name by name, value by value; where one set ends first, it comes first. */
export const compareLabels = (a: LabelSet, b: LabelSet): number => {
  for (let at = 0; at < a.length && at < b.length; at += 1) {
    for (const part of [0, 1] as const) {
      if (a[at]![part] < b[at]![part]) return -1;
      if (a[at]![part] > b[at]![part]) return 1;
    }
  }
  return a.length - b.length;
};
