import type { FamilyType } from '../batch.ts';
import type { Label } from '../labels.ts';
import { labelSetOf, metricNameLabel } from '../labels.ts';
import type { Reject } from '../reject.ts';
import type { GatheredSample } from './gather.ts';
import { boundText, type ClassicHistogram, type Common, classicSamples } from './histogram.ts';
import { labelsReject } from './label-limits.ts';
import { exponentialAsClassic, exponentialAsSteady } from './otlp-exponential.ts';
import { cumulative, type Data, delta, type HistogramPoint, type Metric, type Moment } from './otlp-model.ts';
import { type MetricKind, metricNameOf, type Naming } from './otlp-names.ts';
import { type Identity, labelsOf } from './otlp-resource.ts';
import type { Accepted, Refusals } from './request.ts';
import type { Samples } from './samples.ts';
import { backfillReject } from './window.ts';
import { doubleOf, isStaleBits } from './wire-values.ts';

const msOf = (ns: bigint): number => Number(ns / 1_000_000n);

/** Takes a metric's points as samples under the identity of their resource; each point that cannot be taken is refused. */
export class OtlpSamples {
  readonly #samples: Samples;
  /** The times of what was taken. */
  readonly timesMs: number[] = [];
  readonly #naming: Naming;
  readonly #accepted: Accepted;
  readonly #refusals: Refusals;

  constructor(samples: Samples, naming: Naming, accepted: Accepted, refusals: Refusals) {
    this.#samples = samples;
    this.#naming = naming;
    this.#accepted = accepted;
    this.#refusals = refusals;
  }

  take({ name, description, unit, data }: Metric, identity: Identity, path: string): undefined {
    if (data === undefined)
      return this.#refuse('no_data', `metric ${JSON.stringify(name)} has no data that is known`, path, 1);
    const { points } = data;
    const problem = temporalityProblem(data);
    if (problem !== undefined) return this.#refuse('bad_temporality', `${problem} in ${name}`, path, points.length);
    const prometheusName = metricNameOf(name, unit, kindOf(data), this.#naming);
    if (prometheusName === undefined)
      return this.#refuse('bad_name', `nothing is left of metric name ${JSON.stringify(name)}`, path, points.length);
    const type = typeOf[kindOf(data)];
    this.#samples.tell({ name: prometheusName, type, ...(description !== '' && { help: description }) });
    const isDelta = 'temporality' in data && data.temporality === delta;
    for (const [index, point] of points.entries())
      this.#takePoint(data, index, point, { name: prometheusName, isDelta, identity }, `${path}.dataPoints[${index}]`);
  }

  #takePoint(
    data: Data,
    index: number,
    point: Moment,
    { name, isDelta, identity }: { name: string; isDelta: boolean; identity: Identity },
    path: string,
  ): undefined {
    const timestampMs = point.timeNs === 0n ? this.#accepted.acceptedAtMs : msOf(point.timeNs);
    const labels = labelsOf(point.attributes, identity, this.#naming);
    const reject =
      typeof labels === 'string'
        ? { code: 'bad_name', place: { path }, reason: labels }
        : (backfillReject(timestampMs, this.#accepted, path) ??
          // A histogram's buckets have one label more.
          labelsReject([...labels, [metricNameLabel, name]], path));
    if (reject !== undefined) return this.#refusals.add(reject);
    const made = samplesOf(data, index, name, labels as readonly Label[], {
      timestampMs,
      ...(point.isGone && { stale: true }),
      ...(isDelta && { increment: { span: `${point.startNs}-${point.timeNs}` } }),
    });
    if (typeof made === 'string') return this.#refuse('bad_point', `${made} in ${name}`, path, 1);
    // What ends has no increment, and a delta has no value that could be missing.
    if (isDelta && point.isGone) return undefined;
    for (const sample of made) this.#samples.add(sample);
    this.timesMs.push(timestampMs);
    return undefined;
  }

  #refuse(code: string, reason: string, path: string, points: number): undefined {
    const reject: Reject = { code, place: { path }, reason };
    return this.#refusals.add(reject, points);
  }
}

const kindOf = (data: Data): MetricKind =>
  data.kind === 'sum' ? (data.isMonotonic ? 'monotonic' : 'nonmonotonic') : data.kind;

const typeOf: Readonly<Record<MetricKind, FamilyType>> = {
  gauge: 'gauge',
  monotonic: 'counter',
  nonmonotonic: 'gauge',
  histogram: 'histogram',
  exponential: 'histogram',
  summary: 'summary',
  unknown: 'unknown',
};

const temporalityProblem = (data: Data): string | undefined => {
  if (!('temporality' in data) || data.temporality === cumulative) return undefined;
  if (data.temporality !== delta) return 'neither delta nor cumulative temporality';
  return data.kind === 'sum' && !data.isMonotonic
    ? 'delta temporality of a sum that may fall, whose whole nobody knows; send it cumulative'
    : undefined;
};

/** The samples of one point, or what is wrong with it. */
const samplesOf = (
  data: Data,
  index: number,
  name: string,
  labels: readonly Label[],
  common: Common & { readonly timestampMs: number },
): readonly GatheredSample[] | string => {
  switch (data.kind) {
    case 'gauge':
    case 'sum': {
      const { value } = data.points[index]!;
      const stale = common.stale === true || isStaleBits(value);
      return [
        {
          ...common,
          labels: labelSetOf([...labels, [metricNameLabel, name]]),
          value: stale ? 0 : doubleOf(value),
          ...(stale && { stale }),
        },
      ];
    }
    case 'histogram': {
      const classic = classicOfPoint(data.points[index]!);
      return typeof classic === 'string' ? classic : classicSamples(name, labels, classic, common);
    }
    case 'exponential': {
      const point = data.points[index]!;
      const classic = common.increment === undefined ? exponentialAsClassic(point) : exponentialAsSteady(point);
      return typeof classic === 'string' ? classic : classicSamples(name, labels, classic, common);
    }
    case 'summary': {
      const { quantiles, count, sum } = data.points[index]!;
      const others = labels.filter(([label]) => label !== 'quantile');
      const of = (suffix: string, value: number, ...more: Label[]): GatheredSample => ({
        ...common,
        labels: labelSetOf([...others, ...more, [metricNameLabel, `${name}${suffix}`]]),
        value,
      });
      return [
        ...quantiles.map(({ quantile, value }) => of('', value, ['quantile', boundText(quantile)])),
        of('_sum', sum),
        of('_count', count),
      ];
    }
  }
};

const classicOfPoint = ({ bounds, counts, count, sum, isGone }: HistogramPoint): ClassicHistogram | string => {
  const all: ClassicHistogram = { buckets: [{ le: Number.POSITIVE_INFINITY, count }], count, sum };
  if (isGone && counts.length === 0)
    return { ...all, buckets: [...bounds.map(le => ({ le, count: 0 })), ...all.buckets] };
  if (counts.length === 0 && bounds.length === 0) return all;
  if (counts.length !== bounds.length + 1) return `${counts.length} buckets for ${bounds.length} bounds`;
  if (bounds.some((bound, at) => Number.isNaN(bound) || (at > 0 && bound <= bounds[at - 1]!)))
    return 'bounds that do not ascend';
  let running = 0;
  const buckets = [...bounds, Number.POSITIVE_INFINITY].map((le, at) => {
    running += counts[at]!;
    return { le, count: running };
  });
  // A last bound of +Inf is allowed, and is the bucket after it.
  const unique = buckets.filter(({ le }, at) => at === buckets.length - 1 || le !== Number.POSITIVE_INFINITY);
  if (running !== count) return `${running} observations in buckets, the count is ${count}`;
  return { buckets: unique, count, sum };
};
