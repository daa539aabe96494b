import { describe, expect, test } from 'vitest';
import type { Family } from '../../../core/batch.ts';
import { metadataIn, readWantedMetadata } from '../../../core/promql/metadata.ts';

const families: Family[] = [
  { name: 'b', type: 'counter', help: 'Of today.' },
  { name: 'a', type: 'gauge', help: 'A.', unit: 'seconds' },
  { name: 'b', type: 'counter', help: 'Of yesterday.' },
  { name: '__proto__', type: 'unknown' },
];

const asked = (parameters: Partial<Record<'metric' | 'limit' | 'limit_per_metric', string>>) =>
  readWantedMetadata({ metric: undefined, limit: undefined, limit_per_metric: undefined, ...parameters });

test('each name has all that is said of it, in the order given', () => {
  expect(JSON.stringify(metadataIn(families, asked({}).value!))).toBe(
    '{"__proto__":[{"type":"unknown","help":"","unit":""}],' +
      '"a":[{"type":"gauge","help":"A.","unit":"seconds"}],' +
      '"b":[{"type":"counter","help":"Of today.","unit":""},{"type":"counter","help":"Of yesterday.","unit":""}]}',
  );
});

test.each([
  [{ metric: 'a' }, ['a 1']],
  [{ metric: 'nothing' }, []],
  [{ limit: '2' }, ['__proto__ 1', 'a 1']],
  [{ limit: '0' }, []],
  [{ limit: '-1' }, ['__proto__ 1', 'a 1', 'b 2']],
  [{ limit: '+1' }, ['__proto__ 1']],
  [{ limit: '' }, ['__proto__ 1', 'a 1', 'b 2']],
  [{ limit_per_metric: '1' }, ['__proto__ 1', 'a 1', 'b 1']],
  [{ limit_per_metric: '0', metric: 'b' }, ['b 2']],
])('asked for with %j', (parameters, expected) => {
  const found = metadataIn(families, asked(parameters).value!);
  expect(Object.entries(found).map(([name, all]) => `${name} ${all.length}`)).toEqual(expected);
});

describe('what is no number is refused in the words of Prometheus', () => {
  test.each([
    [{ limit: 'x' }, 'limit must be a number'],
    [{ limit: '1.5' }, 'limit must be a number'],
    [{ limit: '99999999999999999999' }, 'limit must be a number'],
    [{ limit_per_metric: ' 1' }, 'limit_per_metric must be a number'],
  ])('%j', (parameters, reason) => {
    expect(asked(parameters)).toEqual({ value: undefined, rejects: [{ code: 'bad_data', reason }] });
  });
});
