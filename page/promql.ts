import { ask } from './api.ts';

/** A series of a chart: its name, and a value for each instant, null where it has none. */
export type Line = { readonly name: string; readonly values: readonly (number | null)[] };

export type Chart = { readonly seconds: readonly number[]; readonly lines: readonly Line[]; readonly left: number };

export type Table = {
  readonly rows: readonly { readonly name: string; readonly value: string; readonly seconds: number }[];
  readonly left: number;
};

export type Told<T> = { readonly answer: T; readonly warnings: readonly string[]; readonly tookMs: number };

type Metric = Readonly<Record<string, string>>;
type Pair = readonly [seconds: number, value: string];
type Body = {
  readonly data:
    | { readonly resultType: 'vector'; readonly result: readonly { readonly metric: Metric; readonly value: Pair }[] }
    | {
        readonly resultType: 'matrix';
        readonly result: readonly { readonly metric: Metric; readonly values: readonly Pair[] }[];
      }
    | { readonly resultType: 'scalar' | 'string'; readonly result: Pair };
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
};

/** Series drawn in one chart: more are a carpet, and nobody tells them apart. */
const mostLines = 100;
const mostRows = 1_000;

export const nameOfSeries = ({ __name__: name = '', ...labels }: Metric): string => {
  const inside = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  if (inside.length === 0) return name === '' ? '{}' : name;
  return `${name}{${inside.join(', ')}}`;
};

const numberOf = (text: string): number => (text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text));

/** A chart of what an expression says from one instant to another. */
export const askChart = async (
  query: string,
  fromSeconds: number,
  toSeconds: number,
  stepSeconds: number,
  signal?: AbortSignal,
): Promise<Told<Chart>> => {
  const began = performance.now();
  const form = new URLSearchParams({
    query,
    start: String(fromSeconds),
    end: String(toSeconds),
    step: String(stepSeconds),
  });
  const {
    data,
    warnings = [],
    infos = [],
  } = await ask<Body>('/api/v1/query_range', { form, ...(signal && { signal }) });
  if (data.resultType !== 'matrix') throw new Error('this expression has no range: look at it as a table');
  const count = Math.floor((toSeconds - fromSeconds) / stepSeconds + 1e-9) + 1;
  const seconds = Array.from({ length: count }, (_, at) => fromSeconds + at * stepSeconds);
  const lines = data.result.slice(0, mostLines).map(({ metric, values }): Line => {
    const own: (number | null)[] = new Array(count).fill(null);
    for (const [at, value] of values) {
      const number = numberOf(value);
      // What is infinite or no number cannot be drawn.
      own[Math.round((at - fromSeconds) / stepSeconds)] = Number.isFinite(number) ? number : null;
    }
    return { name: nameOfSeries(metric), values: own };
  });
  const left = Math.max(0, data.result.length - lines.length);
  return { answer: { seconds, lines, left }, warnings: [...warnings, ...infos], tookMs: performance.now() - began };
};

/** What an expression says at one instant. */
export const askTable = async (query: string, atSeconds: number, signal?: AbortSignal): Promise<Told<Table>> => {
  const began = performance.now();
  const form = new URLSearchParams({ query, time: String(atSeconds) });
  const { data, warnings = [], infos = [] } = await ask<Body>('/api/v1/query', { form, ...(signal && { signal }) });
  const rows =
    data.resultType === 'vector'
      ? data.result.map(({ metric, value }) => ({ name: nameOfSeries(metric), value: value[1], seconds: value[0] }))
      : data.resultType === 'matrix'
        ? data.result.map(({ metric, values }) => ({
            name: nameOfSeries(metric),
            value: values.map(([at, value]) => `${value} @${at}`).join('\n'),
            seconds: values.at(-1)?.[0] ?? 0,
          }))
        : [{ name: data.resultType, value: data.result[1], seconds: data.result[0] }];
  return {
    answer: { rows: rows.slice(0, mostRows), left: Math.max(0, rows.length - mostRows) },
    warnings: [...warnings, ...infos],
    tookMs: performance.now() - began,
  };
};
