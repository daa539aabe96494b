import type { Matcher } from './matchers.ts';

/** What an expression gives: one number, one text, numbers by series, or samples of a range by series. */
export type ValueType = 'scalar' | 'string' | 'vector' | 'matrix';

/** Where in the text an expression begins: a character, counted from 0. */
type Placed = { readonly from: number };

/** When a selector or subquery looks, seen from the instant it is asked about: at `@` if given, then `offsetMs` earlier. */
export type Modifiers = { readonly offsetMs: number; readonly at?: number | 'start' | 'end' };

type NumberLiteral = Placed & { readonly kind: 'number'; readonly value: number };
export type StringLiteral = Placed & { readonly kind: 'string'; readonly value: string };
export type VectorSelector = Placed & Modifiers & { readonly kind: 'selector'; readonly matchers: readonly Matcher[] };
export type MatrixSelector = Placed & {
  readonly kind: 'range';
  readonly selector: VectorSelector;
  readonly rangeMs: number;
};
/** `stepMs` is absent where the text leaves it open. */
export type Subquery = Placed &
  Modifiers & { readonly kind: 'subquery'; readonly body: Expr; readonly rangeMs: number; readonly stepMs?: number };
export type Call = Placed & { readonly kind: 'call'; readonly name: string; readonly args: readonly Expr[] };
export type Parens = Placed & { readonly kind: 'parens'; readonly body: Expr };
type Negation = Placed & { readonly kind: 'sign'; readonly negative: boolean; readonly body: Expr };

export type AggregateOp =
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'count'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'quantile'
  | 'count_values'
  | 'limitk';

/** The labels that series are grouped by, or without. */
export type Grouping = { readonly without: boolean; readonly labels: readonly string[] };
export type Aggregation = Placed & {
  readonly kind: 'aggregation';
  readonly op: AggregateOp;
  readonly body: Expr;
  readonly parameter?: Expr;
  readonly grouping: Grouping;
};

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOp = '==' | '!=' | '>' | '<' | '>=' | '<=';
export type SetOp = 'and' | 'or' | 'unless';
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp;

/** Which series of two vectors belong together, and whether one on either side may meet many on the other. */
export type Matching = {
  readonly many: 'none' | 'left' | 'right';
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Labels taken over from the side that is one. */
  readonly include: readonly string[];
};
export type Binary = Placed & {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly opAt: number;
  readonly left: Expr;
  readonly right: Expr;
  readonly returnBool: boolean;
  readonly matching: Matching;
};

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Parens
  | Negation
  | Aggregation
  | Binary;

const comparisons: ReadonlySet<string> = new Set<ComparisonOp>(['==', '!=', '>', '<', '>=', '<=']);
const sets: ReadonlySet<string> = new Set<SetOp>(['and', 'or', 'unless']);

export const isComparison = (op: BinaryOp): op is ComparisonOp => comparisons.has(op);
export const isSetOp = (op: BinaryOp): op is SetOp => sets.has(op);

/** The expression inside any parentheses around it. */
export const bare = (expr: Expr): Exclude<Expr, Parens> => (expr.kind === 'parens' ? bare(expr.body) : expr);
