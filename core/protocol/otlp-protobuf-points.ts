import type { Wire } from '../exposition/wire.ts';
import type {
  Buckets,
  ExponentialPoint,
  HistogramPoint,
  Moment,
  NumberPoint,
  PointExemplar,
  SummaryPoint,
} from './otlp-model.ts';
import { readAttribute } from './otlp-protobuf-attributes.ts';
import {
  type Bits,
  bitsOf,
  readBits,
  readDouble,
  readDoubles,
  readFixed64,
  readFixed64s,
  readHex,
  readInside,
  readSigned,
  readUint,
  readUints,
} from './wire-values.ts';

type Building = {
  attributes: [string, string][];
  startNs: bigint;
  timeNs: bigint;
  isGone: boolean;
  exemplars: PointExemplar[];
};

const moment = (): Building => ({ attributes: [], startNs: 0n, timeNs: 0n, isGone: false, exemplars: [] });

/** DataPointFlags: the lowest bit says that no value was recorded. */
const noRecordedValue = 1;

const readTimes = (wire: Wire, into: Building): boolean => {
  if (wire.field === 2) into.startNs = readFixed64(wire, 'start_time_unix_nano');
  else if (wire.field === 3) into.timeNs = readFixed64(wire, 'time_unix_nano');
  else return false;
  return true;
};

const readFlags = (wire: Wire, into: Moment & Building): void => {
  into.isGone = (readUint(wire, 'flags') & noRecordedValue) !== 0;
};

const readExemplar = (wire: Wire): PointExemplar => {
  const exemplar = { attributes: [] as [string, string][], timeNs: 0n, value: 0, traceId: '', spanId: '' };
  while (wire.next()) {
    if (wire.field === 7) exemplar.attributes.push(readAttribute(readInside(wire, 'filtered_attributes')));
    else if (wire.field === 2) exemplar.timeNs = readFixed64(wire, 'time_unix_nano');
    else if (wire.field === 3) exemplar.value = readDouble(wire, 'as_double');
    else if (wire.field === 6) exemplar.value = Number(BigInt.asIntN(64, readFixed64(wire, 'as_int')));
    else if (wire.field === 4) exemplar.spanId = readHex(wire, 'span_id');
    else if (wire.field === 5) exemplar.traceId = readHex(wire, 'trace_id');
    else wire.skip();
  }
  return exemplar;
};

export const readNumberPoint = (wire: Wire): NumberPoint => {
  const point = { ...moment(), value: { high: 0, low: 0 } as Bits };
  while (wire.next()) {
    if (readTimes(wire, point)) continue;
    if (wire.field === 7) point.attributes.push(readAttribute(readInside(wire, 'attributes')));
    else if (wire.field === 4) point.value = readBits(wire, 'as_double');
    else if (wire.field === 6) point.value = bitsOf(Number(BigInt.asIntN(64, readFixed64(wire, 'as_int'))));
    else if (wire.field === 8) readFlags(wire, point);
    else if (wire.field === 5) point.exemplars.push(readExemplar(readInside(wire, 'exemplars')));
    else wire.skip();
  }
  return point;
};

export const readHistogramPoint = (wire: Wire): HistogramPoint => {
  const counts: number[] = [];
  const bounds: number[] = [];
  const point = { ...moment(), count: 0, sum: undefined as number | undefined, bounds, counts };
  while (wire.next()) {
    if (readTimes(wire, point)) continue;
    if (wire.field === 9) point.attributes.push(readAttribute(readInside(wire, 'attributes')));
    else if (wire.field === 4) point.count = Number(readFixed64(wire, 'count'));
    else if (wire.field === 5) point.sum = readDouble(wire, 'sum');
    else if (wire.field === 6) readFixed64s(wire, counts, 'bucket_counts');
    else if (wire.field === 7) readDoubles(wire, bounds, 'explicit_bounds');
    else if (wire.field === 10) readFlags(wire, point);
    else if (wire.field === 8) point.exemplars.push(readExemplar(readInside(wire, 'exemplars')));
    else wire.skip();
  }
  return point;
};

export const readExponentialPoint = (wire: Wire): ExponentialPoint => {
  const none: Buckets = { offset: 0, counts: [] };
  const point = {
    ...moment(),
    count: 0,
    sum: undefined as number | undefined,
    scale: 0,
    zeroCount: 0,
    zeroThreshold: 0,
    positive: none,
    negative: none,
  };
  while (wire.next()) {
    if (readTimes(wire, point)) continue;
    if (wire.field === 1) point.attributes.push(readAttribute(readInside(wire, 'attributes')));
    else if (wire.field === 4) point.count = Number(readFixed64(wire, 'count'));
    else if (wire.field === 5) point.sum = readDouble(wire, 'sum');
    else if (wire.field === 6) point.scale = readSigned(wire, 'scale');
    else if (wire.field === 7) point.zeroCount = Number(readFixed64(wire, 'zero_count'));
    else if (wire.field === 8) point.positive = readBuckets(readInside(wire, 'positive'));
    else if (wire.field === 9) point.negative = readBuckets(readInside(wire, 'negative'));
    else if (wire.field === 10) readFlags(wire, point);
    else if (wire.field === 11) point.exemplars.push(readExemplar(readInside(wire, 'exemplars')));
    else if (wire.field === 14) point.zeroThreshold = readDouble(wire, 'zero_threshold');
    else wire.skip();
  }
  return point;
};

const readBuckets = (wire: Wire): Buckets => {
  let offset = 0;
  const counts: number[] = [];
  while (wire.next()) {
    if (wire.field === 1) offset = readSigned(wire, 'offset');
    else if (wire.field === 2) readUints(wire, counts, 'bucket_counts');
    else wire.skip();
  }
  return { offset, counts };
};

export const readSummaryPoint = (wire: Wire): SummaryPoint => {
  const quantiles: { quantile: number; value: number }[] = [];
  const point = { ...moment(), count: 0, sum: 0, quantiles };
  while (wire.next()) {
    if (readTimes(wire, point)) continue;
    if (wire.field === 7) point.attributes.push(readAttribute(readInside(wire, 'attributes')));
    else if (wire.field === 4) point.count = Number(readFixed64(wire, 'count'));
    else if (wire.field === 5) point.sum = readDouble(wire, 'sum');
    else if (wire.field === 6) {
      const inside = readInside(wire, 'quantile_values');
      let [quantile, value] = [0, 0];
      while (inside.next()) {
        if (inside.field === 1) quantile = readDouble(inside, 'quantile');
        else if (inside.field === 2) value = readDouble(inside, 'value');
        else inside.skip();
      }
      quantiles.push({ quantile, value });
    } else if (wire.field === 8) readFlags(wire, point);
    else wire.skip();
  }
  return point;
};
