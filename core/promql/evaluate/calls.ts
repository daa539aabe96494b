import { labelSetOf } from '../../labels.ts';
import { bare, type Call, type Expr } from '../ast.ts';
import { mayClash, withoutName } from '../naming.ts';
import { type Emit, emptySeries, fullSeries, isEmpty, type StepSeries, type Steps, timeAt } from '../series.ts';
import { distinct } from '../union.ts';
import { absentOf, absentOverTime } from './absent.ts';
import { larger, smaller } from './arithmetic.ts';
import type { Evaluation } from './evaluation.ts';
import { histogramFraction, histogramQuantile, noteQuantiles } from './histograms.ts';
import { ofNumber, ofTime } from './maths.ts';
import { overTimeFunctions } from './over-time.ts';
import { noteRates } from './rate-notes.ts';
import { rateFunctions } from './rates.ts';
import { labelJoin, labelReplace } from './relabel.ts';
import { selectSeries } from './select.ts';
import { sortByLabels, sortByValue } from './sort.ts';
import { overWindows, type RangeFunction } from './windows.ts';

type VectorFunction = (evaluation: Evaluation, call: Call, steps: Steps, emit: Emit<StepSeries>) => void;

/** Values computed one by one; what comes out is another metric. */
const mapped =
  (
    prepare: (evaluation: Evaluation, call: Call, steps: Steps) => (value: number, step: number) => number,
  ): VectorFunction =>
  (evaluation, call, steps, emit) =>
    renamed(evaluation, call.args[0]!, steps, emit, prepare(evaluation, call, steps));

const renamed = (
  evaluation: Evaluation,
  arg: Expr,
  steps: Steps,
  emit: Emit<StepSeries>,
  of: (value: number, step: number) => number,
): void => {
  const { add, done } = distinct(mayClash(arg), evaluation.budget, emit);
  evaluation.series(arg, steps, series => {
    if (isEmpty(series)) return;
    const { values, present } = series;
    for (let step = 0; step < values.length; step += 1) if (present[step] === 1) values[step] = of(values[step]!, step);
    add({ ...series, labels: withoutName(series.labels) });
  });
  done();
};

const noLabels = labelSetOf([]);

/** Of the series given, or of the time of each step where none is. */
const dated =
  (of: (value: number) => number): VectorFunction =>
  (evaluation, call, steps, emit) => {
    const [arg] = call.args;
    if (arg !== undefined) return renamed(evaluation, arg, steps, emit, of);
    emit(
      fullSeries(
        noLabels,
        Float64Array.from({ length: steps.count }, (_, step) => of(Math.trunc(timeAt(steps, step) / 1_000))),
      ),
    );
  };

/** When the sample was, where the argument is a selector; the step's time for all else. */
const timestamp: VectorFunction = (evaluation, call, steps, emit) => {
  const arg = bare(call.args[0]!);
  if (arg.kind !== 'selector') return renamed(evaluation, arg, steps, emit, (_, step) => timeAt(steps, step) / 1_000);
  const { add, done } = distinct(mayClash(arg), evaluation.budget, emit);
  selectSeries(evaluation, arg, steps, 'time', series => add({ ...series, labels: withoutName(series.labels) }));
  done();
};

const clamped: VectorFunction = (evaluation, call, steps, emit) => {
  const [vector, first, second] = call.args;
  const bound = evaluation.scalar(first!, steps);
  const endless = (value: number): Float64Array => new Float64Array(steps.count).fill(value);
  const least = call.name === 'clamp_max' ? endless(Number.NEGATIVE_INFINITY) : bound;
  const most =
    call.name === 'clamp' ? evaluation.scalar(second!, steps) : call.name === 'clamp_max' ? bound : endless(Infinity);
  const { add, done } = distinct(mayClash(vector!), evaluation.budget, emit);
  evaluation.series(vector!, steps, series => {
    const { values, present } = series;
    for (let step = 0; step < values.length; step += 1) {
      if (most[step]! < least[step]!) present[step] = 0;
      else values[step] = larger(least[step]!, smaller(most[step]!, values[step]!));
    }
    if (!isEmpty(series)) add({ ...series, labels: withoutName(series.labels) });
  });
  done();
};

/** To the nearest multiple, halves upward. */
const rounded = mapped((evaluation, { args }, steps) => {
  const nearest = args[1] === undefined ? undefined : evaluation.scalar(args[1], steps);
  // Inverted as in Prometheus: fewer multiples are missed by rounding.
  return (value, step) => {
    const inverse = 1 / (nearest === undefined ? 1 : nearest[step]!);
    return Math.floor(value * inverse + 0.5) / inverse;
  };
});

const ranges: Readonly<Record<string, RangeFunction>> = { ...rateFunctions, ...overTimeFunctions };

const overRange: VectorFunction = (evaluation, call, steps, emit) => {
  if (call.name === 'quantile_over_time')
    noteQuantiles(evaluation, evaluation.scalar(call.args[0]!, steps), call.args[0]!.from);
  const notes = noteRates(evaluation, call);
  overWindows(evaluation, call, ranges[call.name]!, steps, emit, notes);
};

const functions: ReadonlyMap<string, VectorFunction> = new Map([
  ...Object.entries(ofNumber).map(([name, of]): [string, VectorFunction] => [name, mapped(() => of)]),
  ...Object.entries(ofTime).map(([name, of]): [string, VectorFunction] => [name, dated(of)]),
  ...Object.keys(ranges).map((name): [string, VectorFunction] => [name, overRange]),
  ...['clamp', 'clamp_min', 'clamp_max'].map((name): [string, VectorFunction] => [name, clamped]),
  ...['sort', 'sort_desc'].map((name): [string, VectorFunction] => [name, sortByValue]),
  ...['sort_by_label', 'sort_by_label_desc'].map((name): [string, VectorFunction] => [name, sortByLabels]),
  // No stored sample is a native histogram, and these give something for those alone.
  ...['avg', 'count', 'stddev', 'stdvar', 'sum'].map((of): [string, VectorFunction] => [
    `histogram_${of}`,
    (evaluation, call, steps) => evaluation.series(call.args[0]!, steps, () => {}),
  ]),
  ['round', rounded],
  ['timestamp', timestamp],
  ['absent', absentOf],
  ['absent_over_time', absentOverTime],
  ['histogram_quantile', histogramQuantile],
  ['histogram_fraction', histogramFraction],
  ['label_replace', labelReplace],
  ['label_join', labelJoin],
  ['vector', (evaluation, call, steps, emit) => emit(fullSeries(noLabels, evaluation.scalar(call.args[0]!, steps)))],
]);

/** A call that gives a vector. */
export const callFunction = (evaluation: Evaluation, call: Call, steps: Steps, emit: Emit<StepSeries>): void => {
  const found = functions.get(call.name);
  if (found === undefined) throw new Error(`no such function: ${call.name}`);
  found(evaluation, call, steps, emit);
};

/** A call that gives a scalar. */
export const callScalar = (evaluation: Evaluation, call: Call, steps: Steps): Float64Array => {
  const { count } = steps;
  if (call.name === 'time') return Float64Array.from({ length: count }, (_, step) => timeAt(steps, step) / 1_000);
  if (call.name === 'pi') return new Float64Array(count).fill(Math.PI);
  // scalar(): the value of the only series; NaN where there is none or are several.
  const { values, present } = emptySeries(noLabels, count);
  evaluation.series(call.args[0]!, steps, series => {
    for (let step = 0; step < count; step += 1) {
      if (series.present[step] === 0) continue;
      values[step] = present[step] === 0 ? series.values[step]! : Number.NaN;
      present[step] = 1;
    }
  });
  for (let step = 0; step < count; step += 1) if (present[step] === 0) values[step] = Number.NaN;
  return values;
};
