import type { LabelSet } from '../labels.ts';

/** Instants from `startMs` on, `stepMs` apart: those an expression is evaluated at. `count` is at least 1. */
export type Steps = { readonly startMs: number; readonly stepMs: number; readonly count: number };

/**
 * What is kept of samples in buckets of time, column by column. A bucket's time is its end: it holds what was sampled from
 * `bucketMs` before that on, that end itself excluded. `increase` is what a counter grew by.
 */
export type Rolled = Readonly<Partial<Record<Aggregate, Float64Array>>> & { readonly bucketMs: number };

/** What is kept of a bucket; a read brings those that are asked for. */
export type Aggregate = 'count' | 'sum' | 'min' | 'max' | 'increase';

/**
 * The samples of one series, oldest first, one a time. `stale` marks staleness markers, whose bits do not survive being
 * handled as numbers, and is absent where there are none. Nobody writes into these columns: they may be shared.
 */
export type SeriesColumns = {
  readonly labels: LabelSet;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  readonly stale?: Uint8Array;
  /** Where a read may be answered from buckets (see rolled.ts) and is: these instead of samples; nobody looks at `values` then. */
  readonly rolled?: Rolled;
};

/** The samples of one series without its staleness markers. */
export type Points = Omit<SeriesColumns, 'stale'>;

/**
 * One series of an instant vector at every step: a value where `present` is 1. Whoever is given one may change it, and
 * nobody else holds it.
 */
export type StepSeries = { readonly labels: LabelSet; readonly values: Float64Array; readonly present: Uint8Array };

export type Emit<T> = (series: T) => void;

export const timeAt = ({ startMs, stepMs }: Steps, step: number): number => startMs + step * stepMs;

export const lastOf = (steps: Steps): number => timeAt(steps, steps.count - 1);

export const timesOf = (steps: Steps): Float64Array =>
  Float64Array.from({ length: steps.count }, (_, step) => timeAt(steps, step));

/** A series without any value yet. */
export const emptySeries = (labels: LabelSet, count: number): StepSeries => ({
  labels,
  values: new Float64Array(count),
  present: new Uint8Array(count),
});

/** A series with these values at all steps. */
export const fullSeries = (labels: LabelSet, values: Float64Array): StepSeries => ({
  labels,
  values,
  present: new Uint8Array(values.length).fill(1),
});

export const isEmpty = ({ present }: StepSeries): boolean => !present.includes(1);
