import { keyOf, type LabelSet, labelOf, labelSetOf, pick } from '../../labels.ts';
import { type ArithmeticOp, type Binary, type ComparisonOp, isComparison, type Matching } from '../ast.ts';
import { writeLabels } from '../label-sets.ts';
import { withoutName } from '../naming.ts';
import { EvaluationError } from '../result.ts';
import { type Emit, emptySeries, isEmpty, type StepSeries, type Steps } from '../series.ts';
import { sameLabels } from '../union.ts';
import { arithmetic, comparing } from './arithmetic.ts';
import type { Evaluation } from './evaluation.ts';
import { type Grouper, matcherOf } from './group.ts';

/** The series of one group on the side that is one: which of them is there at each step, if any. */
type Side = { readonly series: StepSeries[]; readonly owner: Int32Array };

/** Two series of one group, on the side where there may be one. */
type Twice = { readonly first: LabelSet; readonly second: LabelSet };

/** The side of one: its groups, and at which steps one of them had two series. */
type Ones = { readonly sides: ReadonlyMap<string, Side>; readonly twice: ReadonlyMap<number, Twice> };

const absent = -1;

/** A result and the steps at which a pair made it, whether or not it was kept by a comparison. */
type Result = { readonly series: StepSeries; readonly matched: Uint8Array; readonly key: string };

/**
 * Arithmetic or a comparison of two vectors: series of one group meet, one on either side or many on the side that the
 * query names. Two on a side that may have one only make the query wrong at a step where the other side has any series.
 */
export const matchVectors = (
  evaluation: Evaluation,
  expr: Binary,
  op: ArithmeticOp | ComparisonOp,
  steps: Steps,
  emit: Emit<StepSeries>,
): void => {
  const { matching, returnBool } = expr;
  const matcher = matcherOf(matching);
  const manyIsRight = matching.many === 'right';
  const [oneExpr, manyExpr] = manyIsRight ? [expr.left, expr.right] : [expr.right, expr.left];
  const ones = onesOf(evaluation, oneExpr, matcher, steps);
  const labelsOf = resultLabels(matching, !isComparison(op) || returnBool);
  const results = new Results(evaluation, matching, steps);
  const manyAny = new Uint8Array(steps.count);
  const compute = isComparison(op) ? undefined : arithmetic[op];
  const holds = isComparison(op) ? comparing[op] : undefined;
  evaluation.series(manyExpr, steps, many => {
    for (let step = 0; step < steps.count; step += 1) manyAny[step]! |= many.present[step]!;
    const key = matcher.keyOf(many.labels);
    const side = ones.sides.get(key);
    if (side === undefined) return;
    let result: Result | undefined;
    let of = absent;
    for (let step = 0; step < steps.count; step += 1) {
      const owner = side.owner[step]!;
      if (many.present[step] === 0 || owner === absent) continue;
      const one = side.series[owner]!;
      if (result === undefined || of !== owner) {
        result = results.of(labelsOf(many.labels, one.labels), key);
        of = owner;
      }
      results.mark(result, key, step);
      const [left, right] = manyIsRight
        ? [one.values[step]!, many.values[step]!]
        : [many.values[step]!, one.values[step]!];
      if (compute !== undefined) result.series.values[step] = compute(left, right);
      else {
        const kept = holds!(left, right);
        if (!kept && !returnBool) continue;
        result.series.values[step] = returnBool ? (kept ? 1 : 0) : left;
      }
      result.series.present[step] = 1;
    }
  });
  refuseTwice(ones, manyAny, matching);
  results.emit(emit);
};

const onesOf = (evaluation: Evaluation, oneExpr: Binary['left'], matcher: Grouper, steps: Steps): Ones => {
  const sides = new Map<string, Side>();
  const twice = new Map<number, Twice>();
  evaluation.series(oneExpr, steps, series => {
    if (isEmpty(series)) return;
    evaluation.budget.hold(steps.count * 2);
    const key = matcher.keyOf(series.labels);
    const side = sides.get(key) ?? { series: [], owner: new Int32Array(steps.count).fill(absent) };
    sides.set(key, side);
    const own = side.series.push(series) - 1;
    for (let step = 0; step < steps.count; step += 1) {
      if (series.present[step] === 0) continue;
      const owner = side.owner[step]!;
      if (owner === absent) side.owner[step] = own;
      else if (!twice.has(step)) twice.set(step, { first: side.series[owner]!.labels, second: series.labels });
    }
  });
  return { sides, twice };
};

/** Refuses two series of a group on the side of one, at a step where the other side has any. */
const refuseTwice = ({ twice }: Ones, manyAny: Uint8Array, matching: Matching): void => {
  const step = manyAny.findIndex((any, at) => any === 1 && twice.has(at));
  const found = twice.get(step);
  if (found === undefined) return;
  const names = new Set(matching.labels);
  const group = pick(found.second, name => (matching.on ? names.has(name) : !names.has(name) && name !== '__name__'));
  const side = matching.many === 'right' ? 'left' : 'right';
  const both = [writeLabels(found.first), writeLabels(found.second)].sort();
  throw new EvaluationError(
    `found duplicate series for the match group ${writeLabels(group)} on the ${side} hand-side of the operation: [${both.join(', ')}]` +
      ';many-to-many matching not allowed: matching labels must be unique on one side',
  );
};

/** The labels of a pair (promql/engine.go, resultMetric). */
const resultLabels =
  ({ many, on, labels, include }: Matching, dropsName: boolean) =>
  (manyLabels: LabelSet, oneLabels: LabelSet): LabelSet => {
    const names = new Set(labels);
    const named = dropsName ? withoutName(manyLabels) : manyLabels;
    const kept = many === 'none' ? pick(named, name => names.has(name) === on) : named;
    if (include.length === 0) return kept;
    return labelSetOf([...kept, ...include.map(name => [name, labelOf(oneLabels, name)] as const)]);
  };

/** Results by their labels; refuses two at one step. */
class Results {
  readonly #evaluation: Evaluation;
  readonly #oneToOne: boolean;
  readonly #count: number;
  readonly #results = new Map<string, Result>();
  /** One to one: the steps at which a group has met already. */
  readonly #met = new Map<string, Uint8Array>();

  constructor(evaluation: Evaluation, { many }: Matching, { count }: Steps) {
    this.#evaluation = evaluation;
    this.#oneToOne = many === 'none';
    this.#count = count;
  }

  of(labels: LabelSet, group: string): Result {
    const key = keyOf(labels);
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    this.#evaluation.budget.hold(this.#count * 2);
    const result = { series: emptySeries(labels, this.#count), matched: new Uint8Array(this.#count), key: group };
    this.#results.set(key, result);
    return result;
  }

  mark(result: Result, group: string, step: number): void {
    if (this.#oneToOne) {
      const met = this.#met.get(group) ?? new Uint8Array(this.#count);
      if (met[step] === 1)
        throw new EvaluationError(
          'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
        );
      met[step] = 1;
      this.#met.set(group, met);
    }
    if (result.matched[step] === 1) {
      if (result.key === group && !this.#oneToOne)
        throw new EvaluationError('multiple matches for labels: grouping labels must ensure unique matches');
      if (result.series.present[step] === 1) throw new EvaluationError(sameLabels);
    }
    result.matched[step] = 1;
  }

  emit(emit: Emit<StepSeries>): void {
    for (const { series } of this.#results.values()) if (!isEmpty(series)) emit(series);
  }
}
