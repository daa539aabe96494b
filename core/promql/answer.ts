import type { LabelSet } from '../labels.ts';
import type { Reject } from '../reject.ts';
import type { InstantSeries, RangeSeries, Value } from './evaluate.ts';
import { inParameter } from './parameters.ts';
import { writeValue } from './times.ts';

export type ErrorType = 'bad_data' | 'execution' | 'timeout' | 'unavailable' | 'internal' | 'not_found';

/** HTTP status of each error type (web/api/v1/api.go, respondError). */
export const statusOf: Readonly<Record<ErrorType, number>> = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  unavailable: 503,
  internal: 500,
  not_found: 404,
};

/** Own properties whatever the labels are called, `__proto__` included. */
const metricOf = (labels: LabelSet): object => Object.fromEntries(labels);

/** Seconds, with milliseconds behind the point. */
const pairOf = ({ timestampMs, value }: Value): readonly [number, string] => [timestampMs / 1_000, writeValue(value)];

/** The body of an answer that has `data`; warnings stand beside it, and only where there are some. */
export const successBody = (data: unknown, warnings: readonly string[] = []): string =>
  JSON.stringify(warnings.length > 0 ? { status: 'success', data, warnings } : { status: 'success', data });

export const vectorBody = (series: readonly InstantSeries[], warnings: readonly string[] = []): string =>
  successBody(
    { resultType: 'vector', result: series.map(each => ({ metric: metricOf(each.labels), value: pairOf(each) })) },
    warnings,
  );

export const matrixBody = (series: readonly RangeSeries[], warnings: readonly string[] = []): string =>
  successBody(
    {
      resultType: 'matrix',
      result: series.map(({ labels, values }) => ({ metric: metricOf(labels), values: values.map(pairOf) })),
    },
    warnings,
  );

/** The body of /api/v1/series. */
export const seriesBody = (sets: readonly LabelSet[], warnings: readonly string[] = []): string =>
  successBody(sets.map(metricOf), warnings);

export const errorBody = (errorType: ErrorType, error: string): string =>
  JSON.stringify({ status: 'error', errorType, error });

/** What Prometheus says about a parameter holding an expression: `invalid parameter "query": 1:5: parse error: …`. */
export const expressionError = (parameter: string, { code, place, reason }: Reject): string => {
  const what = code === 'bad_data' ? reason : `${code}: ${reason}`;
  return inParameter(parameter, place?.line === undefined ? what : `${place.line}:${place.column}: ${what}`);
};
