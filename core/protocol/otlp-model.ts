import type { Bits } from './wire-values.ts';

// opentelemetry-proto metrics/v1/metrics.proto, as far as it is read, whether it came as protobuf or JSON.

/** Attributes with their values as text: booleans and numbers as JSON writes them, lists and maps as JSON, bytes as base64. */
export type Attributes = readonly (readonly [name: string, value: string])[];

/** An attribute's value as a label: a bigint is a whole number of 64 bits, which JSON has no form for. */
export const textOfAny = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner));
};

export type Moment = {
  readonly attributes: Attributes;
  /** Nanoseconds since 1970; 0 is unknown. */
  readonly startNs: bigint;
  readonly timeNs: bigint;
  /** The point says that there is no value any more. */
  readonly isGone: boolean;
  readonly exemplars: readonly PointExemplar[];
};

/** Ids in hexadecimal, '' where there are none. */
export type PointExemplar = {
  readonly attributes: Attributes;
  readonly timeNs: bigint;
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
};

export type NumberPoint = Moment & { readonly value: Bits };

export type HistogramPoint = Moment & {
  readonly count: number;
  readonly sum: number | undefined;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
};

export type Buckets = { readonly offset: number; readonly counts: readonly number[] };

export type ExponentialPoint = Moment & {
  readonly count: number;
  readonly sum: number | undefined;
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
};

export type SummaryPoint = Moment & {
  readonly count: number;
  readonly sum: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
};

/** 1 delta, 2 cumulative; anything else says nothing. */
type Temporality = number;
export const delta: Temporality = 1;
export const cumulative: Temporality = 2;

export type Data =
  | { readonly kind: 'gauge'; readonly points: readonly NumberPoint[] }
  | {
      readonly kind: 'sum';
      readonly points: readonly NumberPoint[];
      readonly temporality: Temporality;
      readonly isMonotonic: boolean;
    }
  | { readonly kind: 'histogram'; readonly points: readonly HistogramPoint[]; readonly temporality: Temporality }
  | { readonly kind: 'exponential'; readonly points: readonly ExponentialPoint[]; readonly temporality: Temporality }
  | { readonly kind: 'summary'; readonly points: readonly SummaryPoint[] };

export type Metric = {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly data: Data | undefined;
};

export type Scope = {
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
  readonly attributes: Attributes;
  readonly metrics: readonly Metric[];
};

export type ResourceMetrics = { readonly attributes: Attributes; readonly scopes: readonly Scope[] };
