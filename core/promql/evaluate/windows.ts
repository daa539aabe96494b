import { keyOf } from '../../labels.ts';
import { bare, type Call, type MatrixSelector, type Subquery } from '../ast.ts';
import { mayClash, withoutName } from '../naming.ts';
import { fixedAt, lookedAt, olderEndMs, subquerySteps } from '../query.ts';
import { EvaluationError } from '../result.ts';
import { type Emit, emptySeries, type Points, type StepSeries, type Steps, timeAt, timesOf } from '../series.ts';
import { sameLabels } from '../union.ts';
import type { Evaluation } from './evaluation.ts';
import { overRolled } from './rolled.ts';
import { pointsOf } from './select.ts';

/** Samples [first, end) of a series: those in (startMs, endMs], seen from the step at `atMs`. There is at least one. */
type Window = {
  first: number;
  end: number;
  startMs: number;
  endMs: number;
  atMs: number;
  readonly rangeMs: number;
};

/** What a function makes of a window, given its scalar arguments at that step; undefined where it makes nothing. */
export type OfWindow = (window: Window, args: readonly number[]) => number | undefined;

/** A function over ranges: first it is given a series, then its windows, none of which begins or ends before the last. */
export type RangeFunction = (points: Points) => OfWindow;

/** How much more than a comparison some functions take for each sample: those sort, these keep what rounding takes. */
const weights: ReadonlyMap<string, number> = new Map([
  ['quantile_over_time', 20],
  ['mad_over_time', 40],
  ['stddev_over_time', 4],
  ['stdvar_over_time', 4],
  ['deriv', 4],
  ['predict_linear', 4],
]);

/** Functions after which a series is still the same metric. */
const keepsName: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time']);

export const rangeOf = (call: Call): MatrixSelector | Subquery => {
  for (const arg of call.args) {
    const found = bare(arg);
    if (found.kind === 'range' || found.kind === 'subquery') return found;
  }
  throw new Error(`${call.name} has no range`);
};

/** The function at every step over every series; `note` sees each series that it gave something for. */
export const overWindows = (
  evaluation: Evaluation,
  call: Call,
  ofSeries: RangeFunction,
  steps: Steps,
  emit: Emit<StepSeries>,
  note: (points: Points) => void = () => {},
): void => {
  const range = rangeOf(call);
  const scalars = call.args.filter(arg => bare(arg) !== range).map(arg => evaluation.scalar(arg, steps));
  // With an @ every step has the same window: one look does for all, unless the function asks when it is asked.
  const fixed = fixedAt(range.kind === 'range' ? range.selector : range, evaluation.query) !== undefined;
  const once =
    fixed &&
    call.name !== 'predict_linear' &&
    scalars.every(values => values.every(value => Object.is(value, values[0])));
  const asked = once ? { ...steps, count: 1 } : steps;
  const seen = mayClash(range) ? new Set<string>() : undefined;
  evaluation.points(range, steps, points => {
    const labels = keepsName.has(call.name) ? points.labels : withoutName(points.labels);
    let found: StepSeries | undefined;
    const args: number[] = new Array(scalars.length).fill(0);
    const ofWindow = points.rolled === undefined ? ofSeries(points) : overRolled(call.name, points.rolled);
    eachWindow(
      evaluation,
      range,
      points,
      asked,
      (window, step) => {
        for (let at = 0; at < args.length; at += 1) args[at] = scalars[at]![step]!;
        const value = ofWindow(window, args);
        if (value === undefined) return;
        found ??= emptySeries(labels, steps.count);
        found.values[step] = value;
        found.present[step] = 1;
      },
      weights.get(call.name),
    );
    if (found === undefined) return;
    if (once) {
      found.values.fill(found.values[0]!);
      found.present.fill(1);
    }
    note(points);
    if (seen !== undefined) {
      const key = keyOf(labels);
      if (seen.has(key)) throw new EvaluationError(sameLabels);
      seen.add(key);
    }
    emit(found);
  });
};

/** Calls `visit` with the window of each step in which the series has a sample. The window is the same object each time. */
export const eachWindow = (
  evaluation: Evaluation,
  range: MatrixSelector | Subquery,
  { timesMs }: Points,
  steps: Steps,
  visit: (window: Window, step: number) => void,
  weight = 1,
): void => {
  const { rangeMs } = range;
  const looks = lookedAt(range.kind === 'range' ? range.selector : range, steps, evaluation.query);
  const window: Window = { first: 0, end: 0, startMs: 0, endMs: 0, atMs: 0, rangeMs };
  const older = olderEndMs(evaluation.query);
  let visited = steps.count;
  for (let step = 0; step < steps.count; step += 1) {
    const endMs = timeAt(looks, step);
    const startMs = endMs - rangeMs;
    while (window.first < timesMs.length && timesMs[window.first]! <= startMs - older) window.first += 1;
    if (window.end < window.first) window.end = window.first;
    while (window.end < timesMs.length && timesMs[window.end]! <= endMs) window.end += 1;
    if (window.end === window.first) continue;
    visited += window.end - window.first;
    window.startMs = startMs;
    window.endMs = endMs;
    window.atMs = timeAt(steps, step);
    visit(window, step);
  }
  evaluation.budget.visit(visited * weight);
};

/** The samples of a range selector, or of a subquery the values its body has at its own steps. */
export const pointsIn = (
  evaluation: Evaluation,
  range: MatrixSelector | Subquery,
  steps: Steps,
  emit: Emit<Points>,
): void => {
  if (range.kind === 'range') {
    for (const columns of evaluation.read(range.selector)) emit(pointsOf(columns));
    return;
  }
  const inner = subquerySteps(range, steps, evaluation.query);
  if (inner.count < 1) return;
  const timesMs = timesOf(inner);
  evaluation.series(range.body, inner, ({ labels, values, present }) => {
    if (!present.includes(0)) return emit({ labels, timesMs, values });
    const kept: number[] = [];
    for (let at = 0; at < present.length; at += 1) if (present[at] === 1) kept.push(at);
    emit({
      labels,
      timesMs: Float64Array.from(kept, at => timesMs[at]!),
      values: Float64Array.from(kept, at => values[at]!),
    });
  });
};
