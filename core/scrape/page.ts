import type { Family } from '../batch.ts';
import type { SampleColumns } from '../exposition/exposition.ts';
import type { DownReason } from '../heartbeat/heartbeat.ts';
import { type Label, type LabelSet, labelSetOf, metricNameLabel } from '../labels.ts';
import type { Target } from './target.ts';

/** One sample of a page: labels with the metric name, a value, and the exporter's own time where it gave one. */
export type PageSample = { readonly labels: LabelSet; readonly value: number; readonly timestampMs?: number };

/** The samples of a page whose own times, where they have any, are taken. */
export const pageSamplesOf = (
  { series, values, timestampsMs }: SampleColumns,
  takes: (timestampMs: number) => boolean,
): PageSample[] => {
  const samples: PageSample[] = [];
  series.forEach((labels, at) => {
    const timestampMs = timestampsMs?.[at] ?? Number.NaN;
    if (Number.isNaN(timestampMs)) samples.push({ labels, value: values[at]! });
    else if (takes(timestampMs)) samples.push({ labels, value: values[at]!, timestampMs });
  });
  return samples;
};

/** What became of one scrape. All or nothing: a page with anything wrong in it gives no samples. */
export type Outcome =
  | {
      readonly ok: true;
      readonly samples: readonly PageSample[];
      /** The very same list as for the page before where that said the same. */
      readonly families: readonly Family[];
      readonly seriesAdded: number;
      readonly durationMs: number;
    }
  | {
      readonly ok: false;
      readonly reason: DownReason;
      readonly detail: string;
      readonly scraped: number;
      readonly durationMs: number;
    };

/** The target's own labels: job, instance and those of its row. */
export const labelsOf = ({ job, instance, labels }: Target): LabelSet =>
  labelSetOf([...labels, ['job', job], ['instance', instance]]);

/**
 * A scraped sample's labels under the target's: on a clash the scraped one is kept as `exported_<name>`, the prefix
 * repeated until it is free, so that no page can pass for another target (Prometheus, honor_labels: false).
 */
export const targetLabelsOver = (scraped: LabelSet, target: LabelSet): LabelSet => {
  const own = new Set(target.map(([name]) => name));
  const clashing = scraped.filter(([name]) => own.has(name));
  if (clashing.length === 0) return labelSetOf([...scraped, ...target]);
  const taken = new Set([...own, ...scraped.map(([name]) => name)]);
  // Shortest first, as Prometheus does it: exported_a must not depend on the order of the page.
  const renamed = clashing
    .toSorted((a, b) => a[0].length - b[0].length)
    .map(([name, value]): Label => {
      let free = `exported_${name}`;
      while (taken.has(free)) free = `exported_${free}`;
      taken.add(free);
      return [free, value];
    });
  return labelSetOf([...scraped.filter(([name]) => !own.has(name)), ...renamed, ...target]);
};

/**
 * Everything one scrape of a target stores: the page's samples under the target's labels, then `up` and the four scrape
 * series, which are written after every attempt, good or bad (prometheus scrape/scrape.go, report).
 */
export const samplesOf = (target: Target, outcome: Outcome): PageSample[] => {
  const own = labelsOf(target);
  const samples: PageSample[] = [];
  if (outcome.ok) {
    for (const sample of outcome.samples) samples.push({ ...sample, labels: targetLabelsOver(sample.labels, own) });
  }
  const scraped = outcome.ok ? outcome.samples.length : outcome.scraped;
  const reported: readonly (readonly [name: string, value: number])[] = [
    ['up', outcome.ok ? 1 : 0],
    ['scrape_duration_seconds', outcome.durationMs / 1_000],
    ['scrape_samples_scraped', scraped],
    ['scrape_samples_post_metric_relabeling', scraped],
    ['scrape_series_added', outcome.ok ? outcome.seriesAdded : 0],
  ];
  for (const [name, value] of reported) samples.push({ labels: labelSetOf([...own, [metricNameLabel, name]]), value });
  return samples;
};
