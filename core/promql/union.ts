import { keyOf } from '../labels.ts';
import type { Budget } from './budget.ts';
import { EvaluationError } from './result.ts';
import { type Emit, isEmpty, type StepSeries } from './series.ts';

export const sameLabels = 'vector cannot contain metrics with the same labelset';

/** Series by their labels. Two with the same labels become one where no step has both, otherwise the query is wrong. */
export class Union {
  readonly #series = new Map<string, StepSeries>();
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  add(series: StepSeries): void {
    if (isEmpty(series)) return;
    const key = keyOf(series.labels);
    const known = this.#series.get(key);
    if (known === undefined) {
      this.#budget.hold(series.values.length);
      this.#series.set(key, series);
      return;
    }
    for (let step = 0; step < series.values.length; step += 1) {
      if (series.present[step] === 0) continue;
      if (known.present[step] === 1) throw new EvaluationError(sameLabels);
      known.present[step] = 1;
      known.values[step] = series.values[step]!;
    }
  }

  emit(emit: Emit<StepSeries>): void {
    for (const series of this.#series.values()) emit(series);
  }
}

/** Hands series on as they come, or, where labels may clash, as their union once `done` is called. */
export const distinct = (
  clash: boolean,
  budget: Budget,
  emit: Emit<StepSeries>,
): { readonly add: Emit<StepSeries>; readonly done: () => void } => {
  if (!clash) return { add: emit, done: () => {} };
  const union = new Union(budget);
  return { add: series => union.add(series), done: () => union.emit(emit) };
};
