import type { Family, Source } from '../batch.ts';
import type { Columns } from '../columns.ts';
import { type WrittenSample, writeText } from '../exposition/write.ts';
import {
  keyOf,
  type Label,
  type LabelSet,
  labelOf,
  labelSetOf,
  merged,
  metricNameLabel,
  metricNameOf,
  pick,
} from '../labels.ts';

// What a Pushgateway shows on its /metrics, out of what was stored: nobody keeps groups, but each push of one is all of one instant, and
// tells its own time. So the last push of each name is found by its time.

export const pushTime = 'push_time_seconds';
export const pushFailureTime = 'push_failure_time_seconds';
/** How long a group is shown after its last push, where the push said it by `?ttl=`. */
export const pushTtl = 'push_ttl_seconds';

const ownNames = new Set([pushTime, pushFailureTime, pushTtl]);

/** Everything stored of a source, as it is stored. */
export type StoredSource = { readonly source: Source; readonly columns: readonly Columns[] };

type Told = {
  readonly labels: LabelSet;
  readonly at: Map<number, { readonly value: number; readonly stale: boolean }>;
};
type Group = { readonly labels: LabelSet; readonly own: Map<string, Told>; readonly series: Told[] };

/** The page, groups by their labels, as text 0.0.4. */
export const groupPage = (sources: readonly StoredSource[], families: readonly Family[], nowMs: number): string => {
  const histograms = new Set(families.filter(({ type }) => type === 'histogram').map(({ name }) => name));
  const samples = sources.flatMap(stored =>
    [...groupsOf(stored)].flatMap(group => shown(group, stored, histograms, nowMs)),
  );
  const text = (labels: LabelSet): string => `${metricNameOf(labels)} ${keyOf(labels)}`;
  const sorted = samples
    .map(sample => ({ sample, key: text(sample.labels) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ sample }) => sample);
  // Of two types of one name the one that was told last, which is the first here.
  return writeText(sorted, [...families.toReversed(), ...ownFamilies]);
};

const ownFamilies: readonly Family[] = [
  { name: pushTime, type: 'gauge', help: 'Last Unix time when changing this group in the Pushgateway succeeded.' },
  { name: pushFailureTime, type: 'gauge', help: 'Last Unix time when changing this group in the Pushgateway failed.' },
  { name: pushTtl, type: 'gauge', help: 'How long after its last push this group is shown.' },
];

/** Series by the groups they were pushed for: of several that they might be of, the one with the most labels. */
const groupsOf = ({ source, columns }: StoredSource): Iterable<Group> => {
  const all = new Map<string, Told>();
  for (const { timestampsMs, tags, series } of columns) {
    if (tags !== undefined) continue;
    for (const { labels, column } of series) {
      const told = all.get(keyOf(labels)) ?? { labels: merged(labels, source), at: new Map() };
      all.set(keyOf(labels), told);
      for (const [slot, timestampMs] of timestampsMs.entries())
        if (column.has(slot)) told.at.set(timestampMs, { value: column.values[slot]!, stale: column.isStale(slot) });
    }
  }
  const groups = new Map<string, Group>();
  for (const told of all.values()) {
    const name = metricNameOf(told.labels);
    if (!ownNames.has(name)) continue;
    const labels = pick(told.labels, each => each !== metricNameLabel);
    const group = groups.get(keyOf(labels)) ?? { labels, own: new Map(), series: [] };
    groups.set(keyOf(labels), group);
    group.own.set(name, told);
  }
  const byLabels = [...groups.values()].sort((a, b) => b.labels.length - a.labels.length);
  for (const told of all.values()) {
    if (ownNames.has(metricNameOf(told.labels))) continue;
    const isOf = ({ labels }: Group): boolean => labels.every(([name, value]) => labelOf(told.labels, name) === value);
    byLabels.find(isOf)?.series.push(told);
  }
  return groups.values();
};

const lastOf = ({ at }: Told): number => Math.max(...at.keys());

const shown = (
  { labels, own, series }: Group,
  { columns }: StoredSource,
  histograms: ReadonlySet<string>,
  nowMs: number,
): WrittenSample[] => {
  const pushed = own.get(pushTime);
  // A stale time of push is a DELETE, or the instant before a PUT: all before it is gone. So it is before a whole page.
  const gone =
    pushed === undefined ? [] : [...pushed.at].filter(([, { stale }]) => stale).map(([timeMs]) => timeMs + 1);
  const isWhole = labels.every(([name]) => name === 'job' || name === 'instance');
  const pages = isWhole
    ? columns.flatMap(({ timestampsMs, pages: slots }) => [...slots].map(slot => timestampsMs[slot]!))
    : [];
  const fromMs = [...gone, ...pages].reduce((last, timeMs) => Math.max(last, timeMs), Number.NEGATIVE_INFINITY);
  const lastValue = (name: string): number | undefined => {
    const told = own.get(name);
    if (told === undefined) return undefined;
    const { value, stale } = told.at.get(lastOf(told))!;
    return stale || lastOf(told) < fromMs ? undefined : value;
  };
  const [pushedAt, failedAt, ttl] = [lastValue(pushTime), lastValue(pushFailureTime), lastValue(pushTtl)];
  if (pushedAt === undefined && failedAt === undefined) return [];
  const line = (name: string, value: number): WrittenSample => ({ labels: written(labels, name), value });
  const about = [line(pushTime, pushedAt ?? 0), line(pushFailureTime, failedAt ?? 0)];
  const isOver = ttl !== undefined && nowMs / 1_000 >= (pushedAt ?? 0) + ttl;
  if (ttl !== undefined) about.push(line(pushTtl, ttl), line('up', isOver ? 0 : 1));
  if (isOver) return about;
  const lastByName = new Map<string, number>();
  for (const told of series) {
    const name = metricNameOf(told.labels);
    lastByName.set(name, Math.max(lastByName.get(name) ?? Number.NEGATIVE_INFINITY, lastOf(told)));
  }
  const values = series.flatMap((told): WrittenSample[] => {
    const name = metricNameOf(told.labels);
    const lastMs = lastByName.get(name)!;
    const last = told.at.get(lastMs);
    if (last === undefined || last.stale || lastMs < fromMs) return [];
    return [{ labels: written(told.labels, name), value: last.value }];
  });
  return [...about, ...values, ...infinities(values, histograms)];
};

/** A Pushgateway tells who has no instance by an empty one, so that a scrape of it gives none. */
const written = (labels: LabelSet, name: string): LabelSet => {
  const named: Label[] = [[metricNameLabel, name], ...labels.filter(([each]) => each !== metricNameLabel)];
  if (labelOf(labels, 'instance') !== '') return labelSetOf(named);
  const others = labelSetOf(named);
  const at = others.findIndex(([each]) => each > 'instance');
  return others.toSpliced(at < 0 ? others.length : at, 0, ['instance', '']) as readonly Label[] as LabelSet;
};

/** The bucket that a histogram without one lacks: its count, as client_golang adds it. */
const infinities = (values: readonly WrittenSample[], histograms: ReadonlySet<string>): WrittenSample[] => {
  const bare = (labels: LabelSet): string => keyOf(pick(labels, name => name !== 'le' && name !== metricNameLabel));
  const has = new Set(
    values
      .filter(({ labels }) => labelOf(labels, 'le') === '+Inf')
      .map(({ labels }) => `${metricNameOf(labels)} ${bare(labels)}`),
  );
  return values.flatMap(({ labels, value }): WrittenSample[] => {
    const name = metricNameOf(labels);
    const family = name.endsWith('_count') ? name.slice(0, -'_count'.length) : '';
    if (!histograms.has(family) || has.has(`${family}_bucket ${bare(labels)}`)) return [];
    const others = labels.filter(([each]) => each !== metricNameLabel);
    const at = others.findIndex(([each]) => each > 'le');
    const bucket = others.toSpliced(at < 0 ? others.length : at, 0, ['le', '+Inf']);
    return [{ labels: [[metricNameLabel, `${family}_bucket`], ...bucket] as readonly Label[] as LabelSet, value }];
  });
};
