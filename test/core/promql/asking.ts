import { type LabelSet, labelSetOf } from '../../../core/labels.ts';
import { evaluate, type SeriesSource } from '../../../core/promql/evaluate/evaluate.ts';
import { compareLabels } from '../../../core/promql/label-sets.ts';
import { selects } from '../../../core/promql/matchers.ts';
import { planOf, type Query, readQuery } from '../../../core/promql/query.ts';
import type { Result } from '../../../core/promql/result.ts';
import type { SeriesColumns } from '../../../core/promql/series.ts';

/** A series as a test writes it: what is not a number is a staleness marker, and what is not there is missing. */
export type Written = {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: Iterable<readonly [timeMs: number, value: number | 'stale']>;
};

export const columnsOf = ({ labels, samples }: Written): SeriesColumns => {
  const all = [...samples].sort(([a], [b]) => a - b);
  return {
    labels: labelSetOf(Object.entries(labels)),
    timesMs: Float64Array.from(all, ([timeMs]) => timeMs),
    values: Float64Array.from(all, ([, value]) => (value === 'stale' ? Number.NaN : value)),
    ...(all.some(([, value]) => value === 'stale') && {
      stale: Uint8Array.from(all, ([, value]) => Number(value === 'stale')),
    }),
  };
};

/** Reads what a plan says, and no sample more: a plan that asks for too little gives wrong answers. */
export const sourceOf = (series: readonly SeriesColumns[]): SeriesSource => {
  const sorted = [...series].sort((a, b) => compareLabels(a.labels, b.labels));
  return ({ matchers, fromMs, toMs }) =>
    sorted
      .filter(({ labels }) => selects(matchers, labels))
      .map(({ labels, timesMs, values, stale }) => {
        const first = timesMs.findIndex(timeMs => timeMs >= fromMs);
        const after = timesMs.findIndex(timeMs => timeMs > toMs);
        const [from, to] = [first === -1 ? timesMs.length : first, after === -1 ? timesMs.length : after];
        return {
          labels,
          timesMs: timesMs.slice(from, to),
          values: values.slice(from, to),
          ...(stale !== undefined && { stale: stale.slice(from, to) }),
        };
      })
      .filter(({ timesMs }) => timesMs.length > 0);
};

export const instantQuery = (text: string, atMs: number): Query => queryOf(text, atMs, atMs, 1, true);

export const rangeQuery = (text: string, startMs: number, endMs: number, stepMs: number): Query =>
  queryOf(text, startMs, endMs, stepMs, false);

const queryOf = (text: string, startMs: number, endMs: number, stepMs: number, isInstant: boolean): Query => {
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  const { value, rejects } = readQuery(text, { steps: { startMs, stepMs, count }, endMs, isInstant });
  if (value === undefined) throw new Error(rejects[0]?.reason);
  return value;
};

export const answer = (query: Query, series: readonly SeriesColumns[]): Result =>
  evaluate(planOf(query), sourceOf(series));

/** Labels and values of a vector, as a test compares them. */
export const vectorOf = ({ value }: Result): [labels: Record<string, string>, value: number][] => {
  if (value.type !== 'vector') throw new Error(`a vector was expected, found ${value.type}`);
  return value.series.map(each => [labelsOf(each.labels), each.value]);
};

export const labelsOf = (labels: LabelSet): Record<string, string> => Object.fromEntries(labels);
