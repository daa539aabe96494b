import { resultBody } from '../../core/promql/answer.ts';
import { EvaluationError } from '../../core/promql/result.ts';
import type { SeriesColumns } from '../../core/promql/series.ts';
import { answer, columnsOf, instantQuery, rangeQuery } from '../core/promql/asking.ts';
import { Chance } from '../simulation/chance.ts';
import { dataOf, endMs, startMs, writeOpenMetrics } from './data.ts';
import { expressionOf } from './expressions.ts';
import { majorVersion, Prometheus } from './prometheus.ts';

type Answer = {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly resultType: string;
    readonly result: readonly {
      readonly metric: Record<string, string>;
      readonly value?: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
};

const numberOf = (text: string): number => Number(text.replace('Inf', 'Infinity'));

/** Equal but for what summing in another order does; what a subtraction leaves of two large numbers may be anything small. */
const near = (a: string, b: string): boolean => {
  if (a === b) return true;
  const [x, y] = [numberOf(a), numberOf(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) === Number.isNaN(y);
  return Math.abs(x - y) <= 1e-9 * Math.max(Math.abs(x), Math.abs(y)) || Math.abs(x - y) < 1e-9;
};

const keyOf = (metric: Record<string, string>): string => JSON.stringify(Object.entries(metric).sort());

/** What differs between two answers, '' for nothing. */
const difference = (theirs: Answer, ours: Answer): string => {
  if (theirs.status !== ours.status) return `theirs ${theirs.error ?? 'answered'}, ours ${ours.error ?? 'answered'}`;
  if (theirs.data === undefined || ours.data === undefined) return '';
  if (theirs.data.resultType !== ours.data.resultType) return `${theirs.data.resultType}, ours ${ours.data.resultType}`;
  const known = new Map(ours.data.result.map(each => [keyOf(each.metric), each]));
  if (known.size !== theirs.data.result.length) return `${theirs.data.result.length} series, ours ${known.size}`;
  for (const { metric, value, values = value === undefined ? [] : [value] } of theirs.data.result) {
    const own = known.get(keyOf(metric));
    if (own === undefined) return `${keyOf(metric)} is missing`;
    const found = own.values ?? (own.value === undefined ? [] : [own.value]);
    if (found.length !== values.length) return `${keyOf(metric)} has ${values.length} values, ours ${found.length}`;
    for (const [at, [time, text]] of values.entries()) {
      const [ownTime, ownText] = found[at]!;
      if (time !== ownTime || !near(text, ownText))
        return `${keyOf(metric)} ${time} ${text}, ours ${ownTime} ${ownText}`;
    }
  }
  return '';
};

/** Changes of 3.x that show in an answer of 2.x: see docs/promql.md. */
const isChangedIn3 = (text: string, found: string): boolean =>
  /\b(rate|increase|stddev|stdvar)\w*[ (]/.test(text) || found.includes('ours multiple matches for labels');

/** Where values tie, which series is taken depends on the order they come in, and in Prometheus that is a map's. */
const mayTie = (text: string): boolean => /\b(topk|bottomk) /.test(text);

const ourAnswer = (
  series: readonly SeriesColumns[],
  text: string,
  asked: { readonly atMs: number; readonly stepMs: number; readonly steps: number },
  includesOlderEnd: boolean,
): Answer => {
  try {
    const { atMs, stepMs, steps } = asked;
    const query = steps === 1 ? instantQuery(text, atMs) : rangeQuery(text, atMs, atMs + (steps - 1) * stepMs, stepMs);
    return JSON.parse(resultBody(answer({ ...query, includesOlderEnd }, series))) as Answer;
  } catch (error) {
    if (error instanceof EvaluationError || (error as Error).message.startsWith('parse error'))
      return { status: 'error', error: (error as Error).message };
    throw error;
  }
};

/** How many answers were the same, with values, as refusals or empty; how many differ where they may; and what differs. */
export type Comparison = {
  same: number;
  refused: number;
  empty: number;
  tied: number;
  changed: number;
  readonly differences: string[];
};

/** Puts random questions over random data to a real Prometheus and to ours. The same seed puts the same ones. */
export const compare = async (seed: number, count: number): Promise<Comparison> => {
  const chance = new Chance(seed, 'promql');
  const data = dataOf(chance);
  const series = data.map(columnsOf);
  const includesOlderEnd = majorVersion() < 3;
  const counts: Comparison = { same: 0, refused: 0, empty: 0, tied: 0, changed: 0, differences: [] };
  const prometheus = await Prometheus.start(writeOpenMetrics(data));
  try {
    for (let nth = 0; nth < count; nth += 1) {
      const text = expressionOf(chance, chance.between(0, 3));
      const steps = chance.pick([1, 1, 5, 40]);
      const stepMs = chance.pick([1_000, 15_000, 60_000, 61_001]);
      const aligned = chance.between(startMs / 15_000, endMs / 15_000) * 15_000;
      const asked = { atMs: aligned + chance.pick([0, 0, 1, 7_777]), stepMs, steps };
      const theirs = await theirAnswer(prometheus, text, asked);
      const found = difference(theirs, ourAnswer(series, text, asked, includesOlderEnd));
      if (found === '') {
        if (theirs.status === 'error') counts.refused += 1;
        else if (theirs.data?.result.length === 0) counts.empty += 1;
        else counts.same += 1;
      } else if (mayTie(text)) counts.tied += 1;
      else if (includesOlderEnd && isChangedIn3(text, found)) counts.changed += 1;
      else counts.differences.push(`${text}\n  at ${asked.atMs / 1_000}, ${steps} steps of ${stepMs} ms: ${found}`);
    }
  } finally {
    await prometheus.stop();
  }
  return counts;
};

const theirAnswer = async (
  prometheus: Prometheus,
  query: string,
  { atMs, stepMs, steps }: { readonly atMs: number; readonly stepMs: number; readonly steps: number },
): Promise<Answer> => {
  if (steps === 1) return (await prometheus.ask('query', { query, time: String(atMs / 1_000) })) as Answer;
  const [start, end] = [atMs, atMs + (steps - 1) * stepMs].map(timeMs => String(timeMs / 1_000)) as [string, string];
  return (await prometheus.ask('query_range', { query, start, end, step: String(stepMs / 1_000) })) as Answer;
};
