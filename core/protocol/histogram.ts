import { type Label, type LabelSet, labelSetOf, metricNameLabel } from '../labels.ts';
import { limits } from '../limits.ts';
import type { GatheredSample } from './gather.ts';

/**
 * A histogram by exponential buckets: bucket i of a side counts values in (base^(i-1), base^i], base being 2^(2^-schema),
 * as in Prometheus; OpenTelemetry's index is one less. Counts are not cumulative.
 */
type ExponentialHistogram = {
  readonly schema: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: ReadonlyMap<number, number>;
  readonly negative: ReadonlyMap<number, number>;
  readonly count: number;
  readonly sum: number | undefined;
};

/** Counts of values up to each bound, cumulative; the bounds ascend, and the last one is +Inf. */
export type ClassicHistogram = {
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
  readonly count: number;
  readonly sum: number | undefined;
};

/** As Prometheus writes the bounds of what comes by OTLP: the shortest decimal that means it, without an exponent. */
export const boundText = (bound: number): string => {
  if (bound === Number.POSITIVE_INFINITY) return '+Inf';
  if (bound === Number.NEGATIVE_INFINITY) return '-Inf';
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(String(bound)) ?? [];
  if (whole === '') return String(bound);
  const digits = whole + fraction;
  const point = 1 + Number(power);
  return point <= 0 ? `${sign}0.${'0'.repeat(-point)}${digits}` : `${sign}${digits.padEnd(point, '0')}`;
};

/** Every other bound goes: two buckets become one. */
const coarser = (buckets: ReadonlyMap<number, number>): Map<number, number> => {
  const halved = new Map<number, number>();
  for (const [index, count] of buckets) {
    const into = Math.ceil(index / 2);
    halved.set(into, (halved.get(into) ?? 0) + count);
  }
  return halved;
};

const widthOf = (buckets: ReadonlyMap<number, number>): number => {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const index of buckets.keys()) {
    least = Math.min(least, index);
    most = Math.max(most, index);
  }
  return buckets.size === 0 ? 0 : most - least + 1;
};

/**
 * The same by explicit bounds, each bucket between the least and the largest that holds something, those that hold nothing
 * included, so that bounds come and go at the ends only. Where there would be more than limits.histogramBounds, neighbours
 * are joined first: the bounds left are still those of the finer histogram.
 */
export const classicOf = (histogram: ExponentialHistogram): ClassicHistogram => {
  let { schema, positive, negative } = histogram;
  while (widthOf(positive) + widthOf(negative) > limits.histogramBounds) {
    positive = coarser(positive);
    negative = coarser(negative);
    schema -= 1;
  }
  const bound = (index: number): number => 2 ** (index * 2 ** -schema);
  const buckets: { le: number; count: number }[] = [];
  let count = 0;
  const push = (le: number, more: number): void => {
    count += more;
    const last = buckets.at(-1);
    if (last?.le === le) last.count = count;
    else buckets.push({ le, count });
  };
  if (negative.size > 0) {
    const indexes = [...negative.keys()];
    const [least, most] = [Math.min(...indexes), Math.max(...indexes)];
    // Farthest from zero first; a bucket's upper bound is the one nearer to zero.
    push(-bound(most), 0);
    for (let index = most; index >= least; index -= 1) push(-bound(index - 1), negative.get(index) ?? 0);
  }
  push(histogram.zeroThreshold, histogram.zeroCount);
  if (positive.size > 0) {
    const indexes = [...positive.keys()];
    const [least, most] = [Math.min(...indexes), Math.max(...indexes)];
    if (bound(least - 1) > histogram.zeroThreshold) push(bound(least - 1), 0);
    for (let index = least; index <= most; index += 1) push(bound(index), positive.get(index) ?? 0);
  }
  if (buckets.at(-1)!.le !== Number.POSITIVE_INFINITY) push(Number.POSITIVE_INFINITY, histogram.count - count);
  return {
    buckets: buckets.filter(({ le }, at) => at === 0 || le > buckets[at - 1]!.le),
    count: histogram.count,
    sum: histogram.sum,
  };
};

/** What all samples made of one histogram have in common. */
export type Common = Omit<GatheredSample, 'labels' | 'value'>;

/** `name_bucket`, `name_sum` and `name_count`; where there is no sum there is no `name_sum`. */
export const classicSamples = (
  name: string,
  labels: readonly Label[],
  { buckets, count, sum }: ClassicHistogram,
  common: Common,
): GatheredSample[] => {
  const others = labels.filter(([label]) => label !== metricNameLabel && label !== 'le');
  const set = (suffix: string, ...more: Label[]): LabelSet =>
    labelSetOf([...others, ...more, [metricNameLabel, `${name}${suffix}`]]);
  return [
    ...buckets.map(({ le, count: value }) => ({ ...common, labels: set('_bucket', ['le', boundText(le)]), value })),
    ...(sum === undefined ? [] : [{ ...common, labels: set('_sum'), value: sum }]),
    { ...common, labels: set('_count'), value: count },
  ];
};
