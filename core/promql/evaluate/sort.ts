import { labelOf } from '../../labels.ts';
import { bare, type Call, type StringLiteral } from '../ast.ts';
import { compareLabels } from '../label-sets.ts';
import type { Emit, StepSeries, Steps } from '../series.ts';
import type { Evaluation } from './evaluation.ts';

/** Sorting means something at one step alone: a range's series always come in the order of their labels. */
const sorted = (
  evaluation: Evaluation,
  call: Call,
  steps: Steps,
  emit: Emit<StepSeries>,
  compare: (a: StepSeries, b: StepSeries) => number,
): void => {
  if (steps.count > 1) {
    const about = 'sort is ineffective for range queries since results are always ordered by labels';
    evaluation.notes.warn(about, call.from);
    evaluation.series(call.args[0]!, steps, emit);
    return;
  }
  const all: StepSeries[] = [];
  evaluation.series(call.args[0]!, steps, series => {
    evaluation.budget.hold(1);
    if (series.present[0] === 1) all.push(series);
  });
  for (const series of all.sort(compare)) emit(series);
};

/** By value, NaN last either way. */
export const sortByValue = (evaluation: Evaluation, call: Call, steps: Steps, emit: Emit<StepSeries>): void => {
  const sign = call.name === 'sort' ? 1 : -1;
  sorted(evaluation, call, steps, emit, ({ values: [a = 0] }, { values: [b = 0] }) => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return a === b ? 0 : a < b ? -sign : sign;
  });
};

/** By the labels named, one after the other, then by all; digits in them as the numbers they spell. */
export const sortByLabels = (evaluation: Evaluation, call: Call, steps: Steps, emit: Emit<StepSeries>): void => {
  const names = call.args.slice(1).map(arg => (bare(arg) as StringLiteral).value);
  const sign = call.name === 'sort_by_label' ? 1 : -1;
  sorted(evaluation, call, steps, emit, (a, b) => {
    for (const name of names) {
      const order = compareNaturally(labelOf(a.labels, name), labelOf(b.labels, name));
      if (order !== 0) return sign * order;
    }
    return sign * compareLabels(a.labels, b.labels);
  });
};

/** Digits against digits as numbers, all else as text (github.com/facette/natsort). */
const compareNaturally = (a: string, b: string): number => {
  if (a === b) return 0;
  const [left, right] = [a, b].map(text => text.match(/\d+|\D+/g) ?? []);
  for (let at = 0; at < left!.length; at += 1) {
    const [x, y] = [left![at]!, right![at]];
    if (y === undefined) return 1;
    if (x === y) continue;
    const numbers = /^\d/.test(x) && /^\d/.test(y);
    if (numbers && Number(x) !== Number(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return -1;
};
