import { expect, test } from 'vitest';
import { limits } from '../../../core/limits.ts';
import { acceptedAtMs, readAt } from './requests.ts';

const seconds = acceptedAtMs / 1_000;

test.each([
  [`servers.web1.load 1.5 ${seconds}\n`, ['servers_web1_load 1.5 @0']],
  [`a;dc=eu;host=h 2 ${seconds - 10}`, ['a{dc="eu",host="h"} 2 @-10']],
  ['a 1 N', ['a 1']],
  ['a 1 -1', ['a 1']],
  ['a 1', ['a 1']],
  ['a\t-1e3\t N\r\n\nb nan N', ['a -1000', 'b NaN']],
])('%j', (body, lines) => {
  const answer = readAt('/v1/graphite', body);
  expect([answer.status, answer.lines]).toEqual([200, lines]);
});

test.each([
  ['a', 'expected path, value and time'],
  ['a 1 2 3', 'expected path, value and time'],
  ['a x N', 'expected a number'],
  ['a 1 soon', 'expected seconds since 1970 or N'],
  ['a;b 1 N', 'expected tag=value'],
  [';a=b 1 N', 'a path has no name'],
  ['a 1 5', 'behind the accept time'],
  [`a;b=${'x'.repeat(limits.labelValueBytes + 1)} 1 N`, 'the limit is 2048'],
])('%j is refused, by itself where others are good', (line, reason) => {
  expect(readAt('/v1/graphite', line)).toMatchObject({ status: 400, text: expect.stringContaining(reason) });
  expect(readAt('/v1/graphite', `${line}\ngood 1 N`)).toMatchObject({ status: 200, lines: ['good 1'] });
});
