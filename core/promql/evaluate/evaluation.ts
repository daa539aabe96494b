import type { Expr, MatrixSelector, Subquery, VectorSelector } from '../ast.ts';
import type { Budget } from '../budget.ts';
import type { Notes } from '../notes.ts';
import type { Query } from '../query.ts';
import type { Emit, Points, SeriesColumns, StepSeries, Steps } from '../series.ts';

/**
 * One evaluation under way. Series are handed on one by one, so that a sum over a hundred thousand of them holds one and
 * the sums. They come in the order of their labels where the expression says no other.
 */
export type Evaluation = {
  readonly query: Query;
  readonly notes: Notes;
  readonly budget: Budget;
  /** The samples planned for a selector. */
  read(selector: VectorSelector): Iterable<SeriesColumns>;
  /** A scalar expression's value at each step. The caller may write into it. */
  scalar(expr: Expr, steps: Steps): Float64Array;
  /** The series of a vector expression; some may have no value at any step. */
  series(expr: Expr, steps: Steps, emit: Emit<StepSeries>): void;
  /** The samples of all windows of a range expression. */
  points(expr: MatrixSelector | Subquery, steps: Steps, emit: Emit<Points>): void;
};
