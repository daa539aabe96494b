import type { LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Reject } from '../reject.ts';
import { writeValue } from './numbers.ts';
import { inParameter } from './parameters.ts';
import type { Result, Value } from './result.ts';
import { EvaluationError } from './result.ts';
import { timeAt } from './series.ts';

export type ErrorType =
  | 'bad_data'
  | 'execution'
  | 'timeout'
  | 'unavailable'
  | 'internal'
  | 'not_found'
  | 'unauthorized';

/** HTTP status of each error type (web/api/v1/api.go, respondError). */
export const statusOf: Readonly<Record<ErrorType, number>> = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  unavailable: 503,
  internal: 500,
  not_found: 404,
  /** Ours: Prometheus asks for no key. */
  unauthorized: 401,
};

/** What stands beside an answer's data; either is left out where it is empty. */
type Remarks = { readonly warnings?: readonly string[]; readonly infos?: readonly string[] };

/** Own properties whatever the labels are called, `__proto__` included. */
const metricOf = (labels: LabelSet): object => Object.fromEntries(labels);

/** Seconds, with milliseconds behind the point. */
const writeTime = (timestampMs: number): string => String(timestampMs / 1_000);

/** Puts an answer's text together, and ends where it grows beyond what the gateway takes. */
class Text {
  #text = '';

  add(part: string): void {
    this.#text += part;
    if (this.#text.length <= limits.answerBytes) return;
    const reason = `the answer has more than ${limits.answerBytes} bytes, the limit of one answer: ask for fewer series or a longer step`;
    throw new EvaluationError(reason);
  }

  toString(): string {
    return this.#text;
  }
}

const enclosed = (data: string, { warnings = [], infos = [] }: Remarks): string => {
  const listed = (name: string, texts: readonly string[]): string =>
    texts.length === 0 ? '' : `,"${name}":${JSON.stringify(texts)}`;
  return `{"status":"success","data":${data}${listed('warnings', warnings)}${listed('infos', infos)}}`;
};

/** The body of an answer that has `data`. */
export const successBody = (data: unknown, remarks: Remarks = {}): string => enclosed(JSON.stringify(data), remarks);

/** The body of an answer to a query; `remarks` come before the result's own. */
export const resultBody = ({ value, warnings, infos }: Result, remarks: Remarks = {}): string => {
  const type = value.type === 'steps' ? 'matrix' : value.type;
  return enclosed(`{"resultType":"${type}","result":${writeResult(value)}}`, {
    warnings: [...(remarks.warnings ?? []), ...warnings],
    infos: [...(remarks.infos ?? []), ...infos],
  });
};

const writeResult = (value: Value): string => {
  switch (value.type) {
    case 'scalar':
      return `[${writeTime(value.atMs)},"${writeValue(value.value)}"]`;
    case 'string':
      return `[${writeTime(value.atMs)},${JSON.stringify(value.value)}]`;
    case 'vector': {
      const time = writeTime(value.atMs);
      return writeEach(value.series, each => `"value":[${time},"${writeValue(each.value)}"]`);
    }
    case 'matrix':
      return writeEach(value.series, ({ timesMs, values }, text) => {
        for (let at = 0; at < values.length; at += 1)
          text.add(`${at === 0 ? '"values":[' : ','}[${writeTime(timesMs[at]!)},"${writeValue(values[at]!)}"]`);
        return ']';
      });
    case 'steps': {
      const times = Array.from({ length: value.steps.count }, (_, step) => writeTime(timeAt(value.steps, step)));
      return writeEach(value.series, ({ values, present }, text) => {
        let before = '"values":[';
        for (let step = 0; step < values.length; step += 1) {
          if (present[step] === 0) continue;
          text.add(`${before}[${times[step]},"${writeValue(values[step]!)}"]`);
          before = ',';
        }
        return ']';
      });
    }
  }
};

/** A list of series; `write` gives what ends each, and may add to the text before. */
const writeEach = <S extends { readonly labels: LabelSet }>(
  series: readonly S[],
  write: (series: S, text: Text) => string,
): string => {
  const text = new Text();
  for (const [at, each] of series.entries()) {
    text.add(`${at === 0 ? '' : ','}{"metric":${JSON.stringify(metricOf(each.labels))},`);
    text.add(`${write(each, text)}}`);
  }
  return `[${text}]`;
};

/** The body of /api/v1/series. */
export const seriesBody = (sets: readonly LabelSet[], remarks: Remarks = {}): string =>
  successBody(sets.map(metricOf), remarks);

export const errorBody = (errorType: ErrorType, error: string): string =>
  JSON.stringify({ status: 'error', errorType, error });

/** What Prometheus says about a parameter holding an expression: `invalid parameter "query": 1:5: parse error: …`. */
export const expressionError = (parameter: string, { place, reason }: Reject): string =>
  inParameter(parameter, place?.line === undefined ? reason : `${place.line}:${place.column}: ${reason}`);

/** The same of a whole query: what is about no place in it stands alone. */
export const queryError = (reject: Reject): string =>
  reject.place === undefined ? reject.reason : expressionError('query', reject);
