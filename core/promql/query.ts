import { limits } from '../limits.ts';
import type { Read } from '../reject.ts';
import { bare, type Expr, type Modifiers, type Subquery, type VectorSelector } from './ast.ts';
import { typeOf } from './check.ts';
import { readExpression } from './expression.ts';
import type { Matcher } from './matchers.ts';
import { EvaluationError } from './result.ts';
import { lastOf, type Steps } from './series.ts';

/** A question: an expression, and the instants it is asked about, which is one where it is an instant query. */
export type Query = {
  readonly text: string;
  readonly expr: Expr;
  readonly steps: Steps;
  /** What `@ end()` names: where the range asked for ends, be there a step or not. */
  readonly endMs: number;
  readonly isInstant: boolean;
  readonly lookbackMs: number;
  /**
   * Whether the older end of ranges and lookback is included, as it was before Prometheus 3: to be compared with that.
   * Times are whole milliseconds, so that including one is to begin one earlier.
   */
  readonly includesOlderEnd?: boolean;
};

/** What the older end is moved back by, itself being excluded. */
export const olderEndMs = ({ includesOlderEnd }: Query): number => (includesOlderEnd === true ? 1 : 0);

/**
 * What must be read for one selector: the samples in [fromMs, toMs], both included. The rest says how they are looked
 * at, so that coarser ones may do: `call` is the function right above the selector, '' where there is none, `rangeMs` its
 * window, 0 for the newest sample, and `stepMs` how far apart it looks, 0 for once.
 */
export type PlannedRead = {
  readonly matchers: readonly Matcher[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly rangeMs: number;
  readonly stepMs: number;
  readonly call: string;
};

export type Plan = { readonly query: Query; readonly reads: ReadonlyMap<VectorSelector, PlannedRead> };

/** The one instant a selector looks at whatever the step, where it has an @. */
export const fixedAt = ({ at, offsetMs }: Modifiers, { steps, endMs }: Query): number | undefined =>
  at === undefined ? undefined : (at === 'start' ? steps.startMs : at === 'end' ? endMs : at) - offsetMs;

/** The steps shifted to the instants that are looked at: by the offset, or all at one for @. */
export const lookedAt = (modifiers: Modifiers, steps: Steps, query: Query): Steps => {
  const fixed = fixedAt(modifiers, query);
  return fixed === undefined
    ? { ...steps, startMs: steps.startMs - modifiers.offsetMs }
    : { startMs: fixed, stepMs: 0, count: steps.count };
};

/**
 * The instants a subquery's body is evaluated at: multiples of its step since 1970 whatever the query's start, later
 * than the range before the first look, up to the last one.
 */
export const subquerySteps = (subquery: Subquery, steps: Steps, query: Query): Steps => {
  const looks = lookedAt(subquery, steps, query);
  const stepMs = subquery.stepMs ?? limits.subqueryStepMs;
  const afterMs = looks.startMs - subquery.rangeMs - olderEndMs(query);
  const startMs = (Math.floor(afterMs / stepMs) + 1) * stepMs;
  const count = Math.floor((lastOf(looks) - startMs) / stepMs) + 1;
  if (count > limits.subquerySteps)
    throw new EvaluationError(
      `a subquery has ${count} steps, the limit is ${limits.subquerySteps}: give it a longer step`,
    );
  return { startMs, stepMs, count };
};

/** What a query reads, selector by selector, from its expression alone. */
export const planOf = (query: Query): Plan => {
  const reads = new Map<VectorSelector, PlannedRead>();
  const read = (selector: VectorSelector, steps: Steps, rangeMs: number, call: string): void => {
    const looks = lookedAt(selector, steps, query);
    reads.set(selector, {
      matchers: selector.matchers,
      // The older end of a range or lookback is not included, as in Prometheus 3.
      fromMs: looks.startMs - (rangeMs || query.lookbackMs) + 1 - olderEndMs(query),
      toMs: lastOf(looks),
      rangeMs,
      stepMs: looks.count === 1 ? 0 : looks.stepMs,
      call,
    });
  };
  const walk = (expr: Expr, steps: Steps, call: string): void => {
    switch (expr.kind) {
      case 'number':
      case 'string':
        return;
      case 'selector':
        read(expr, steps, 0, call);
        return;
      case 'range':
        read(expr.selector, steps, expr.rangeMs, call);
        return;
      case 'subquery': {
        const inner = subquerySteps(expr, steps, query);
        if (inner.count > 0) walk(expr.body, inner, '');
        return;
      }
      case 'call':
        for (const arg of expr.args) walk(bare(arg), steps, expr.name);
        return;
      case 'aggregation':
        walk(expr.body, steps, '');
        if (expr.parameter !== undefined) walk(expr.parameter, steps, '');
        return;
      case 'binary':
        walk(expr.left, steps, '');
        walk(expr.right, steps, '');
        return;
      case 'parens':
      case 'sign':
        walk(expr.body, steps, '');
    }
  };
  walk(query.expr, query.steps, '');
  return { query, reads };
};

/** Reads an expression that is asked about these instants. A range is asked only of what has a value at each. */
export const readQuery = (
  text: string,
  asked: { readonly steps: Steps; readonly endMs: number; readonly isInstant: boolean },
  lookbackMs: number = limits.lookbackMs,
): Read<Query | undefined> => {
  if (text.length > limits.expressionChars) {
    const reason = `the query has ${text.length} characters, the limit is ${limits.expressionChars}`;
    return { value: undefined, rejects: [{ code: 'bad_data', reason }] };
  }
  const { value: expr, rejects } = readExpression(text);
  if (expr === undefined) return { value: undefined, rejects };
  const type = typeOf(expr);
  if (!asked.isInstant && (type === 'matrix' || type === 'string')) {
    const named = type === 'matrix' ? 'range vector' : type;
    const reason = `invalid expression type "${named}" for range query, must be Scalar or instant Vector`;
    return { value: undefined, rejects: [{ code: 'bad_data', reason }] };
  }
  return { value: { text, expr, lookbackMs, ...asked }, rejects: [] };
};
