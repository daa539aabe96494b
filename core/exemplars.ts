import { type Source, sourceIdOf, sourceOf, withoutSource } from './batch.ts';
import { keyOf, type LabelSet, labelSetOf, merged } from './labels.ts';
import { limits } from './limits.ts';

/** One observation that stands for many: the series it belongs to, where it came from, and when. */
export type Exemplar = {
  readonly series: LabelSet;
  readonly labels: LabelSet;
  readonly value: number;
  readonly timestampMs: number;
};

/** Exemplars of one source, whose labels their series do not have. */
export type SourceExemplars = { readonly source: Source; readonly exemplars: readonly Exemplar[] };

/** What is the same under it is the same exemplar, however often it comes: its series, its time and its value. */
export const identityOf = ({ series, value, timestampMs }: Exemplar): string =>
  `${timestampMs} ${value} ${keyOf(series)}`;

/** Each once, the oldest first; of those that are one the larger labels stay, whatever the order. */
export const eachOnce = (exemplars: Iterable<Exemplar>): Exemplar[] => {
  const found = new Map<string, Exemplar>();
  for (const exemplar of exemplars) {
    const id = identityOf(exemplar);
    const known = found.get(id);
    if (known === undefined || keyOf(known.labels) < keyOf(exemplar.labels)) found.set(id, exemplar);
  }
  return [...found.values()].sort((a, b) => a.timestampMs - b.timestampMs);
};

/** Labels longer than OpenMetrics allows: such an exemplar is left aside, as Prometheus leaves it. */
export const isTooLong = (labels: LabelSet): boolean => {
  let characters = 0;
  for (const [name, value] of labels) for (const text of [name, value]) for (const _ of text) characters += 1;
  return characters > limits.exemplarCharacters;
};

/** What is kept of one delivery's: each once, and of more than limits.exemplarBytes of text the newest. */
export const boundedExemplars = (exemplars: Iterable<Exemplar>): readonly Exemplar[] => {
  const all = eachOnce(exemplars).filter(({ labels }) => !isTooLong(labels));
  let bytes = 0;
  let first = all.length;
  for (; first > 0; first -= 1) {
    bytes += Buffer.byteLength(JSON.stringify(writeExemplar(all[first - 1]!)));
    if (bytes > limits.exemplarBytes) break;
  }
  return first === 0 ? all : all.slice(first);
};

/** Exemplars under the labels of their sources; `forced` labels are laid over those of every series. */
export const exemplarsOfSources = (exemplars: readonly Exemplar[], forced: LabelSet): SourceExemplars[] => {
  const sources = new Map<string, { readonly source: Source; readonly exemplars: Exemplar[] }>();
  for (const exemplar of exemplars) {
    const labels = merged(exemplar.series, forced);
    const source = sourceOf(labels);
    const known = sources.get(keyOf(source)) ?? { source, exemplars: [] };
    sources.set(keyOf(source), known);
    known.exemplars.push({ ...exemplar, series: withoutSource(labels) });
  }
  return [...sources.values()];
};

/** By source; of each series at most limits.exemplarsPerMinute of a minute, the newest. */
export const exemplarsIn = (
  deliveries: Iterable<{ readonly source: Source; readonly exemplars?: readonly Exemplar[] }>,
): SourceExemplars[] => {
  const sources = new Map<string, { readonly source: Source; readonly all: Exemplar[] }>();
  for (const { source, exemplars = [] } of deliveries) {
    if (exemplars.length === 0) continue;
    const id = sourceIdOf(source);
    const known = sources.get(id) ?? { source, all: [] };
    sources.set(id, known);
    known.all.push(...exemplars);
  }
  return [...sources.values()].map(({ source, all }) => ({ source, exemplars: newestOfEachMinute(eachOnce(all)) }));
};

const newestOfEachMinute = (ordered: readonly Exemplar[]): Exemplar[] => {
  const counts = new Map<string, number>();
  return ordered
    .toReversed()
    .filter(({ series, timestampMs }) => {
      const minute = `${Math.floor(timestampMs / 60_000)} ${keyOf(series)}`;
      const count = (counts.get(minute) ?? 0) + 1;
      counts.set(minute, count);
      return count <= limits.exemplarsPerMinute;
    })
    .reverse();
};

/** With the source's labels, as it is asked for. */
export const ofSource = (source: Source, exemplar: Exemplar): Exemplar => ({
  ...exemplar,
  series: merged(exemplar.series, source),
});

/** As JSON has it; values as text, since JSON has neither NaN nor infinities. */
export type WrittenExemplar = readonly [series: LabelSet, labels: LabelSet, value: string, timestampMs: number];

export const writeExemplar = ({ series, labels, value, timestampMs }: Exemplar): WrittenExemplar => [
  series,
  labels,
  String(value),
  timestampMs,
];

export const readExemplar = ([series, labels, value, timestampMs]: WrittenExemplar): Exemplar => ({
  series: labelSetOf(series),
  labels: labelSetOf(labels),
  value: Number(value),
  timestampMs,
});
