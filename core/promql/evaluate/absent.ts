import { type Label, type LabelSet, labelSetOf, metricNameLabel } from '../../labels.ts';
import { bare, type Call, type Expr } from '../ast.ts';
import type { Emit, StepSeries, Steps } from '../series.ts';
import type { Evaluation } from './evaluation.ts';
import { eachWindow, rangeOf } from './windows.ts';

/** The labels that what is absent would have had: those that the selector names once, by `=`. */
const labelsOf = (expr: Expr): LabelSet => {
  const found = bare(expr);
  const selector = found.kind === 'range' ? found.selector : found;
  if (selector.kind !== 'selector') return labelSetOf([]);
  const labels = new Map<string, string>();
  const seen = new Set<string>();
  for (const { name, op, value } of selector.matchers) {
    if (name === metricNameLabel) continue;
    if (op === '=' && !seen.has(name)) {
      labels.set(name, value);
      seen.add(name);
    } else labels.delete(name);
  }
  return labelSetOf(labels as Iterable<Label>);
};

/** 1 at each step that is not `there`. */
const emitAbsent = (there: Uint8Array, expr: Expr, emit: Emit<StepSeries>): void => {
  const present = there.map(is => 1 - is);
  if (present.includes(1)) emit({ labels: labelsOf(expr), values: new Float64Array(there.length).fill(1), present });
};

export const absentOf = (evaluation: Evaluation, { args }: Call, steps: Steps, emit: Emit<StepSeries>): void => {
  const there = new Uint8Array(steps.count);
  evaluation.series(args[0]!, steps, ({ present }) => {
    for (let step = 0; step < steps.count; step += 1) there[step]! |= present[step]!;
  });
  emitAbsent(there, args[0]!, emit);
};

export const absentOverTime = (evaluation: Evaluation, call: Call, steps: Steps, emit: Emit<StepSeries>): void => {
  const there = new Uint8Array(steps.count);
  const range = rangeOf(call);
  evaluation.points(range, steps, points => {
    eachWindow(evaluation, range, points, steps, (_, step) => {
      there[step] = 1;
    });
  });
  emitAbsent(there, call.args[0]!, emit);
};
