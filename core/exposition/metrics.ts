import type { Family, FamilyType } from '../batch.ts';
import { keyOf, type LabelSet, labelOf, metricNameLabel, metricNameOf, pick } from '../labels.ts';
import type { Exemplar, Exposition, ParsedSample } from './exposition.ts';
import { numberIn } from './strict-sample.ts';

export type Bucket = { readonly bound: number; readonly count: number; readonly exemplar?: Exemplar };
export type Quantile = { readonly quantile: number; readonly value: number };

/**
 * One metric of a family at one time: what its samples say together. A counter, gauge or other single number has a
 * `value`; a histogram `buckets`, a summary `quantiles`, both a `sum` and a `count` where they were told.
 */
export type Metric = {
  /** Without the metric name, `le` and `quantile`. */
  readonly labels: LabelSet;
  readonly timestampMs?: number;
  /** When it began to count. */
  readonly createdMs?: number;
  readonly value?: number;
  readonly exemplar?: Exemplar;
  readonly buckets?: readonly Bucket[];
  readonly quantiles?: readonly Quantile[];
  readonly sum?: number;
  readonly count?: number;
};

export type MetricFamily = Family & { readonly metrics: readonly Metric[] };

type Growing = { -readonly [Key in keyof Metric]: Metric[Key] } & { buckets?: Bucket[]; quantiles?: Quantile[] };
type GrowingFamily = { readonly family: Family; readonly metrics: Map<string, Growing> };

/** What a sample name may add to its family's. Text 0.0.4 writes counters and infos under their own names too. */
const suffixes: Readonly<Record<FamilyType, readonly string[]>> = {
  counter: ['', '_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  gaugehistogram: ['_bucket', '_gsum', '_gcount', '_sum', '_count'],
  summary: ['', '_sum', '_count', '_created'],
  info: ['', '_info'],
  stateset: [''],
  unknown: [''],
};

/**
 * A page's samples put together as the metrics they are, in families in the order of the page; first those that it
 * describes. A sample that belongs to no described family is one of an unknown family of its own.
 */
export const metricsOf = ({ samples, families }: Pick<Exposition, 'samples' | 'families'>): MetricFamily[] => {
  const byName = new Map<string, GrowingFamily>();
  const bySample = new Map<string, GrowingFamily>();
  const open = (family: Family): GrowingFamily => {
    const growing: GrowingFamily = { family, metrics: new Map() };
    byName.set(family.name, growing);
    for (const suffix of suffixes[family.type]) {
      const name = family.name + suffix;
      // A family's own name is its own, whatever another one might add to come to it.
      if (suffix === '' || !bySample.has(name)) bySample.set(name, growing);
    }
    return growing;
  };
  for (const family of families) open(family);
  for (const sample of samples) {
    const name = metricNameOf(sample.labels);
    const growing = bySample.get(name) ?? open({ name, type: 'unknown' });
    addSample(growing, name.slice(growing.family.name.length), sample);
  }
  return [...byName.values()].map(({ family, metrics }) => ({ ...family, metrics: [...metrics.values()] }));
};

const addSample = ({ family, metrics }: GrowingFamily, suffix: string, sample: ParsedSample): void => {
  const isBucket = suffix === '_bucket';
  const isQuantile = family.type === 'summary' && suffix === '';
  const apart = isBucket ? 'le' : isQuantile ? 'quantile' : metricNameLabel;
  const labels = pick(sample.labels, name => name !== metricNameLabel && name !== apart);
  const key = `${sample.timestampMs ?? ''} ${keyOf(labels)}`;
  let metric = metrics.get(key);
  if (metric === undefined) {
    metric = sample.timestampMs === undefined ? { labels } : { labels, timestampMs: sample.timestampMs };
    metrics.set(key, metric);
  }
  const { value, exemplar, createdMs } = sample;
  if (createdMs !== undefined) metric.createdMs = createdMs;
  if (isBucket) {
    metric.buckets ??= [];
    const bound = numberIn(labelOf(sample.labels, 'le'));
    metric.buckets.push(exemplar === undefined ? { bound, count: value } : { bound, count: value, exemplar });
  } else if (isQuantile) {
    metric.quantiles ??= [];
    metric.quantiles.push({ quantile: numberIn(labelOf(sample.labels, 'quantile')), value });
  } else if (suffix === '_sum' || suffix === '_gsum') metric.sum = value;
  else if (suffix === '_count' || suffix === '_gcount') metric.count = value;
  else if (suffix === '_created') metric.createdMs = Math.round(value * 1_000);
  else {
    metric.value = value;
    if (exemplar !== undefined) metric.exemplar = exemplar;
  }
};
