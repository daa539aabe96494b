import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFloat, readInteger } from '../../../core/exposition/numbers.ts';

const float = (text: string): number | undefined => readFloat(Buffer.from(text), 0, text.length);
const integer = (text: string): number | bigint | undefined => readInteger(Buffer.from(text), 0, text.length);

test.each([
  ['0', 0],
  ['-0', -0],
  ['+1', 1],
  ['1.', 1],
  ['.5', 0.5],
  ['-.5e1', -5],
  ['1e3', 1000],
  ['1E+3', 1000],
  ['007', 7],
  ['123456789012345', 123456789012345],
  ['0.1234567890123456', 0.1234567890123456],
  ['9007199254740993', 9007199254740992],
  ['1e22', 1e22],
  ['1e23', 1e23],
  ['1e-22', 1e-22],
  ['1.7976931348623157e308', Number.MAX_VALUE],
  ['5e-324', 5e-324],
  ['1e-400', 0],
  ['0e999999', 0],
  ['inf', Infinity],
  ['+Inf', Infinity],
  ['-INFINITY', -Infinity],
  ['NaN', NaN],
  ['nan', NaN],
])('%s is a number', (text, value) => {
  expect(float(text)).toBe(value);
});

test.each([
  '',
  '+',
  '-',
  '.',
  'e1',
  '1e',
  '1e+',
  '1e5.5',
  '1_0',
  '0x10',
  '0x1p4',
  '0b1',
  '0o7',
  '+NaN',
  '-nan',
  'infinit',
  'Infinity1',
  '1e400',
  '-1e400',
  '1 ',
  '1,5',
  '١',
  'true',
  'null',
])('%j is no number', text => {
  expect(readFloat(Buffer.from(text), 0, Buffer.byteLength(text))).toBeUndefined();
});

test('every double reads back as itself, however it is written', () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: 1, max: 21 }),
      (value, digits) => {
        for (const text of [
          Object.is(value, -0) ? '-0' : String(value),
          value.toExponential(digits - 1),
          value.toPrecision(digits),
        ]) {
          // Rounding up the largest doubles to few digits leaves the range.
          expect(float(text)).toBe(Number.isFinite(Number(text)) ? Number(text) : undefined);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test.each([
  ['0', 0],
  ['-0', 0],
  ['1700000000000', 1_700_000_000_000],
  ['-3982045', -3_982_045],
  ['+1', 1],
  ['9223372036854775807', 9_223_372_036_854_775_807n],
  ['-9223372036854775808', -9_223_372_036_854_775_808n],
])('%s is an integer', (text, value) => {
  expect(integer(text)).toBe(value);
});

test.each(['', '-', '+', '+-1', '1.0', '1e3', '9223372036854775808', '-9223372036854775809', '1'.repeat(400)])(
  '%s is no integer',
  text => {
    expect(integer(text)).toBeUndefined();
  },
);
