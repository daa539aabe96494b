import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Label, labelSetOf } from '../../../core/labels.ts';
import { expressionError } from '../../../core/promql/answer.ts';
import type { VectorSelector } from '../../../core/promql/ast.ts';
import { bare } from '../../../core/promql/ast.ts';
import { readExpression } from '../../../core/promql/expression.ts';
import { type Matcher, selects } from '../../../core/promql/matchers.ts';
import { readSeriesSelector } from '../../../core/promql/selector.ts';

const matchersIn = (text: string): readonly Matcher[] => readSeriesSelector(text).value ?? [];

const error = (text: string): string | undefined =>
  readExpression(text).rejects.map(reject => expressionError('query', reject))[0];

test.each([
  ['up', ['__name__=up']],
  ['up # comment', ['__name__=up']],
  ['job:rate:5m', ['__name__=job:rate:5m']],
  ['up{a="b",c!="d",e=~"f.*",g!~"h",}', ['a=b', 'c!=d', 'e=~f.*', 'g!~h', '__name__=up']],
  ['{__name__=~"a|b"}', ['__name__=~a|b']],
  ['{"my.name", "l.1"="v"}', ['l.1=v', '__name__=my.name']],
  ["{a='it\\'s \\x41\\u00e9\\n'}", ["a=it's Aé\n"]],
  ['{a=`\\d`}', ['a=\\d']],
  ['sum{by="1",on="2",offset="3",bool="4"}', ['by=1', 'on=2', 'offset=3', 'bool=4', '__name__=sum']],
])('%s', (text, matchers) => {
  expect(readSeriesSelector(text).rejects).toEqual([]);
  expect(matchersIn(text).map(({ name, op, value }) => `${name}${op}${value}`)).toEqual(matchers);
});

test.each([
  ['up offset 5m', { offsetMs: 300_000 }],
  ['up offset -1h30m', { offsetMs: -5_400_000 }],
  ['up offset 1.5', { offsetMs: 1_500 }],
  ['up @ 1600000000.123', { offsetMs: 0, at: 1_600_000_000_123 }],
  ['up @ -1 offset 1s', { offsetMs: 1_000, at: -1_000 }],
  ['up offset 1s @ start()', { offsetMs: 1_000, at: 'start' }],
  ['((up) @ end())', { offsetMs: 0, at: 'end' }],
])('%s', (text, modifiers) => {
  const { value, rejects } = readExpression(text);
  if (text.startsWith('((')) {
    expect(rejects[0]?.reason).toContain('@ modifier must be preceded by an instant vector selector');
    return;
  }
  const { kind: _, from: __, matchers: ___, ...rest } = bare(value!) as VectorSelector;
  expect(rest).toEqual(modifiers);
});

describe('Prometheus words for what is wrong', () => {
  test.each([
    ['', '1:1: parse error: no expression found in input'],
    ['  # x', '1:1: parse error: no expression found in input'],
    ['sum(', '1:5: parse error: unclosed left parenthesis'],
    ['foo(up)', '1:1: parse error: unknown function with name "foo"'],
    ['up{', '1:4: parse error: unexpected end of input inside braces'],
    ['up{a="b"', '1:9: parse error: unexpected end of input inside braces'],
    ['up{a="b" c="d"}', '1:10: parse error: unexpected identifier "c" in label matching, expected "," or "}"'],
    ['up}', '1:3: parse error: unexpected "}"'],
    ['{a="é"}\n }', '2:2: parse error: unexpected "}"'],
    ['up{é', "1:4: parse error: unexpected character inside braces: 'é'"],
    ['up{a}', '1:5: parse error: unexpected "}" in label matching, expected label matching operator'],
    ['up{a=b}', '1:6: parse error: unexpected identifier "b" in label matching, expected string'],
    ['up{,}', '1:4: parse error: unexpected "," in label matching, expected identifier or "}"'],
    ['a + * b', '1:5: parse error: unexpected <op:*>'],
    ['a by b', '1:3: parse error: unexpected <by>'],
    ['a "a long text"', '1:3: parse error: unexpected string "\\"a long te"...'],
    ['a 5m', '1:3: parse error: unexpected duration "5m"'],
    ['a a:b', '1:3: parse error: unexpected metric identifier "a:b"'],
    ['sum by a (b)', '1:8: parse error: unexpected identifier "a" in grouping opts, expected "("'],
    ['sum by (5) (b)', '1:9: parse error: unexpected number "5" in grouping opts, expected label'],
    ['sum by (a b) (b)', '1:11: parse error: unexpected identifier "b" in grouping opts, expected "," or ")"'],
    [
      'a offset b',
      '1:10: parse error: unexpected identifier "b" in offset, expected number, duration, step(), or range()',
    ],
    ['a @ b', '1:5: parse error: unexpected identifier "b" in @, expected timestamp'],
    ['a !b', "1:3: parse error: unexpected character after '!': 'b'"],
    ['a =~ b', "1:3: parse error: unexpected character after '=': '~'"],
    ['a[b]', "1:3: parse error: unexpected character in duration expression: 'b'"],
    ['a[5m[5m]]', "1:5: parse error: unexpected left bracket '['"],
    ['{a="b', '1:4: parse error: unterminated quoted string'],
    ['{a="b\\"}', '1:4: parse error: unterminated quoted string'],
    ['{a="\\q"}', '1:4: parse error: unknown escape sequence "\\\\q"'],
    ['{a="\\xff"}', '1:4: parse error: escapes give invalid UTF-8'],
    ['up{a=~"("}', '1:4: parse error: error parsing regexp: missing closing ): `^(?:()$`'],
    ['{}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
    ['{a="",b=~".*",c!="x"}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
    ['up{__name__="a"}', '1:1: parse error: metric name must not be set twice: "up" or "a"'],
    ['up{"a"}', '1:4: parse error: metric name must not be set twice: "up" or "a"'],
    ['up offset 1s offset 2s', '1:1: parse error: offset may not be set multiple times'],
    ['up @ 1 @ 2', '1:1: parse error: @ <timestamp> may not be set multiple times'],
    ['up @ Inf', '1:1: parse error: timestamp out of bounds for @ modifier: Inf'],
  ])('%j', (text, problem) => {
    expect(error(text)).toBe(`invalid parameter "query": ${problem}`);
  });
});

test.each([
  ['up', undefined],
  ['{a=""}', 'match[] must contain at least one non-empty matcher'],
  ['up{', '1:4: parse error: unexpected end of input inside braces'],
  ['up offset 5m', '1:1: parse error: a series selector has a name and matchers and nothing else'],
])('match[]=%s', (text, problem) => {
  const [reject] = readSeriesSelector(text).rejects;
  expect(reject && expressionError('match[]', reject)).toBe(problem && `invalid parameter "match[]": ${problem}`);
});

const metric = (...labels: Label[]) => labelSetOf([['__name__', 'up'], ...labels]);

test.each([
  ['up', metric(), true],
  ['up{a=""}', metric(), true],
  ['up{a=""}', metric(['a', 'b']), false],
  ['up{a!=""}', metric(), false],
  ['up{a!="b"}', metric(), true],
  ['up{a=~"b|c"}', metric(['a', 'c']), true],
  ['up{a=~"b|"}', metric(), true],
  ['up{a=~"b"}', metric(['a', 'bb']), false],
  ['up{a=~"b.+"}', metric(['a', 'bx\ny']), true],
  ['up{a=~"ab*"}', metric(['a', 'a']), true],
  ['up{a=~"(?i)ab"}', metric(['a', 'AB']), true],
  ['up{a=~"^b$"}', metric(['a', 'b']), true],
  ['up{a=~"é?x"}', metric(['a', 'x']), true],
  ['up{a=~"x\u{1F600}?"}', metric(['a', 'x']), true],
  ['up{a=~".+"}', metric(), false],
  ['up{a!~".*"}', metric(['a', 'b']), false],
  ['up{a!~"b.*"}', metric(['a', 'c']), true],
])('%s on %j: %s', (text, labels, selected) => {
  expect(selects(matchersIn(text), labels)).toBe(selected);
});

test('no pattern is slow', () => {
  const labels = metric(['a', `${'a'.repeat(10_000)}!`]);
  const startMs = performance.now();
  for (const pattern of ['(a+)+$', '(a|a)*b', '(.*a){12}']) selects(matchersIn(`up{a=~"${pattern}"}`), labels);
  expect(performance.now() - startMs).toBeLessThan(2_000);
  expect(error('up{a=~"x{1000}{1000}"}')).toContain('invalid');
});

test('no text makes it throw, not even a tower of parentheses', () => {
  const part = fc.constantFrom(
    ...['up', '{', '}', '"', "'", '`', '=', '=~', 'a', ',', '\\', '(', ')', '[', ']', '5m', ':', '@', 'offset', ' '],
    ...['\n', '#', 'é', 'sum', '-', '1', '5.', 'rate(', 'holt_winters', 'by', 'on', '>', 'bool', 'and', 'start()'],
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 15 }), parts => Array.isArray(readExpression(parts.join('')).rejects)),
    { numRuns: 3_000 },
  );
  const tower = 20_000;
  expect(error(`${'('.repeat(tower)}up${')'.repeat(tower)}`)).toContain('parse error');
  expect(error(`up${' + up'.repeat(tower)}`)).toContain('parse error');
  expect(error(`${'-'.repeat(tower)}up`)).toContain('parse error');
  expect(error(`up${' + up'.repeat(550)}`)).toContain('nested deeper than 500');
  expect(error(`${'('.repeat(100)}up${')'.repeat(100)}`)).toBeUndefined();
});
