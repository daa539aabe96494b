import { expect, test } from 'vitest';
import { labelSetOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { readPush } from '../../../core/protocol/push.ts';
import { textOfReject } from '../../../core/reject.ts';

const acceptedAtMs = 1_700_000_000_000;
const push = (contentType: string, body: string, query: Readonly<Record<string, string>> = {}) =>
  readPush({ contentType, body: Buffer.from(body), acceptedAtMs, query });

test.each([
  ['', 'a 1\n'],
  ['text/plain; version=0.0.4', 'a 1'],
  ['application/x-www-form-urlencoded', 'a 1\n'],
  ['application/octet-stream', '# EOF\na 1\n'],
  ['application/openmetrics-text; version=1.0.0', 'a 1\n# EOF\n'],
  ['Application/JSON; charset=utf-8', '{"metrics":[{"name":"a","value":1}]}'],
])('%j: %j', (contentType, body) => {
  const { value, rejects } = push(contentType, body);
  expect(rejects).toEqual([]);
  expect(value?.samples).toMatchObject([{ labels: labelSetOf([['__name__', 'a']]), value: 1 }]);
  expect(value?.sourceLabels).toBeUndefined();
});

test.each([
  [
    { job: 'q' },
    labelSetOf([
      ['job', 'q'],
      ['instance', 'body'],
    ]),
  ],
  [
    { instance: 'q' },
    labelSetOf([
      ['job', 'body'],
      ['instance', 'q'],
    ]),
  ],
  [
    { job: '', other: 'x' },
    labelSetOf([
      ['job', 'body'],
      ['instance', 'body'],
    ]),
  ],
])('the address %j wins over the JSON body', (query, sourceLabels) => {
  expect(push('application/json', '{"job":"body","instance":"body","metrics":[]}', query).value).toEqual({
    samples: [],
    families: [],
    sourceLabels,
  });
});

test('anything wrong refuses the whole push', () => {
  const { value, rejects } = push('', 'a 1\nb x\nc 1\n');
  expect(value).toBeUndefined();
  expect(rejects.map(textOfReject)).toEqual(['line 2, column 3: bad_value: expected a number as value, found "x"']);
});

test.each([
  { timestampMs: acceptedAtMs - limits.timestampBehindMs, problems: [] },
  { timestampMs: acceptedAtMs + limits.timestampAheadMs, problems: [] },
  {
    timestampMs: acceptedAtMs - limits.timestampBehindMs - 1,
    problems: [
      `line 1: timestamp_out_of_bounds: timestamp ${acceptedAtMs - limits.timestampBehindMs - 1} is 3600 s behind the accept time, the limit is 3600 s`,
    ],
  },
  {
    timestampMs: acceptedAtMs + limits.timestampAheadMs + 1,
    problems: [
      `line 1: timestamp_out_of_bounds: timestamp ${acceptedAtMs + limits.timestampAheadMs + 1} is 600 s ahead of the accept time, the limit is 600 s`,
    ],
  },
])('a timestamp $timestampMs', ({ timestampMs, problems }) => {
  expect(push('', `a 1 ${timestampMs}\n`).rejects.map(textOfReject)).toEqual(problems);
});

test('a source in the address has limits too', () => {
  const { value, rejects } = push('', 'a 1\n', { job: 'x'.repeat(limits.labelValueBytes + 1) });
  expect(value).toBeUndefined();
  expect(rejects.map(textOfReject)).toEqual([
    `?job: label_value_limit: ${limits.labelValueBytes + 1} bytes, the limit is ${limits.labelValueBytes}`,
  ]);
});
