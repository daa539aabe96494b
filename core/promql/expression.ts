import type { SyntaxNode } from '@lezer/common';
import { limits } from '../limits.ts';
import type { Read } from '../reject.ts';
import type { AggregateOp, Aggregation, BinaryOp, Expr, Matching } from './ast.ts';
import { checkExpression } from './check.ts';
import { childrenOf, firstIn, numberAt, stringAt } from './literals.ts';
import { ordered, type Piece } from './precedence.ts';
import { Refusal, reading } from './refusal.ts';
import { matchersAt, treeOf } from './selector.ts';

/** Reads an expression: its grammar, then its types, in Prometheus's words where something is wrong. */
export const readExpression = (text: string): Read<Expr | undefined> =>
  reading(text, () => {
    const expr = expressionAt(treeOf(text), text, 0);
    checkExpression(expr);
    return expr;
  });

/** The expression at a node. */
const expressionAt = (node: SyntaxNode, text: string, depth: number): Expr => {
  const pieces: Piece[] = [];
  collect(node, text, depth, pieces);
  return ordered(pieces, text);
};

const postfixes: ReadonlySet<string> = new Set([
  'OffsetExpr',
  'StepInvariantExpr',
  'MatrixSelector',
  'SubqueryExpr',
  'AnchoredExpr',
  'SmoothedExpr',
]);

/** The operands and operators under a node in the order of the text, whatever bound to what in the tree. */
const collect = (node: SyntaxNode, text: string, depth: number, into: Piece[]): void => {
  if (depth > limits.expressionDepth)
    throw new Refusal(node.from, `the expression is nested deeper than ${limits.expressionDepth} levels`);
  if (postfixes.has(node.name)) {
    collect(firstIn(node), text, depth + 1, into);
    into.push({ is: 'postfix', node });
  } else if (node.name === 'BinaryExpr') {
    const children = childrenOf(node);
    collect(children[0]!, text, depth + 1, into);
    into.push(operatorAt(node, children[1]!, text));
    collect(children.at(-1)!, text, depth + 1, into);
  } else if (node.name === 'UnaryExpr') {
    const [sign, body] = childrenOf(node);
    into.push({ is: 'sign', at: node.from, negative: text[sign!.from] === '-' });
    collect(body!, text, depth + 1, into);
  } else if (node.name === 'NumberDurationLiteral') {
    const signed = text[node.from] === '-' || text[node.from] === '+';
    if (signed) into.push({ is: 'sign', at: node.from, negative: text[node.from] === '-' });
    into.push({ is: 'operand', expr: { kind: 'number', from: node.from, value: numberAt(node, text) } });
  } else into.push({ is: 'operand', expr: operandAt(node, text, depth) });
};

const operatorAt = (node: SyntaxNode, op: SyntaxNode, text: string): Piece => {
  const written = text.slice(op.from, op.to).toLowerCase();
  if (written === '</' || written === '>/')
    throw new Refusal(op.from, `histogram trimming operators are not supported: ${written}`);
  if (childrenOf(node).some(({ name }) => name.startsWith('Fill')))
    throw new Refusal(node.from, 'binop fill modifiers are experimental and not enabled');
  return {
    is: 'operator',
    op: written as BinaryOp,
    at: op.from,
    returnBool: node.getChild('BoolModifier') !== null,
    matching: matchingAt(node, text),
  };
};

const matchingAt = (node: SyntaxNode, text: string): Matching => {
  const clause = node.getChild('MatchingModifierClause');
  if (clause === null) return { many: 'none', on: false, labels: [], include: [] };
  const [labels, include] = clause.getChildren('GroupingLabels');
  const many =
    clause.getChild('GroupLeft') !== null ? 'left' : clause.getChild('GroupRight') !== null ? 'right' : 'none';
  return {
    many,
    on: clause.getChild('On') !== null,
    labels: labels === undefined ? [] : labelsAt(labels, text),
    include: include === undefined ? [] : labelsAt(include, text),
  };
};

const labelsAt = (node: SyntaxNode, text: string): string[] =>
  childrenOf(node)
    .filter(({ name }) => name === 'LabelName' || name === 'QuotedLabelName')
    .map(child => (child.name === 'LabelName' ? text.slice(child.from, child.to) : stringAt(child.firstChild!, text)));

const operandAt = (node: SyntaxNode, text: string, depth: number): Expr => {
  const { from } = node;
  switch (node.name) {
    case 'StringLiteral':
      return { kind: 'string', from, value: stringAt(node, text) };
    case 'VectorSelector':
      return { kind: 'selector', from, matchers: matchersAt(node, text), offsetMs: 0 };
    case 'ParenExpr':
      return { kind: 'parens', from, body: expressionAt(firstIn(node), text, depth + 1) };
    case 'FunctionCall': {
      const name = node.getChild('FunctionIdentifier')!;
      return { kind: 'call', from, name: text.slice(name.from, name.to), args: argumentsAt(node, text, depth) };
    }
    case 'AggregateExpr':
      return aggregationAt(node, text, depth);
    default:
      throw new Error(`no expression: ${node.name}`);
  }
};

const argumentsAt = (node: SyntaxNode, text: string, depth: number): Expr[] =>
  childrenOf(node.getChild('FunctionCallBody')!).map(child => expressionAt(child, text, depth + 1));

const withParameter: ReadonlySet<string> = new Set(['topk', 'bottomk', 'quantile', 'count_values', 'limitk']);

const aggregationAt = (node: SyntaxNode, text: string, depth: number): Aggregation => {
  const { from } = node;
  const word = node.getChild('AggregateOp')!;
  const op = text.slice(word.from, word.to).toLowerCase() as AggregateOp | 'limit_ratio';
  if (op === 'limit_ratio')
    throw new Refusal(
      from,
      'limit_ratio() is experimental and must be enabled with --enable-feature=promql-experimental-functions',
    );
  const args = argumentsAt(node, text, depth);
  if (args.length === 0) throw new Refusal(from, 'no arguments for aggregate expression provided');
  const wanted = withParameter.has(op) ? 2 : 1;
  if (args.length !== wanted) {
    const reason = `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`;
    throw new Refusal(from, reason);
  }
  const modifier = node.getChild('AggregateModifier');
  const labels = modifier?.getChild('GroupingLabels');
  const grouping = {
    without: modifier !== null && modifier.getChild('Without') !== null,
    labels: labels == null ? [] : labelsAt(labels, text),
  };
  const body = args.at(-1)!;
  return { kind: 'aggregation', from, op, body, grouping, ...(wanted === 2 && { parameter: args[0]! }) };
};
