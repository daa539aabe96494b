import { describe, expect, test } from 'vitest';
import { limits } from '../../../core/limits.ts';
import { acceptedAtMs, readAt } from './requests.ts';

const timestamp = acceptedAtMs / 1_000;
const read = (...series: readonly unknown[]) => readAt('/api/v2/series', JSON.stringify({ series }));

test('series become samples, counts increments of their interval', () => {
  const answer = read(
    {
      metric: 'system.load',
      type: 3,
      points: [{ timestamp, value: 0.7 }],
      tags: ['env:prod', 'bare', 'a:b:c'],
      resources: [{ type: 'host', name: 'h' }],
    },
    {
      metric: 'hits',
      type: 1,
      interval: 10,
      points: [
        { timestamp, value: 3 },
        { timestamp: timestamp - 10, value: 4 },
      ],
    },
    { metric: 'rate', type: 2, points: [{ timestamp, value: 3 }] },
    { metric: 'plain', points: [{ timestamp, value: 1 }] },
  );
  expect([answer.status, JSON.parse(answer.text)]).toEqual([202, { errors: [] }]);
  expect(answer.lines).toEqual([
    'system_load{a="b:c",env="prod",host="h"} 0.7 @0',
    'hits 3 @0',
    'hits 4 @-10',
    'rate 3 @0',
    'plain 1 @0',
  ]);
  expect(answer.samples.map(({ increment }) => increment?.span)).toEqual([
    undefined,
    `datadog ${timestamp} 10`,
    `datadog ${timestamp - 10} 10`,
    undefined,
    undefined,
  ]);
});

test('nothing is a good push', () => {
  expect(read()).toMatchObject({ status: 202, samples: [] });
});

const point = { timestamp, value: 1 };
describe('what is wrong is named, and costs no other', () => {
  test.each<[unknown, string]>([
    [3, 'series[1]: bad_series: expected an object, found 3'],
    [{ points: [point] }, 'series[1].metric: bad_series'],
    [{ metric: 'm', type: 4, points: [point] }, 'expected 0, 1, 2 or 3, found 4'],
    [{ metric: 'm', points: {} }, 'expected a list, found {}'],
    [{ metric: 'm', points: [{ timestamp }] }, 'series[1].points[0]: bad_series: expected a timestamp and a value'],
    [{ metric: 'm', points: [null] }, 'found null'],
    [{ metric: 'm', points: [{ timestamp: 5, value: 1 }] }, 'timestamp_out_of_bounds'],
    [{ metric: 'm', points: [point], tags: 'x' }, 'tags are no list'],
    [{ metric: 'm', points: [point], resources: [{}] }, 'expected a type and a name of a resource'],
    [{ metric: 'm', points: [point], tags: [`a:${'x'.repeat(limits.labelValueBytes + 1)}`] }, 'label_value_limit'],
    [{ metric: 'constructor', points: [point], type: 'x' }, 'found "x"'],
  ])('%j', (bad, reason) => {
    const answer = read({ metric: 'good', points: [point] }, bad);
    expect([answer.status, answer.lines]).toEqual([202, ['good 1 @0']]);
    expect(JSON.parse(answer.text).errors).toEqual([expect.stringContaining(reason)]);
    expect(read(bad).status).toBe(400);
  });

  test.each([
    ['{', 'bad_json'],
    ['{}', 'series: bad_json: expected a list, found nothing'],
    ['['.repeat(99), 'json_depth'],
  ])('%j is refused whole', (body, reason) => {
    const answer = readAt('/api/v2/series', body);
    expect([answer.status, JSON.parse(answer.text).errors]).toEqual([400, [expect.stringContaining(reason)]]);
  });

  test('so is protobuf, which is not read here', () => {
    expect(readAt('/api/v2/series', '', { 'content-type': 'application/x-protobuf' }).status).toBe(415);
  });
});
