import { decodeUtf8 } from '../exposition/words.ts';
import { limits } from '../limits.ts';
import type { Reject } from '../reject.ts';
import { hasMoreParts, isDeeper } from './json-depth.ts';
import {
  type Attributes,
  type Buckets,
  type Data,
  type Metric,
  type Moment,
  type NumberPoint,
  type PointExemplar,
  type ResourceMetrics,
  type Scope,
  textOfAny,
} from './otlp-model.ts';
import { bitsOf } from './wire-values.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Where JSON is not what the .proto says it is; caught by `readOtlpJson`. */
class Miss extends Error {
  readonly path: string;

  constructor(path: string, expected: string, found: unknown) {
    super(`expected ${expected}, found ${found === undefined ? 'nothing' : JSON.stringify(found).slice(0, 60)}`);
    this.path = path;
  }
}

/**
 * The JSON of an ExportMetricsServiceRequest (opentelemetry-proto, OTLP/HTTP): names in lowerCamelCase, numbers of 64 bits as
 * text or numbers, enums as numbers; fields it does not know are left alone.
 */
export const readOtlpJson = (
  bytes: Uint8Array,
): { readonly value: ResourceMetrics[] } | { readonly reject: Reject } => {
  const refused = (code: string, reason: string, path = 'body') => ({ reject: { code, place: { path }, reason } });
  if (isDeeper(bytes, limits.jsonDepth))
    return refused('json_depth', `nested deeper than the limit of ${limits.jsonDepth}`);
  if (hasMoreParts(bytes, limits.pushParts))
    return refused('json_parts', `more than ${limits.pushParts} lists and objects`);
  const text = decodeUtf8(bytes);
  if (text === undefined) return refused('bad_utf8', 'the body is not valid UTF-8');
  try {
    const body: unknown = JSON.parse(text);
    return { value: list(fields(body, 'body')['resourceMetrics'], 'resourceMetrics', readResource) };
  } catch (error) {
    if (error instanceof Miss) return refused('bad_json', error.message, error.path);
    if (error instanceof SyntaxError) return refused('bad_json', error.message);
    throw error;
  }
};

const fields = (value: unknown, path: string): Fields => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Miss(path, 'an object', value);
  return value as Fields;
};

/** null is what is absent, as protobuf's JSON has it. */
const optional = (value: unknown, path: string): Fields =>
  value === undefined || value === null ? {} : fields(value, path);

const list = <T>(value: unknown, path: string, read: (value: unknown, path: string) => T): T[] => {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Miss(path, 'a list', value);
  return value.map((each, index) => read(each, `${path}[${index}]`));
};

const text = (value: unknown, path: string): string => {
  if (value === undefined || value === null) return '';
  // A lone half of a surrogate pair has no UTF-8: two such values would become one.
  if (typeof value !== 'string' || !value.isWellFormed()) throw new Miss(path, 'a text', value);
  return value;
};

const words: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

const double = (value: unknown, path: string): number => {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'number') return value;
  const read =
    words.get(value) ??
    (typeof value === 'string' && /^-?[0-9.]+([eE][+-]?[0-9]+)?$/.test(value) ? Number(value) : Number.NaN);
  if (Number.isNaN(read) && value !== 'NaN') throw new Miss(path, 'a number', value);
  return read;
};

const whole = (value: unknown, path: string): bigint => {
  if (value === undefined || value === null) return 0n;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?[0-9]{1,20}$/.test(value)) return BigInt(value);
  throw new Miss(path, 'a whole number', value);
};

const count = (value: unknown, path: string): number => {
  const read = Number(whole(value, path));
  if (read < 0) throw new Miss(path, 'a whole number of at least 0', value);
  return read;
};

const optionalDouble = (value: unknown, path: string): number | undefined =>
  value === undefined || value === null ? undefined : double(value, path);

const readResource = (value: unknown, path: string): ResourceMetrics => {
  const { resource, scopeMetrics } = fields(value, path);
  return {
    attributes: readAttributes(optional(resource, `${path}.resource`)['attributes'], `${path}.resource.attributes`),
    scopes: list(scopeMetrics, `${path}.scopeMetrics`, readScope),
  };
};

const readScope = (value: unknown, path: string): Scope => {
  const { scope, metrics, schemaUrl } = fields(value, path);
  const { name, version, attributes } = optional(scope, `${path}.scope`);
  return {
    name: text(name, `${path}.scope.name`),
    version: text(version, `${path}.scope.version`),
    schemaUrl: text(schemaUrl, `${path}.schemaUrl`),
    attributes: readAttributes(attributes, `${path}.scope.attributes`),
    metrics: list(metrics, `${path}.metrics`, readMetric),
  };
};

const readAttributes = (value: unknown, path: string): Attributes =>
  list(value, path, (each, place): [string, string] => {
    const { key, value: any } = fields(each, place);
    return [text(key, `${place}.key`), textOfAny(readAny(any, `${place}.value`))];
  });

/** An AnyValue; the depth of the whole is bounded already. */
const readAny = (value: unknown, path: string): unknown => {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = optional(value, path);
  if (stringValue !== undefined) return text(stringValue, `${path}.stringValue`);
  if (boolValue !== undefined) return boolValue === true;
  if (intValue !== undefined) return whole(intValue, `${path}.intValue`);
  if (doubleValue !== undefined) return double(doubleValue, `${path}.doubleValue`);
  if (bytesValue !== undefined) return text(bytesValue, `${path}.bytesValue`);
  if (arrayValue !== undefined)
    return list(optional(arrayValue, `${path}.arrayValue`)['values'], `${path}.arrayValue.values`, readAny);
  if (kvlistValue !== undefined) {
    const entries = list(
      optional(kvlistValue, `${path}.kvlistValue`)['values'],
      `${path}.kvlistValue.values`,
      (each, place): [string, unknown] => {
        const { key, value: inner } = fields(each, place);
        return [text(key, `${place}.key`), readAny(inner, `${place}.value`)];
      },
    );
    return Object.fromEntries(entries);
  }
  return '';
};

const readMetric = (value: unknown, path: string): Metric => {
  const metric = fields(value, path);
  const base = {
    name: text(metric['name'], `${path}.name`),
    description: text(metric['description'], `${path}.description`),
    unit: text(metric['unit'], `${path}.unit`),
  };
  return { ...base, data: readData(metric, path) };
};

const readData = (metric: Fields, path: string): Data | undefined => {
  for (const [field, read] of Object.entries(kinds)) {
    if (metric[field] !== undefined && metric[field] !== null)
      return read(fields(metric[field], `${path}.${field}`), `${path}.${field}`);
  }
  return undefined;
};

const temporality = ({ aggregationTemporality }: Fields, path: string): number =>
  Number(whole(aggregationTemporality, `${path}.aggregationTemporality`));

const points = <T>({ dataPoints }: Fields, path: string, read: (point: Fields, path: string) => T): T[] =>
  list(dataPoints, `${path}.dataPoints`, (each, place) => read(fields(each, place), place));

const kinds: Readonly<Record<string, (data: Fields, path: string) => Data>> = {
  gauge: (data, path) => ({ kind: 'gauge', points: points(data, path, readNumberPoint) }),
  sum: (data, path) => ({
    kind: 'sum',
    points: points(data, path, readNumberPoint),
    temporality: temporality(data, path),
    isMonotonic: data['isMonotonic'] === true,
  }),
  histogram: (data, path) => ({
    kind: 'histogram',
    temporality: temporality(data, path),
    points: points(data, path, (point, place) => ({
      ...moment(point, place),
      count: count(point['count'], `${place}.count`),
      sum: optionalDouble(point['sum'], `${place}.sum`),
      bounds: list(point['explicitBounds'], `${place}.explicitBounds`, double),
      counts: list(point['bucketCounts'], `${place}.bucketCounts`, count),
    })),
  }),
  exponentialHistogram: (data, path) => ({
    kind: 'exponential',
    temporality: temporality(data, path),
    points: points(data, path, (point, place) => ({
      ...moment(point, place),
      count: count(point['count'], `${place}.count`),
      sum: optionalDouble(point['sum'], `${place}.sum`),
      scale: Number(whole(point['scale'], `${place}.scale`)),
      zeroCount: count(point['zeroCount'], `${place}.zeroCount`),
      zeroThreshold: double(point['zeroThreshold'], `${place}.zeroThreshold`),
      positive: readBuckets(point['positive'], `${place}.positive`),
      negative: readBuckets(point['negative'], `${place}.negative`),
    })),
  }),
  summary: (data, path) => ({
    kind: 'summary',
    points: points(data, path, (point, place) => ({
      ...moment(point, place),
      count: count(point['count'], `${place}.count`),
      sum: double(point['sum'], `${place}.sum`),
      quantiles: list(point['quantileValues'], `${place}.quantileValues`, (each, at) => {
        const { quantile, value } = fields(each, at);
        return { quantile: double(quantile, `${at}.quantile`), value: double(value, `${at}.value`) };
      }),
    })),
  }),
};

const readBuckets = (value: unknown, path: string): Buckets => {
  const { offset, bucketCounts } = optional(value, path);
  return { offset: Number(whole(offset, `${path}.offset`)), counts: list(bucketCounts, `${path}.bucketCounts`, count) };
};

const moment = (point: Fields, path: string): Moment => ({
  attributes: readAttributes(point['attributes'], `${path}.attributes`),
  startNs: whole(point['startTimeUnixNano'], `${path}.startTimeUnixNano`),
  timeNs: whole(point['timeUnixNano'], `${path}.timeUnixNano`),
  isGone: (Number(whole(point['flags'], `${path}.flags`)) & 1) !== 0,
  exemplars: list(point['exemplars'], `${path}.exemplars`, readExemplar),
});

const readExemplar = (value: unknown, path: string): PointExemplar => {
  const { filteredAttributes, timeUnixNano, asDouble, asInt, spanId, traceId } = fields(value, path);
  return {
    attributes: readAttributes(filteredAttributes, `${path}.filteredAttributes`),
    timeNs: whole(timeUnixNano, `${path}.timeUnixNano`),
    value:
      asInt === undefined || asInt === null
        ? double(asDouble, `${path}.asDouble`)
        : Number(whole(asInt, `${path}.asInt`)),
    // OTLP's JSON has ids in hexadecimal, not in base64.
    spanId: text(spanId, `${path}.spanId`).toLowerCase(),
    traceId: text(traceId, `${path}.traceId`).toLowerCase(),
  };
};

const readNumberPoint = (point: Fields, path: string): NumberPoint => {
  const { asDouble, asInt } = point;
  const value =
    asInt === undefined || asInt === null
      ? double(asDouble, `${path}.asDouble`)
      : Number(whole(asInt, `${path}.asInt`));
  return { ...moment(point, path), value: bitsOf(value) };
};
