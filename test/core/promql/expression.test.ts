import { describe, expect, test } from 'vitest';
import { expressionError } from '../../../core/promql/answer.ts';
import type { Expr } from '../../../core/promql/ast.ts';
import { readExpression } from '../../../core/promql/expression.ts';
import { readQuery } from '../../../core/promql/query.ts';

/** An expression with all parentheses that its structure asks for. */
const shown = (expr: Expr): string => {
  switch (expr.kind) {
    case 'number':
      return String(expr.value);
    case 'string':
      return JSON.stringify(expr.value);
    case 'selector':
      return `${expr.matchers.map(({ value }) => value).join()}${modified(expr)}`;
    case 'range':
      return `${shown(expr.selector)}[${expr.rangeMs / 1_000}]`;
    case 'subquery':
      return `${shown(expr.body)}[${expr.rangeMs / 1_000}:${(expr.stepMs ?? 0) / 1_000}]${modified(expr)}`;
    case 'call':
      return `${expr.name}(${expr.args.map(shown).join(', ')})`;
    case 'parens':
      return shown(expr.body);
    case 'sign':
      return `(${expr.negative ? '-' : '+'}${shown(expr.body)})`;
    case 'aggregation': {
      const { without, labels } = expr.grouping;
      return `${expr.op} ${without ? 'without' : 'by'}(${labels})(${expr.parameter ? `${shown(expr.parameter)}, ` : ''}${shown(expr.body)})`;
    }
    case 'binary': {
      const { many, on, labels, include } = expr.matching;
      const matching =
        labels.length > 0 || on || many !== 'none' ? ` ${on ? 'on' : 'ignoring'}(${labels}) ${many}(${include})` : '';
      return `(${shown(expr.left)} ${expr.op}${expr.returnBool ? ' bool' : ''}${matching} ${shown(expr.right)})`;
    }
  }
};
const modified = ({ offsetMs, at }: { offsetMs: number; at?: number | string }): string =>
  `${offsetMs === 0 ? '' : `-${offsetMs / 1_000}s`}${at === undefined ? '' : `@${at}`}`;

test.each([
  ['1 + 2 * 3', '(1 + (2 * 3))'],
  ['1 - 2 - 3', '((1 - 2) - 3)'],
  ['2 ^ 3 ^ 2', '(2 ^ (3 ^ 2))'],
  ['-2 ^ 2', '(-(2 ^ 2))'],
  ['-1 * 2', '(-1 * 2)'],
  ['2 ^ -3 * 4', '((2 ^ -3) * 4)'],
  ['2 -1', '(2 - 1)'],
  ['- -a', '(-(-a))'],
  ['a or b and c unless d', '(a or ((b and c) unless d))'],
  ['a == bool b + 1', '(a == bool (b + 1))'],
  ['a > b > c', '((a > b) > c)'],
  ['1 ATAN2 2', '(1 atan2 2)'],
  // What stands behind an operand belongs to it alone.
  ['a + b offset 1m', '(a + b-60s)'],
  ['a + b offset 1m * c', '(a + (b-60s * c))'],
  ['a offset 1m + b @ 5 - c', '((a-60s + b@5000) - c)'],
  ['-a offset 1m', '(-a-60s)'],
  ['rate(a[5m]) + b offset 1h', '(rate(a[300]) + b-3600s)'],
  ['a * on(x) group_left(y) b offset 1m', '(a * on(x) left(y) b-60s)'],
  ['max_over_time(sum(a)[1h:5m] offset 1m)', 'max_over_time(sum by()(a)[3600:300]-60s)'],
  ['rate(a[5m] @ end() offset 5m)', 'rate(a-300s@end[300])'],
  ['max_over_time(rate(a[1m])[5m:])', 'max_over_time(rate(a[60])[300:0])'],
  ['sum by (b, c) (a)', 'sum by(b,c)(a)'],
  ['SUM(a) WITHOUT (b,)', 'sum without(b)(a)'],
  ['sum by (on, by, "x y") (a)', 'sum by(on,by,x y)(a)'],
  ['topk(5, a)', 'topk by()(5, a)'],
  ['count_values("v", a)', 'count_values by()("v", a)'],
  ['a / ignoring(x) group_right b', '(a / ignoring(x) right() b)'],
  ['a and on() b', '(a and on() none() b)'],
  ['holt_winters(a[5m], 0.1, 0.2)', 'holt_winters(a[300], 0.1, 0.2)'],
  ['1. + 5./6.', '(1 + (5 / 6))'],
  ['0x1F + 017 + 1e3 + .5 + 1_000', '((((31 + 15) + 1000) + 0.5) + 1000)'],
  ['5m + 1h30m', '(300 + 5400)'],
  ['Inf - inf + NaN', '((Infinity - Infinity) + NaN)'],
  ['a[300]', 'a[300]'],
  ['a[1d2h]', 'a[93600]'],
  ['a # comment\n + # another\n b', '(a + b)'],
  ["'a\\'b' # c", '"a\'b"'],
  ['sum', 'sum'],
  ['offset + (OFFSET offset 5m) / rate(offset[1m])', '(offset + (OFFSET-300s / rate(offset[60])))'],
  ['and offset 5m and offset', '(and-300s and offset)'],
  ['a offset 5m + b OFFSET 1m', '(a-300s + b-60s)'],
  ['sum by (offset) (a{offset="offset"}) > bool offset', '(sum by(offset)(offset,a) > bool offset)'],
  ['start + end', '(start + end)'],
])('%s', (text, expected) => {
  const { value, rejects } = readExpression(text);
  expect(rejects).toEqual([]);
  expect(shown(value!)).toBe(expected);
});

describe('Prometheus words for what does not fit', () => {
  test.each([
    ['1 + "a"', '1:5', 'binary expression must contain only scalar and instant vector types'],
    ['a[5m] + 1', '1:1', 'binary expression must contain only scalar and instant vector types'],
    ['1 == 1', '1:3', 'comparisons between scalars must use BOOL modifier'],
    ['a + bool b', '1:3', 'bool modifier can only be used on comparison operators'],
    ['1 and a', '1:1', 'set operator "and" not allowed in binary scalar expression'],
    ['a and on(x) group_left(y) b', '1:1', 'no grouping allowed for "and" operation'],
    ['1 + on(x) a', '1:1', 'vector matching only allowed between instant vectors'],
    ['a * on(x) group_left(x) b', '1:3', 'label "x" must not occur in ON and GROUP clause at once'],
    ['-"a"', '1:1', 'unary expression only allowed on expressions of type scalar or instant vector, got "string"'],
    [
      '-a[5m]',
      '1:1',
      'unary expression only allowed on expressions of type scalar or instant vector, got "range vector"',
    ],
    ['rate(a)', '1:6', 'expected type range vector in call to function "rate", got instant vector'],
    ['abs(1)', '1:5', 'expected type instant vector in call to function "abs", got scalar'],
    ['rate()', '1:1', 'expected 1 argument(s) in call to "rate", got 0'],
    ['round(a, 1, 2)', '1:1', 'expected at most 2 argument(s) in call to "round", got 3'],
    ['label_join(a)', '1:1', 'expected at least 3 argument(s) in call to "label_join", got 1'],
    ['sum(a[5m])', '1:5', 'expected type instant vector in aggregation expression, got range vector'],
    ['sum(1)', '1:5', 'expected type instant vector in aggregation expression, got scalar'],
    ['topk(a, a)', '1:6', 'expected type scalar in aggregation parameter, got instant vector'],
    ['count_values(1, a)', '1:14', 'expected type string in aggregation parameter, got scalar'],
    ['sum()', '1:1', 'no arguments for aggregate expression provided'],
    ['topk(a)', '1:1', 'wrong number of arguments for aggregate expression provided, expected 2, got 1'],
    [
      'limit_ratio(0.5, a)',
      '1:1',
      'limit_ratio() is experimental and must be enabled with --enable-feature=promql-experimental-functions',
    ],
    ['info(a)', '1:1', 'function "info" is not enabled'],
    ['a[5m][5m]', '1:1', 'ranges only allowed for vector selectors'],
    ['(a)[5m]', '1:1', 'ranges only allowed for vector selectors'],
    ['a offset 1m[5m]', '1:1', 'no offset modifiers allowed before range'],
    ['a @ 1[5m]', '1:1', 'no @ modifiers allowed before range'],
    ['a[0s]', '1:3', 'duration must be greater than 0'],
    ['a[5m:0]', '1:6', 'duration must be greater than 0'],
    ['1[5m:1m]', '1:1', 'subquery is only allowed on instant vector, got scalar instead'],
    [
      '(a + b) offset 5m',
      '1:1',
      'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    ],
    ['a[5m + 1m]', '1:3', 'experimental duration expression is not enabled'],
    ['a smoothed', '1:1', 'smoothed modifier is experimental and not enabled'],
    ['a + fill(0) b', '1:1', 'binop fill modifiers are experimental and not enabled'],
  ])('%s', (text, place, reason) => {
    const { rejects } = readExpression(text);
    expect(rejects.map(reject => expressionError('query', reject))).toEqual([
      `invalid parameter "query": ${place}: parse error: ${reason}`,
    ]);
  });
});

test.each(['a[5m]', 'a[5m:1m]', '"text"'])('%s is no question about a range', text => {
  const asked = { steps: { startMs: 0, stepMs: 1, count: 1 }, endMs: 0 };
  expect(readQuery(text, { ...asked, isInstant: true }).rejects).toEqual([]);
  expect(readQuery(text, { ...asked, isInstant: false }).rejects[0]?.reason).toBe(
    `invalid expression type "${text.startsWith('"') ? 'string' : 'range vector'}" for range query, must be Scalar or instant Vector`,
  );
});

test('a text beyond all measure is refused before it is read', () => {
  const asked = { steps: { startMs: 0, stepMs: 1, count: 1 }, endMs: 0, isInstant: true };
  expect(readQuery(`"${'x'.repeat(70_000)}"`, asked).rejects[0]?.reason).toBe(
    'the query has 70002 characters, the limit is 65536',
  );
});
