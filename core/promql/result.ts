import type { LabelSet } from '../labels.ts';
import type { Points, StepSeries, Steps } from './series.ts';

/** What a query gives. `vector` has the order that the expression says, `matrix` and `steps` that of the labels. */
export type Value =
  | { readonly type: 'scalar'; readonly atMs: number; readonly value: number }
  | { readonly type: 'string'; readonly atMs: number; readonly value: string }
  | {
      readonly type: 'vector';
      readonly atMs: number;
      readonly series: readonly { readonly labels: LabelSet; readonly value: number }[];
    }
  | { readonly type: 'matrix'; readonly series: readonly Points[] }
  | { readonly type: 'steps'; readonly steps: Steps; readonly series: readonly StepSeries[] };

/** A question of good grammar and types that cannot be answered: Prometheus's own text, or a limit with its figures. */
export class EvaluationError extends Error {}

/** The same where its time was over, in Prometheus's words. */
export class TimedOut extends EvaluationError {
  constructor() {
    super('query timed out in expression evaluation');
  }
}

export type Result = { readonly value: Value; readonly warnings: readonly string[]; readonly infos: readonly string[] };

/** The result with at most so many series, and a warning where that left some out. */
export const limited = (result: Result, most: number): Result => {
  const { value } = result;
  if (value.type === 'scalar' || value.type === 'string' || value.series.length <= most) return result;
  const shortened = { ...value, series: value.series.slice(0, most) } as Value;
  return { ...result, value: shortened, warnings: [...result.warnings, 'results truncated due to limit'] };
};
