import type { Binary, Expr, SetOp } from '../ast.ts';
import type { Budget } from '../budget.ts';
import { type Emit, isEmpty, type StepSeries, type Steps } from '../series.ts';
import { Union } from '../union.ts';
import type { Evaluation } from './evaluation.ts';
import { type Grouper, matcherOf } from './group.ts';

/** At which steps a group had any series. */
type Presence = Map<string, Uint8Array>;

const note = (presence: Presence, key: string, { present }: StepSeries, budget: Budget): void => {
  const known = presence.get(key);
  if (known === undefined) {
    budget.hold(present.length / 8);
    presence.set(key, present.slice());
  } else for (let step = 0; step < present.length; step += 1) known[step]! |= present[step]!;
};

/** and, or, unless: by what groups the other side has, step by step. Values come from the side they are taken of. */
export const combineSets = (
  evaluation: Evaluation,
  { left, right, matching }: Binary,
  op: SetOp,
  steps: Steps,
  emit: Emit<StepSeries>,
): void => {
  const matcher = matcherOf(matching);
  if (op === 'or') {
    either(evaluation, left, right, matcher, steps, emit);
    return;
  }
  const presence = presenceOf(evaluation, right, matcher, steps);
  const wanted = op === 'and' ? 1 : 0;
  evaluation.series(left, steps, series => {
    const other = presence.get(matcher.keyOf(series.labels));
    const { present } = series;
    for (let step = 0; step < present.length; step += 1) if ((other?.[step] ?? 0) !== wanted) present[step] = 0;
    if (!isEmpty(series)) emit(series);
  });
};

const presenceOf = (evaluation: Evaluation, expr: Expr, matcher: Grouper, steps: Steps): Presence => {
  const presence: Presence = new Map();
  evaluation.series(expr, steps, series => note(presence, matcher.keyOf(series.labels), series, evaluation.budget));
  return presence;
};

const either = (
  evaluation: Evaluation,
  left: Expr,
  right: Expr,
  matcher: Grouper,
  steps: Steps,
  emit: Emit<StepSeries>,
): void => {
  const union = new Union(evaluation.budget);
  const presence: Presence = new Map();
  evaluation.series(left, steps, series => {
    note(presence, matcher.keyOf(series.labels), series, evaluation.budget);
    union.add(series);
  });
  evaluation.series(right, steps, series => {
    const other = presence.get(matcher.keyOf(series.labels));
    const { present } = series;
    if (other !== undefined)
      for (let step = 0; step < present.length; step += 1) if (other[step] === 1) present[step] = 0;
    union.add(series);
  });
  union.emit(emit);
};
