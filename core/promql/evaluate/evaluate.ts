import { noLabels } from '../../labels.ts';
import { type Binary, bare, type Expr, type Parens } from '../ast.ts';
import { Budget } from '../budget.ts';
import { typeOf } from '../check.ts';
import { compareLabels } from '../label-sets.ts';
import { mayClash, withoutName } from '../naming.ts';
import { Notes } from '../notes.ts';
import type { Plan, PlannedRead } from '../query.ts';
import type { Result } from '../result.ts';
import { type Emit, isEmpty, type Points, type SeriesColumns, type StepSeries, type Steps } from '../series.ts';
import { distinct } from '../union.ts';
import { aggregate } from './aggregate.ts';
import { combine } from './arithmetic.ts';
import { binary } from './binary.ts';
import { callFunction, callScalar } from './calls.ts';
import type { Evaluation } from './evaluation.ts';
import { selectSeries } from './select.ts';
import { pointsIn } from './windows.ts';

/**
 * Gives the series of a planned read, in the order of their labels, each once. It may make them one by one as they are
 * asked for, and may be asked for the same read again.
 */
export type SeriesSource = (read: PlannedRead) => Iterable<SeriesColumns>;

/** Answers a planned query from what was read for it. Throws an EvaluationError where it cannot be answered, or not in time. */
export const evaluate = (plan: Plan, source: SeriesSource, isOver?: () => boolean): Result => {
  const { query, reads } = plan;
  const notes = new Notes(query.text);
  const budget = new Budget(isOver);
  const counted = new Set<PlannedRead>();
  const evaluation: Evaluation = {
    query,
    notes,
    budget,
    read: selector => {
      const read = reads.get(selector);
      // A selector that nothing asks about at any instant was not planned.
      if (read === undefined) return [];
      const isFirst = !counted.has(read);
      counted.add(read);
      return isFirst ? countedBy(budget, source(read)) : source(read);
    },
    scalar: (expr, steps) => scalarOf(evaluation, bare(expr), steps),
    series: (expr, steps, emit) => seriesOf(evaluation, bare(expr), steps, emit),
    points: (range, steps, emit) => pointsIn(evaluation, range, steps, emit),
  };
  const value = resultOf(evaluation);
  return { value, warnings: notes.warnings, infos: notes.infos };
};

function* countedBy(budget: Budget, series: Iterable<SeriesColumns>): Iterable<SeriesColumns> {
  for (const each of series) {
    budget.read(each.timesMs.length);
    yield each;
  }
}

const resultOf = (evaluation: Evaluation): Result['value'] => {
  const { expr, steps } = evaluation.query;
  const found = bare(expr);
  const atMs = steps.startMs;
  const instant = evaluation.query.isInstant;
  if (found.kind === 'string') return { type: 'string', atMs, value: found.value };
  if (found.kind === 'range' || found.kind === 'subquery') {
    const series: Points[] = [];
    evaluation.points(found, steps, points => {
      evaluation.budget.hold(points.timesMs.length);
      if (points.timesMs.length > 0) series.push(points);
    });
    return { type: 'matrix', series: series.sort((a, b) => compareLabels(a.labels, b.labels)) };
  }
  if (typeOf(found) === 'scalar') {
    const values = evaluation.scalar(found, steps);
    if (instant) return { type: 'scalar', atMs, value: values[0]! };
    return {
      type: 'steps',
      steps,
      series: [{ labels: noLabels, values, present: new Uint8Array(values.length).fill(1) }],
    };
  }
  const series: StepSeries[] = [];
  evaluation.series(found, steps, each => {
    if (isEmpty(each)) return;
    evaluation.budget.hold(steps.count);
    series.push(each);
  });
  if (!instant) series.sort((a, b) => compareLabels(a.labels, b.labels));
  return instant
    ? { type: 'vector', atMs, series: series.map(({ labels, values }) => ({ labels, value: values[0]! })) }
    : { type: 'steps', steps, series };
};

type Bare = Exclude<Expr, Parens>;

const scalarOf = (evaluation: Evaluation, expr: Bare, steps: Steps): Float64Array => {
  switch (expr.kind) {
    case 'number':
      return new Float64Array(steps.count).fill(expr.value);
    case 'call':
      return callScalar(evaluation, expr, steps);
    case 'sign': {
      const values = evaluation.scalar(expr.body, steps);
      return expr.negative ? values.map(value => -value) : values;
    }
    case 'binary':
      return combined(evaluation, expr, steps);
    default:
      throw new Error(`no scalar: ${expr.kind}`);
  }
};

const combined = (evaluation: Evaluation, { op, left, right }: Binary, steps: Steps): Float64Array => {
  const of = combine(op as Parameters<typeof combine>[0]);
  const others = evaluation.scalar(right, steps);
  return evaluation.scalar(left, steps).map((value, step) => of(value, others[step]!));
};

const seriesOf = (evaluation: Evaluation, expr: Bare, steps: Steps, emit: Emit<StepSeries>): void => {
  switch (expr.kind) {
    case 'selector':
      selectSeries(evaluation, expr, steps, 'value', emit);
      break;
    case 'call':
      callFunction(evaluation, expr, steps, emit);
      break;
    case 'aggregation':
      aggregate(evaluation, expr, steps, emit);
      break;
    case 'binary':
      binary(evaluation, expr, steps, emit);
      break;
    case 'sign':
      if (expr.negative) negated(evaluation, expr.body, steps, emit);
      else evaluation.series(expr.body, steps, emit);
      break;
    default:
      throw new Error(`no vector: ${expr.kind}`);
  }
};

const negated = (evaluation: Evaluation, body: Expr, steps: Steps, emit: Emit<StepSeries>): void => {
  const { add, done } = distinct(mayClash(body), evaluation.budget, emit);
  evaluation.series(body, steps, series =>
    add({ ...series, labels: withoutName(series.labels), values: series.values.map(value => -value) }),
  );
  done();
};
