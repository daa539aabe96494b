import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attributesOf, rowOf } from '../../io/aws/attributes.ts';

const value = fc.letrec(tie => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary' }),
    fc.integer(),
    // Further out the SDK refuses numbers.
    fc.double({ min: -1e15, max: 1e15, noNaN: true }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter(name => name !== '__proto__'),
      tie('any'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).any;

const row = fc.dictionary(
  fc.string().filter(name => name !== '__proto__'),
  value,
  { maxKeys: 6, noNullPrototype: true },
);

test('rows come back as they were', () => {
  fc.assert(
    fc.property(row, each => {
      expect(rowOf(attributesOf(each))).toEqual(normal(each));
    }),
  );
});

test('they are what the SDK makes of them, and reads', () => {
  fc.assert(
    fc.property(row, each => {
      const attributes = attributesOf(each);
      expect(attributes).toEqual(marshall(each, { removeUndefinedValues: true }));
      expect(rowOf(attributes)).toEqual(unmarshall(attributes));
    }),
  );
});

/** -0 has no sign in DynamoDB. */
const normal = (each: unknown): unknown =>
  typeof each === 'number'
    ? each + 0
    : Array.isArray(each)
      ? each.map(normal)
      : each === null || typeof each !== 'object' || each instanceof Uint8Array
        ? each
        : Object.fromEntries(Object.entries(each).map(([name, inner]) => [name, normal(inner)]));

test.each([
  [
    'undefined is left out',
    { a: undefined, b: [undefined, 1], c: { d: undefined } },
    { b: { L: [{ N: '1' }] }, c: { M: {} } },
  ],
  ['an empty text', { a: '' }, { a: { S: '' } }],
])('%s', (_, given, wanted) => {
  expect(attributesOf(given)).toEqual(wanted);
  expect(attributesOf(given)).toEqual(marshall(given, { removeUndefinedValues: true }));
});

test.each([
  ['sets', { a: { SS: ['x'] }, b: { NS: ['1'] } }, { a: new Set(['x']), b: new Set([1]) }],
  ['a number that no double is', { a: { N: '12345678901234567890' } }, { a: 12345678901234567000 }],
])('reads %s, as somebody else may have written them', (_, attributes, wanted) => {
  expect(rowOf(attributes)).toEqual(wanted);
});

test('a row that says __proto__ is a row that says so, and nothing else', () => {
  const row = rowOf({ ['__proto__']: { M: { polluted: { BOOL: true } } }, id: { S: 'a' } });
  expect(Object.keys(row)).toEqual(['__proto__', 'id']);
  expect((row as { polluted?: boolean }).polluted).toBeUndefined();
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, () => 1, 1n])('%s is refused', given => {
  expect(() => attributesOf({ a: given })).toThrow('DynamoDB has no');
});
