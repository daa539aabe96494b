import { type ArithmeticOp, type Binary, type ComparisonOp, isComparison, isSetOp } from '../ast.ts';
import { typeOf } from '../check.ts';
import { mayClash, withoutName } from '../naming.ts';
import { type Emit, isEmpty, type StepSeries, type Steps } from '../series.ts';
import { distinct } from '../union.ts';
import { arithmetic, comparing } from './arithmetic.ts';
import type { Evaluation } from './evaluation.ts';
import { matchVectors } from './matching.ts';
import { combineSets } from './sets.ts';

/** A binary operation of which one side at least is a vector. */
export const binary = (evaluation: Evaluation, expr: Binary, steps: Steps, emit: Emit<StepSeries>): void => {
  const { left, right, op } = expr;
  if (isSetOp(op)) combineSets(evaluation, expr, op, steps, emit);
  else if (typeOf(left) === 'vector' && typeOf(right) === 'vector') matchVectors(evaluation, expr, op, steps, emit);
  else withScalar(evaluation, expr, op, steps, emit);
};

/** Each series with a number: computed, or kept where the comparison holds. */
const withScalar = (
  evaluation: Evaluation,
  { left, right, returnBool }: Binary,
  op: ArithmeticOp | ComparisonOp,
  steps: Steps,
  emit: Emit<StepSeries>,
): void => {
  const swapped = typeOf(left) === 'scalar';
  const vector = swapped ? right : left;
  const scalars = evaluation.scalar(swapped ? left : right, steps);
  const dropsName = !isComparison(op) || returnBool;
  const { add, done } = distinct(dropsName && mayClash(vector), evaluation.budget, emit);
  evaluation.series(vector, steps, series => {
    const { values, present } = series;
    if (isComparison(op)) {
      const holds = comparing[op];
      for (let step = 0; step < values.length; step += 1) {
        if (present[step] === 0) continue;
        const [value, scalar] = [values[step]!, scalars[step]!];
        const kept = swapped ? holds(scalar, value) : holds(value, scalar);
        if (returnBool) values[step] = kept ? 1 : 0;
        else if (!kept) present[step] = 0;
      }
    } else {
      const compute = arithmetic[op];
      for (let step = 0; step < values.length; step += 1) {
        if (present[step] === 0) continue;
        values[step] = swapped ? compute(scalars[step]!, values[step]!) : compute(values[step]!, scalars[step]!);
      }
    }
    if (isEmpty(series)) return;
    add(dropsName ? { ...series, labels: withoutName(series.labels) } : series);
  });
  done();
};
