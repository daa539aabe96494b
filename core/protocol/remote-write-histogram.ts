import type { Wire } from '../exposition/wire.ts';
import type { Label } from '../labels.ts';
import { labelOf, labelSetOf, metricNameLabel } from '../labels.ts';
import type { GatheredSample } from './gather.ts';
import { type ClassicHistogram, classicOf, classicSamples } from './histogram.ts';
import {
  type Bits,
  doubleOf,
  isStaleBits,
  readBits,
  readDouble,
  readDoubles,
  readInside,
  readInt64,
  readSigned,
  readSigneds,
  readUint,
} from './wire-values.ts';

type Span = { readonly offset: number; readonly length: number };

/** prompb.Histogram, of both versions of the protocol. */
export type WireHistogram = {
  count: number;
  sum: Bits;
  schema: number;
  zeroThreshold: number;
  zeroCount: number;
  isFloat: boolean;
  readonly negative: { readonly spans: Span[]; readonly deltas: number[]; readonly counts: number[] };
  readonly positive: { readonly spans: Span[]; readonly deltas: number[]; readonly counts: number[] };
  readonly customBounds: number[];
  timestampMs: number;
};

const side = (): WireHistogram['positive'] => ({ spans: [], deltas: [], counts: [] });

/** Bounds of a histogram's own, in its `custom_values`. */
const customSchema = -53;
const [coarsest, finest] = [-4, 8];

export const readHistogram = (wire: Wire): WireHistogram => {
  const histogram: WireHistogram = {
    count: 0,
    sum: { high: 0, low: 0 },
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    isFloat: false,
    negative: side(),
    positive: side(),
    customBounds: [],
    timestampMs: 0,
  };
  while (wire.next()) readField(wire, histogram);
  return histogram;
};

const readField = (wire: Wire, histogram: WireHistogram): void => {
  const { negative, positive } = histogram;
  switch (wire.field) {
    case 1:
      histogram.count = readUint(wire, 'count_int');
      return;
    case 2:
      histogram.count = readDouble(wire, 'count_float');
      histogram.isFloat = true;
      return;
    case 3:
      histogram.sum = readBits(wire, 'sum');
      return;
    case 4:
      histogram.schema = readSigned(wire, 'schema');
      return;
    case 5:
      histogram.zeroThreshold = readDouble(wire, 'zero_threshold');
      return;
    case 6:
      histogram.zeroCount = readUint(wire, 'zero_count_int');
      return;
    case 7:
      histogram.zeroCount = readDouble(wire, 'zero_count_float');
      return;
    case 8:
      negative.spans.push(readSpan(readInside(wire, 'negative_spans')));
      return;
    case 9:
      readSigneds(wire, negative.deltas, 'negative_deltas');
      return;
    case 10:
      readDoubles(wire, negative.counts, 'negative_counts');
      return;
    case 11:
      positive.spans.push(readSpan(readInside(wire, 'positive_spans')));
      return;
    case 12:
      readSigneds(wire, positive.deltas, 'positive_deltas');
      return;
    case 13:
      readDoubles(wire, positive.counts, 'positive_counts');
      return;
    case 15:
      histogram.timestampMs = readInt64(wire, 'timestamp');
      return;
    case 16:
      readDoubles(wire, histogram.customBounds, 'custom_values');
      return;
    default:
      wire.skip();
  }
};

const readSpan = (wire: Wire): Span => {
  let [offset, length] = [0, 0];
  while (wire.next()) {
    if (wire.field === 1) offset = readSigned(wire, 'offset');
    else if (wire.field === 2) length = readUint(wire, 'length');
    else wire.skip();
  }
  return { offset, length };
};

/** Counts by bucket index; undefined where spans and counts do not match, or a count is below zero. */
const countsOf = ({ spans, deltas, counts }: WireHistogram['positive']): Map<number, number> | undefined => {
  const values = [...counts];
  let running = 0;
  for (const delta of deltas) {
    running += delta;
    values.push(running);
  }
  const total = spans.reduce((sum, { length }) => sum + length, 0);
  if (total !== values.length || values.some(value => !(value >= 0))) return undefined;
  const found = new Map<number, number>();
  let index = 0;
  let at = 0;
  for (const [order, { offset, length }] of spans.entries()) {
    if (order > 0 && offset < 0) return undefined;
    index += offset;
    for (let more = 0; more < length; more += 1) found.set(index++, values[at++]!);
  }
  return found;
};

const sumOf = (counts: ReadonlyMap<number, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);

/** Why a histogram cannot be what it says (prometheus model/histogram, Validate), or what it is by explicit bounds. */
const classicOfWire = (histogram: WireHistogram): ClassicHistogram | string => {
  const { schema, count, zeroCount, zeroThreshold, isFloat } = histogram;
  const positive = countsOf(histogram.positive);
  const negative = countsOf(histogram.negative);
  if (positive === undefined || negative === undefined) return 'spans and bucket counts do not match';
  const sum = doubleOf(histogram.sum);
  const inBuckets = sumOf(positive) + sumOf(negative) + zeroCount;
  // Observations of NaN are counted and are in no bucket. Float counts are sums that round.
  const isMatching = isFloat
    ? Math.abs(inBuckets - count) <= 1e-9 * Math.max(1, count) || Number.isNaN(sum)
    : Number.isNaN(sum)
      ? inBuckets <= count
      : inBuckets === count;
  if (!isMatching) return `${inBuckets} observations in buckets, the count is ${count}`;
  if (schema === customSchema) return customOf(histogram, positive, negative);
  if (schema < coarsest || schema > finest)
    return `schema ${schema} is not known, use ${coarsest} … ${finest} or ${customSchema}`;
  if (!(zeroThreshold >= 0)) return `a zero threshold of ${zeroThreshold}`;
  return classicOf({ schema, zeroCount, zeroThreshold, positive, negative, count, sum });
};

const customOf = (
  { customBounds, count, sum }: WireHistogram,
  positive: ReadonlyMap<number, number>,
  negative: ReadonlyMap<number, number>,
): ClassicHistogram | string => {
  if (negative.size > 0) return 'negative buckets with bounds of its own';
  if (customBounds.some((bound, at) => !(at === 0 || bound > customBounds[at - 1]!)))
    return 'bounds that do not ascend';
  if ([...positive.keys()].some(index => index < 0 || index > customBounds.length)) return 'a bucket beyond the bounds';
  let cumulative = 0;
  const buckets = [...customBounds.filter(Number.isFinite), Number.POSITIVE_INFINITY].map((le, index) => {
    cumulative += positive.get(index) ?? 0;
    return { le, count: cumulative };
  });
  return { buckets, count, sum: doubleOf(sum) };
};

/** The samples of a histogram under these labels, or why there are none. A stale one ends its count and sum. */
export const histogramSamples = (labels: readonly Label[], histogram: WireHistogram): GatheredSample[] | string => {
  const { timestampMs } = histogram;
  const name = labelOf(labelSetOf(labels), metricNameLabel);
  if (isStaleBits(histogram.sum)) {
    const ended: ClassicHistogram = { buckets: [{ le: Number.POSITIVE_INFINITY, count: 0 }], count: 0, sum: 0 };
    return classicSamples(name, labels, ended, { timestampMs, stale: true });
  }
  const classic = classicOfWire(histogram);
  return typeof classic === 'string' ? classic : classicSamples(name, labels, classic, { timestampMs });
};
