import { keyOf, type LabelSet, labelSetOf } from '../../labels.ts';
import type { Aggregation, StringLiteral } from '../ast.ts';
import { bare } from '../ast.ts';
import { writePlain } from '../numbers.ts';
import { EvaluationError } from '../result.ts';
import { type Emit, emptySeries, type StepSeries, type Steps } from '../series.ts';
import { type Accumulator, accumulators } from './accumulate.ts';
import type { Evaluation } from './evaluation.ts';
import { grouperOf } from './group.ts';
import { noteQuantiles } from './histograms.ts';
import { ranked } from './rank.ts';
import { quantileOf } from './summing.ts';

/** Groups in the order in which their first series comes. */
export const aggregate = (evaluation: Evaluation, expr: Aggregation, steps: Steps, emit: Emit<StepSeries>): void => {
  switch (expr.op) {
    case 'topk':
    case 'bottomk':
    case 'limitk':
      ranked(evaluation, expr, steps, emit);
      break;
    case 'quantile':
      quantiles(evaluation, expr, steps, emit);
      break;
    case 'count_values':
      countValues(evaluation, expr, steps, emit);
      break;
    default:
      accumulated(evaluation, expr, accumulators[expr.op], steps, emit);
  }
};

const accumulated = (
  evaluation: Evaluation,
  { body, grouping }: Aggregation,
  accumulatorOf: (count: number) => Accumulator,
  steps: Steps,
  emit: Emit<StepSeries>,
): void => {
  const grouper = grouperOf(grouping);
  const groups = new Map<string, { readonly accumulator: Accumulator; readonly series: StepSeries }>();
  evaluation.series(body, steps, series => {
    const key = grouper.keyOf(series.labels);
    let group = groups.get(key);
    if (group === undefined) {
      evaluation.budget.hold(3 * steps.count);
      group = {
        accumulator: accumulatorOf(steps.count),
        series: emptySeries(grouper.labelsOf(series.labels), steps.count),
      };
      groups.set(key, group);
    }
    group.accumulator.add(series);
    const { present } = group.series;
    for (let step = 0; step < steps.count; step += 1) present[step]! |= series.present[step]!;
  });
  for (const { accumulator, series } of groups.values()) emit({ ...series, values: accumulator.values() });
};

const quantiles = (
  evaluation: Evaluation,
  { body, grouping, parameter }: Aggregation,
  steps: Steps,
  emit: Emit<StepSeries>,
): void => {
  const wanted = evaluation.scalar(parameter!, steps);
  noteQuantiles(evaluation, wanted, parameter!.from);
  const grouper = grouperOf(grouping);
  const groups = new Map<string, { readonly labels: LabelSet; readonly members: StepSeries[] }>();
  evaluation.series(body, steps, series => {
    evaluation.budget.hold(steps.count);
    const key = grouper.keyOf(series.labels);
    const group = groups.get(key) ?? { labels: grouper.labelsOf(series.labels), members: [] };
    groups.set(key, group);
    group.members.push(series);
  });
  for (const { labels, members } of groups.values()) {
    const result = emptySeries(labels, steps.count);
    const gathered = new Float64Array(members.length);
    for (let step = 0; step < steps.count; step += 1) {
      let count = 0;
      for (const { values, present } of members) {
        if (present[step] === 0) continue;
        gathered[count] = values[step]!;
        count += 1;
      }
      if (count === 0) continue;
      result.values[step] = quantileOf(wanted[step]!, gathered.slice(0, count).sort());
      result.present[step] = 1;
    }
    emit(result);
  }
};

const countValues = (
  evaluation: Evaluation,
  { body, grouping, parameter }: Aggregation,
  steps: Steps,
  emit: Emit<StepSeries>,
): void => {
  const name = (bare(parameter!) as StringLiteral).value;
  if (name === '' || !name.isWellFormed()) throw new EvaluationError(`invalid label name ${JSON.stringify(name)}`);
  const grouper = grouperOf(grouping.without ? grouping : { ...grouping, labels: [...grouping.labels, name] });
  const counted = new Map<string, StepSeries>();
  evaluation.series(body, steps, ({ labels, values, present }) => {
    const ofValue = new Map<number, StepSeries>();
    for (let step = 0; step < steps.count; step += 1) {
      if (present[step] === 0) continue;
      const value = values[step]!;
      let result = ofValue.get(value);
      // A Map takes both noughts for one key; their texts differ.
      if (result === undefined || value === 0) {
        const group = grouper.labelsOf(labelSetOf([...labels, [name, writePlain(value)]]));
        const key = keyOf(group);
        result = counted.get(key);
        if (result === undefined) {
          evaluation.budget.hold(steps.count);
          result = emptySeries(group, steps.count);
          counted.set(key, result);
        }
        ofValue.set(value, result);
      }
      result.values[step]! += 1;
      result.present[step] = 1;
    }
  });
  for (const series of counted.values()) emit(series);
};
