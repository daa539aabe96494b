import type { FamilyType } from '../batch.ts';
import type { Label } from '../labels.ts';
import { bytesType, fixed64Type, varintType, type Wire, WireError } from './wire.ts';
import { decodeUtf8 } from './words.ts';

// The messages of io.prometheus.client (client_model, metrics.proto), as far as they become samples.

export type ModelExemplar = { readonly labels: Label[]; value: number; timestampMs: number | undefined };
type ModelBucket = { bound: number; count: number; exemplar: ModelExemplar | undefined };
type ModelQuantile = { quantile: number; value: number };

/** What a metric has in the field of its type. */
type ModelValue = {
  value: number;
  count: number;
  sum: number;
  readonly buckets: ModelBucket[];
  readonly quantiles: ModelQuantile[];
  exemplar: ModelExemplar | undefined;
  createdMs: number | undefined;
};

export type ModelMetric = {
  readonly labels: Label[];
  /** By the type in whose field it stands. */
  kind: FamilyType | undefined;
  value: ModelValue | undefined;
  timestampMs: bigint | undefined;
};

export type ModelFamily = {
  name: string;
  help: string | undefined;
  unit: string | undefined;
  type: number;
  /** The metrics' messages, not yet read. */
  readonly metrics: Wire[];
};

/** Adds to a list that may not be longer than `limit`: a message of millions of empty ones must not become them. */
const pushTo = <T>(list: T[], each: T, wire: Wire, what: string, limit: number, code: string): void => {
  if (list.length >= limit) throw new WireError(`more than ${limit} ${what}, the limit is ${limit}`, wire.at, code);
  list.push(each);
};

/** How many samples and labels there may be. */
type ModelBounds = { readonly samples: number; readonly labelCount: number };

export const readFamily = (wire: Wire, { samples }: ModelBounds): ModelFamily => {
  const family: ModelFamily = { name: '', help: undefined, unit: undefined, type: 0, metrics: [] };
  while (wire.next()) {
    if (wire.field === 1) family.name = textIn(wire, 'the name');
    else if (wire.field === 2) family.help = textIn(wire, 'the help');
    else if (wire.field === 3) family.type = numberIn(wire, 'the type');
    else if (wire.field === 4)
      pushTo(family.metrics, insideOf(wire, 'a metric'), wire, 'metrics', samples, 'sample_limit');
    else if (wire.field === 5) family.unit = textIn(wire, 'the unit');
    else wire.skip();
  }
  return family;
};

const kinds: Readonly<Record<number, FamilyType>> = {
  2: 'gauge',
  3: 'counter',
  4: 'summary',
  5: 'unknown',
  7: 'histogram',
};

export const readMetric = (wire: Wire, bounds: ModelBounds): ModelMetric => {
  const metric: ModelMetric = { labels: [], kind: undefined, value: undefined, timestampMs: undefined };
  while (wire.next()) {
    const kind = kinds[wire.field];
    if (wire.field === 1) pushLabel(metric.labels, wire, bounds);
    else if (wire.field === 6) {
      wire.expect(varintType, 'the timestamp');
      metric.timestampMs = wire.varint();
    } else if (kind !== undefined) {
      metric.kind = kind;
      metric.value = readValue(insideOf(wire, `the ${kind}`), kind, bounds);
    } else wire.skip();
  }
  return metric;
};

const pushLabel = (labels: Label[], wire: Wire, { labelCount }: ModelBounds): void =>
  pushTo(labels, readLabel(insideOf(wire, 'a label')), wire, 'labels', labelCount, 'label_limit');

const readLabel = (wire: Wire): Label => {
  let name = '';
  let value = '';
  while (wire.next()) {
    if (wire.field === 1) name = textIn(wire, 'a label name');
    else if (wire.field === 2) value = textIn(wire, 'a label value');
    else wire.skip();
  }
  return [name, value];
};

/** Gauge and untyped: 1 value. Counter: 2 exemplar, 3 created. Summary: 1 count, 2 sum, 3 quantiles, 4 created. */
const readValue = (wire: Wire, kind: FamilyType, bounds: ModelBounds): ModelValue => {
  const { samples } = bounds;
  const value: ModelValue = {
    value: 0,
    count: 0,
    sum: 0,
    buckets: [],
    quantiles: [],
    exemplar: undefined,
    createdMs: undefined,
  };
  const many = kind === 'summary' || kind === 'histogram';
  const createdField = kind === 'counter' ? 3 : kind === 'summary' ? 4 : kind === 'histogram' ? 15 : -1;
  while (wire.next()) {
    const { field } = wire;
    if (!many && field === 1) value.value = doubleIn(wire, 'the value');
    else if (kind === 'counter' && field === 2) value.exemplar = readExemplar(insideOf(wire, 'an exemplar'), bounds);
    else if (many && field === 1) value.count = numberIn(wire, 'the count');
    else if (many && field === 2) value.sum = doubleIn(wire, 'the sum');
    else if (kind === 'summary' && field === 3)
      pushTo(value.quantiles, readQuantile(insideOf(wire, 'a quantile')), wire, 'quantiles', samples, 'sample_limit');
    else if (kind === 'histogram' && field === 3)
      pushTo(value.buckets, readBucket(insideOf(wire, 'a bucket'), bounds), wire, 'buckets', samples, 'sample_limit');
    else if (kind === 'histogram' && field === 4) value.count = doubleIn(wire, 'the count');
    else if (field === createdField) value.createdMs = readTime(insideOf(wire, 'the created time'));
    else wire.skip();
  }
  return value;
};

const readQuantile = (wire: Wire): ModelQuantile => {
  const read: ModelQuantile = { quantile: 0, value: 0 };
  while (wire.next()) {
    if (wire.field === 1) read.quantile = doubleIn(wire, 'a quantile');
    else if (wire.field === 2) read.value = doubleIn(wire, 'the value of a quantile');
    else wire.skip();
  }
  return read;
};

const readBucket = (wire: Wire, bounds: ModelBounds): ModelBucket => {
  const bucket: ModelBucket = { bound: 0, count: 0, exemplar: undefined };
  while (wire.next()) {
    if (wire.field === 1) bucket.count = numberIn(wire, 'the count of a bucket');
    else if (wire.field === 2) bucket.bound = doubleIn(wire, 'the bound of a bucket');
    else if (wire.field === 3) bucket.exemplar = readExemplar(insideOf(wire, 'an exemplar'), bounds);
    else if (wire.field === 4) bucket.count = doubleIn(wire, 'the count of a bucket');
    else wire.skip();
  }
  return bucket;
};

const readExemplar = (wire: Wire, bounds: ModelBounds): ModelExemplar => {
  const exemplar: ModelExemplar = { labels: [], value: 0, timestampMs: undefined };
  while (wire.next()) {
    if (wire.field === 1) pushLabel(exemplar.labels, wire, bounds);
    else if (wire.field === 2) exemplar.value = doubleIn(wire, 'the value of an exemplar');
    else if (wire.field === 3) exemplar.timestampMs = readTime(insideOf(wire, 'the time of an exemplar'));
    else wire.skip();
  }
  return exemplar;
};

/** google.protobuf.Timestamp: seconds, nanoseconds. */
const readTime = (wire: Wire): number => {
  let seconds = 0;
  let nanos = 0;
  while (wire.next()) {
    if (wire.field === 1 && wire.type === varintType) seconds = Number(wire.varint());
    else if (wire.field === 2 && wire.type === varintType) nanos = Number(wire.varint());
    else wire.skip();
  }
  return seconds * 1_000 + Math.round(nanos / 1e6);
};

const insideOf = (wire: Wire, what: string): Wire => {
  wire.expect(bytesType, what);
  return wire.inside();
};

const textIn = (wire: Wire, what: string): string => {
  const inside = insideOf(wire, what);
  const text = decodeUtf8(inside.bytes.subarray(inside.at, inside.end));
  if (text === undefined) throw new WireError(`${what} is not valid UTF-8`, inside.at);
  return text;
};

const numberIn = (wire: Wire, what: string): number => {
  wire.expect(varintType, what);
  return wire.number();
};

const doubleIn = (wire: Wire, what: string): number => {
  wire.expect(fixed64Type, what);
  return wire.double();
};
