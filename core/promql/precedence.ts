import type { SyntaxNode } from '@lezer/common';
import type { BinaryOp, Expr, Matching, Modifiers } from './ast.ts';
import { durationAt, instantAt, offsetAt } from './literals.ts';
import { Refusal } from './refusal.ts';

/** A part of an expression, in the order of the text. */
export type Piece =
  | { readonly is: 'operand'; readonly expr: Expr }
  | { readonly is: 'sign'; readonly at: number; readonly negative: boolean }
  | { readonly is: 'postfix'; readonly node: SyntaxNode }
  | {
      readonly is: 'operator';
      readonly op: BinaryOp;
      readonly at: number;
      readonly returnBool: boolean;
      readonly matching: Matching;
    };

/** How strongly operators bind (promql/parser/generated_parser.y); `^` alone binds to the right. */
const strengths: Readonly<Record<BinaryOp, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '>': 3,
  '<=': 3,
  '>=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};

/**
 * The expression that these pieces are. The grammar package is made for editors: in its trees ranges, offsets and @ bind
 * weaker than operators, in Prometheus stronger. So its trees give the pieces, and what binds to what is decided here.
 */
export const ordered = (pieces: readonly Piece[], text: string): Expr => {
  let next = 0;
  const operand = (): Expr => {
    const piece = pieces[next]!;
    next += 1;
    if (piece.is === 'sign') {
      const body = binary(strengths['^']);
      if (body.kind === 'number') return { ...body, from: piece.at, value: piece.negative ? -body.value : body.value };
      return { kind: 'sign', from: piece.at, negative: piece.negative, body };
    }
    if (piece.is !== 'operand') throw new Error(`an operand was expected, found ${piece.is}`);
    let expr = piece.expr;
    for (let after = pieces[next]; after?.is === 'postfix'; after = pieces[next]) {
      next += 1;
      expr = modified(expr, after.node, text);
    }
    return expr;
  };
  const binary = (least: number): Expr => {
    let left = operand();
    for (let piece = pieces[next]; piece?.is === 'operator' && strengths[piece.op] >= least; piece = pieces[next]) {
      next += 1;
      const right = binary(strengths[piece.op] + (piece.op === '^' ? 0 : 1));
      const { op, at, returnBool, matching } = piece;
      left = { kind: 'binary', from: left.from, op, opAt: at, left, right, returnBool, matching };
    }
    return left;
  };
  return binary(0);
};

const modified = (expr: Expr, node: SyntaxNode, text: string): Expr => {
  switch (node.name) {
    case 'OffsetExpr':
      return changed(expr, 'offset', found => {
        if (found.offsetMs !== 0) throw new Refusal(expr.from, 'offset may not be set multiple times');
        return { offsetMs: offsetAt(node.getChild('OffsetDurationExpr')!, text) };
      });
    case 'StepInvariantExpr':
      return changed(expr, '@', found => {
        if (found.at !== undefined) throw new Refusal(expr.from, '@ <timestamp> may not be set multiple times');
        return { at: instantAt(node, text, expr.from) };
      });
    case 'MatrixSelector':
      return rangeOf(expr, durationAt(node.getChild('DurationExpr')!, text));
    case 'SubqueryExpr': {
      const [range, step] = node.getChildren('DurationExpr');
      const subquery = {
        kind: 'subquery',
        from: expr.from,
        body: expr,
        offsetMs: 0,
        rangeMs: durationAt(range!, text),
      } as const;
      return step === undefined ? subquery : { ...subquery, stepMs: durationAt(step, text) };
    }
    default: {
      const word = node.name === 'AnchoredExpr' ? 'anchored' : 'smoothed';
      throw new Refusal(expr.from, `${word} modifier is experimental and not enabled`);
    }
  }
};

const changed = (expr: Expr, modifier: string, change: (found: Modifiers) => Partial<Modifiers>): Expr => {
  if (expr.kind === 'selector' || expr.kind === 'subquery') return { ...expr, ...change(expr) };
  if (expr.kind === 'range') return { ...expr, selector: { ...expr.selector, ...change(expr.selector) } };
  const name = modifier === '@' ? '@ modifier' : 'offset modifier';
  throw new Refusal(
    expr.from,
    `${name} must be preceded by an instant vector selector or range vector selector or a subquery`,
  );
};

const rangeOf = (expr: Expr, rangeMs: number): Expr => {
  if (expr.kind !== 'selector') throw new Refusal(expr.from, 'ranges only allowed for vector selectors');
  if (expr.offsetMs !== 0) throw new Refusal(expr.from, 'no offset modifiers allowed before range');
  if (expr.at !== undefined) throw new Refusal(expr.from, 'no @ modifiers allowed before range');
  return { kind: 'range', from: expr.from, selector: expr, rangeMs };
};
