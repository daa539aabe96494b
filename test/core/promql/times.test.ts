import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorBody } from '../../../core/promql/answer.ts';
import { readRange, readTimeParameter } from '../../../core/promql/parameters.ts';
import { readSpan, readTime, writeValue } from '../../../core/promql/times.ts';

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
  [0, '0'],
  [-0, '-0'],
  [1, '1'],
  [-1.5, '-1.5'],
  [0.1, '0.1'],
  [1e-7, '0.0000001'],
  [-1.25e-10, '-0.000000000125'],
  [1e21, '1000000000000000000000'],
  [1.5e22, '15000000000000000000000'],
  [-1e23, '-100000000000000000000000'],
  [123456789.123, '123456789.123'],
  [Number.MAX_VALUE, `17976931348623157${'0'.repeat(292)}`],
  [Number.MIN_VALUE, `0.${'0'.repeat(323)}5`],
  [NaN, 'NaN'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
])('%d is written %s', (value, text) => {
  expect(writeValue(value)).toBe(text);
});

test('a written value reads back the same and has no exponent', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
      expect(writeValue(value)).toMatch(/^-?[0-9]+(\.[0-9]+)?$/);
      expect(Number(writeValue(value))).toBe(value);
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

test('an error has the shape of Prometheus', () => {
  expect(errorBody('bad_data', 'no match[] parameter provided')).toBe(
    '{"status":"error","errorType":"bad_data","error":"no match[] parameter provided"}',
  );
});
