import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorBody } from '../../../core/promql/answer.ts';
import { writeGeneral, writePlain, writeValue } from '../../../core/promql/numbers.ts';
import { readLimit, readRange, readSpanParameter, readTimeParameter } from '../../../core/promql/parameters.ts';
import { readSpan, readTime } from '../../../core/promql/times.ts';

test.each([
  ['0', 0],
  ['1700000000', 1_700_000_000_000],
  ['1700000000.1239', 1_700_000_000_124],
  ['1.7e9', 1_700_000_000_000],
  ['-1.5', -1_500],
  ['1970-01-01T00:15:00Z', 900_000],
  ['1970-01-01T00:15:00.5Z', 900_500],
  ['1970-01-01T00:15:00.123456789Z', 900_123],
  ['1970-01-01T01:15:00+01:00', 900_000],
  ['2024-02-29T00:00:00-00:30', Date.UTC(2024, 1, 29, 0, 30)],
  ['292277025-08-18T07:12:54.999999999Z', 8_640_000_000_000_000],
])('%s is a time', (text, ms) => {
  expect(readTime(text)).toBe(ms);
});

test.each([
  '',
  'yesterday',
  '1e20',
  'NaN',
  'Inf',
  '0x10',
  '1_0',
  '2023-02-29T00:00:00Z',
  '1970-01-01',
  '1970-01-01T25:00:00Z',
  '1970-01-01t00:00:00z',
  '1970-01-01T00:00:00',
  '1970-01-01T00:00:00+1:00',
])('%j is no time', text => {
  expect(readTime(text)).toBeUndefined();
});

test.each([
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['0.5', 500],
  ['15', 15_000],
  ['-1', -1_000],
  ['', undefined],
  ['x', undefined],
  ['1e300', undefined],
])('%j is a span of %j ms', (text, ms) => {
  expect(readSpan(text)).toBe(ms);
});

test.each([
  [0, '0', '0', '0'],
  [-0, '-0', '-0', '-0'],
  [1, '1', '1', '1'],
  [-1.5, '-1.5', '-1.5', '-1.5'],
  [0.1, '0.1', '0.1', '0.1'],
  [0.0001, '0.0001', '0.0001', '0.0001'],
  [0.00001, '0.00001', '0.00001', '1e-05'],
  [0.000001, '0.000001', '0.000001', '1e-06'],
  [9.99e-7, '9.99e-07', '0.000000999', '9.99e-07'],
  [-1.25e-10, '-1.25e-10', '-0.000000000125', '-1.25e-10'],
  [1e-100, '1e-100', `0.${'0'.repeat(99)}1`, '1e-100'],
  [999_999_999_999_999_900_000, '999999999999999900000', '999999999999999900000', '9.999999999999999e+20'],
  [1e21, '1e+21', '1000000000000000000000', '1e+21'],
  [-1.5e22, '-1.5e+22', '-15000000000000000000000', '-1.5e+22'],
  [123456789.123, '123456789.123', '123456789.123', '1.23456789123e+08'],
  [Number.MAX_VALUE, '1.7976931348623157e+308', `17976931348623157${'0'.repeat(292)}`, '1.7976931348623157e+308'],
  [Number.MIN_VALUE, '5e-324', `0.${'0'.repeat(323)}5`, '5e-324'],
  [NaN, 'NaN', 'NaN', 'NaN'],
  [Infinity, '+Inf', '+Inf', '+Inf'],
  [-Infinity, '-Inf', '-Inf', '-Inf'],
])('%d is written %s', (value, text, plain, general) => {
  expect(writeValue(value)).toBe(text);
  expect(writePlain(value)).toBe(plain);
  expect(writeGeneral(value)).toBe(general);
});

test.each([
  [1.26, '1.3'],
  [0.05, '0.05'],
  [99.6, '1e+02'],
  [1234, '1.2e+03'],
])('%d with two digits is written %s', (value, text) => {
  expect(writeGeneral(value, 2)).toBe(text);
});

test('a written value reads back the same, and a plain one has no exponent', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
      expect(Number(writeValue(value))).toBe(value);
      expect(writePlain(value)).toMatch(/^-?[0-9]+(\.[0-9]+)?$/);
      expect(Number(writePlain(value))).toBe(value);
    }),
    { numRuns: 2_000 },
  );
});

test('an absent time is the one of the request', () => {
  expect(readTimeParameter('time', undefined, 7).value).toBe(7);
  expect(readTimeParameter('time', '1', 7).value).toBe(1_000);
  expect(readTimeParameter('time', 'yesterday', 7).rejects.map(({ reason }) => reason)).toEqual([
    `invalid parameter "time": Invalid time value for 'time': cannot parse "yesterday" to a valid timestamp`,
  ]);
});

test.each([
  [{ start: '0', end: '11000', step: '1' }, undefined],
  [{ start: '5', end: '5', step: '1m' }, undefined],
  [{ start: '0', end: '1' }, 'invalid parameter "step": cannot parse "" to a valid duration'],
  [{ start: 'x', end: '1', step: '1' }, 'invalid parameter "start": cannot parse "x" to a valid timestamp'],
  [{ start: '0', step: '1' }, 'invalid parameter "end": cannot parse "" to a valid timestamp'],
  [{ start: '2', end: '1', step: '1' }, 'invalid parameter "end": end timestamp must not be before start time'],
  [
    { start: '0', end: '1', step: '0' },
    'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
  ],
  [
    { start: '0', end: '1', step: '-1' },
    'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
  ],
  [
    { start: '0', end: '11001', step: '1' },
    'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
  ],
])('the range %j', (texts, problem) => {
  expect(readRange(texts).rejects.map(({ reason }) => reason)).toEqual(problem === undefined ? [] : [problem]);
});

test('a range has its steps, the last one included', () => {
  expect(readRange({ start: '10', end: '40.5', step: '15' }).value).toEqual({
    steps: { startMs: 10_000, stepMs: 15_000, count: 3 },
    endMs: 40_500,
  });
  expect(readRange({ start: '10', end: '40', step: '15' }).value?.steps.count).toBe(3);
  expect(readRange({ start: '10', end: '39.999', step: '15' }).value?.steps.count).toBe(2);
});

test.each([
  [undefined, Infinity],
  ['0', Infinity],
  ['3', 3],
  ['-1', 'invalid parameter "limit": limit must be non-negative'],
  ['x', 'invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax'],
])('limit=%s', (text, expected) => {
  const { value, rejects } = readLimit(text);
  expect(value ?? rejects[0]?.reason).toBe(expected);
});

test('spans that may be absent', () => {
  expect(readSpanParameter('timeout', undefined)).toEqual({ value: undefined, rejects: [] });
  expect(readSpanParameter('timeout', '2m').value).toBe(120_000);
  expect(readSpanParameter('timeout', 'x').rejects[0]?.reason).toBe(
    'invalid parameter "timeout": cannot parse "x" to a valid duration',
  );
});

test('an error has the shape of Prometheus', () => {
  expect(errorBody('bad_data', 'no match[] parameter provided')).toBe(
    '{"status":"error","errorType":"bad_data","error":"no match[] parameter provided"}',
  );
});
