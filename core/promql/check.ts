import { type Aggregation, type Binary, type Call, type Expr, isComparison, isSetOp, type ValueType } from './ast.ts';
import { asksForSomething } from './matchers.ts';
import { Refusal } from './refusal.ts';
import { signatures } from './signatures.ts';

/** What an expression of good types gives. */
export const typeOf = (expr: Expr): ValueType => {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'range':
    case 'subquery':
      return 'matrix';
    case 'selector':
    case 'aggregation':
      return 'vector';
    case 'call':
      return signatures.get(expr.name)?.gives ?? 'vector';
    case 'parens':
    case 'sign':
      return typeOf(expr.body);
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector';
  }
};

/** What the documentation calls each type. */
const named: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  string: 'string',
  vector: 'instant vector',
  matrix: 'range vector',
};

/** Refuses the first thing whose type does not fit (promql/parser/parse.go, checkAST). Gives the type of the whole. */
export const checkExpression = (expr: Expr): ValueType => {
  switch (expr.kind) {
    case 'number':
    case 'string':
      break;
    case 'selector':
      if (!asksForSomething(expr.matchers))
        throw new Refusal(expr.from, 'vector selector must contain at least one non-empty matcher');
      break;
    case 'range':
      checkExpression(expr.selector);
      break;
    case 'subquery': {
      const found = checkExpression(expr.body);
      if (found !== 'vector')
        throw new Refusal(expr.from, `subquery is only allowed on instant vector, got ${found} instead`);
      break;
    }
    case 'parens':
      checkExpression(expr.body);
      break;
    case 'sign': {
      const found = checkExpression(expr.body);
      if (found === 'scalar' || found === 'vector') break;
      const got = JSON.stringify(named[found]);
      throw new Refusal(
        expr.from,
        `unary expression only allowed on expressions of type scalar or instant vector, got ${got}`,
      );
    }
    case 'call':
      checkCall(expr);
      break;
    case 'aggregation':
      checkAggregation(expr);
      break;
    case 'binary':
      checkBinary(expr);
  }
  return typeOf(expr);
};

const expect = (expr: Expr, wanted: ValueType, context: string, at: number): void => {
  const found = checkExpression(expr);
  if (found !== wanted) throw new Refusal(at, `expected type ${named[wanted]} in ${context}, got ${named[found]}`);
};

const checkCall = ({ name, args, from }: Call): void => {
  const signature = signatures.get(name);
  const quoted = JSON.stringify(name);
  if (signature === undefined) throw new Refusal(from, `function ${quoted} is not enabled`);
  const { args: wanted, variadic } = signature;
  if (variadic === 0 && args.length !== wanted.length)
    throw new Refusal(from, `expected ${wanted.length} argument(s) in call to ${quoted}, got ${args.length}`);
  const least = wanted.length - 1;
  if (variadic !== 0 && args.length < least)
    throw new Refusal(from, `expected at least ${least} argument(s) in call to ${quoted}, got ${args.length}`);
  if (variadic !== 0 && args.length > least + variadic)
    throw new Refusal(
      from,
      `expected at most ${least + variadic} argument(s) in call to ${quoted}, got ${args.length}`,
    );
  for (const [at, arg] of args.entries())
    expect(arg, wanted[Math.min(at, wanted.length - 1)]!, `call to function ${quoted}`, arg.from);
};

const checkAggregation = ({ op, body, parameter }: Aggregation): void => {
  expect(body, 'vector', 'aggregation expression', body.from);
  if (parameter !== undefined)
    expect(parameter, op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter', parameter.from);
};

const checkBinary = ({ op, opAt, left, right, returnBool, matching, from }: Binary): void => {
  const [leftType, rightType] = [checkExpression(left), checkExpression(right)];
  if (returnBool && !isComparison(op))
    throw new Refusal(opAt, 'bool modifier can only be used on comparison operators');
  if (isComparison(op) && !returnBool && leftType === 'scalar' && rightType === 'scalar')
    throw new Refusal(opAt, 'comparisons between scalars must use BOOL modifier');
  const both = matching.on ? matching.labels.find(label => matching.include.includes(label)) : undefined;
  if (both !== undefined)
    throw new Refusal(opAt, `label ${JSON.stringify(both)} must not occur in ON and GROUP clause at once`);
  for (const [side, type] of [
    [left, leftType],
    [right, rightType],
  ] as const) {
    if (type !== 'scalar' && type !== 'vector')
      throw new Refusal(side.from, 'binary expression must contain only scalar and instant vector types');
  }
  const vectors = leftType === 'vector' && rightType === 'vector';
  if (!vectors && matching.labels.length > 0)
    throw new Refusal(from, 'vector matching only allowed between instant vectors');
  if (!isSetOp(op)) return;
  const quoted = JSON.stringify(op);
  if (vectors && matching.many !== 'none') throw new Refusal(from, `no grouping allowed for ${quoted} operation`);
  if (!vectors) throw new Refusal(from, `set operator ${quoted} not allowed in binary scalar expression`);
};
