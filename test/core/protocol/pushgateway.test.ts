import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Label, labelSetOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { readGroup, readGroupBody } from '../../../core/protocol/pushgateway.ts';
import { textOfReject } from '../../../core/reject.ts';

test.each([
  ['/metrics/job/j', { job: 'j' }],
  ['/metrics/job/j/', { job: 'j' }],
  ['job/j', { job: 'j' }],
  ['/metrics/job/j/instance/i/a/b', { job: 'j', instance: 'i', a: 'b' }],
  ['/metrics/job/j/a/1/a/2', { job: 'j', a: '2' }],
  ['/metrics/job/j/job/other', { job: 'j' }],
  ['/metrics/job@base64/YS9i', { job: 'a/b' }],
  ['/metrics/job@base64/YQ==', { job: 'a' }],
  ['/metrics/job@base64/YQ', { job: 'a' }],
  ['/metrics/job@base64/YR', { job: 'a' }],
  ['/metrics/job/j/p@base64/L3Zhci90bXA', { job: 'j', p: '/var/tmp' }],
  ['/metrics/job/a%2Fb/c/%CF%80%20x%2By', { job: 'a/b', c: 'π x+y' }],
  ['/metrics/job/50%/a/%zz', { job: '50%', a: '%zz' }],
])('%s', (path, labels) => {
  const { value, rejects } = readGroup(path);
  expect(rejects).toEqual([]);
  expect(value?.labels).toEqual(labelSetOf(Object.entries(labels)));
});

test.each([
  ['/metrics', 'no_job: job name is required'],
  ['/metrics/', 'no_job: job name is required'],
  ['/metrics/job', 'no_job: job name is required'],
  ['/metrics/job/', 'no_job: job name is required'],
  ['/metrics/job//a/b', 'no_job: job name is required'],
  ['/metrics/job@base64/=', 'no_job: job name is required'],
  ['/metrics/instance/i/job/j', 'no_job: job name is required'],
  ['/metrics/job/j/a', 'odd_components: odd number of components in label string "/a"'],
  ['/metrics/job/j/a/1/', 'odd_components: odd number of components in label string "/a/1/"'],
  ['/metrics/job/j/a-b/1', 'improper_label_name: improper label name "a-b"'],
  ['/metrics/job/j/__a/1', 'improper_label_name: improper label name "__a"'],
  ['/metrics/job/j/1a/1', 'improper_label_name: improper label name "1a"'],
  ['/metrics/job/j//1', 'improper_label_name: improper label name ""'],
  ['/metrics/job/j/a//b/c', 'empty_label_value: no value for label "a", write a@base64/= for the empty one'],
  ['/metrics/job/j/a@base64/*', 'bad_base64: invalid base64 encoding for label a="*"'],
  ['/metrics/job/j/a@base64/YQ+_', 'bad_base64: invalid base64 encoding for label a="YQ+_"'],
  ['/metrics/job/j/a@base64/YWJjZ', 'bad_base64: invalid base64 encoding for label a="YWJjZ"'],
  ['/metrics/job/j/a@base64/_w', 'bad_base64: invalid base64 encoding for label a="_w"'],
  [
    `/metrics/job/${'x'.repeat(limits.labelValueBytes + 1)}`,
    `label_value_limit: ${limits.labelValueBytes + 1} bytes in label job, the limit is ${limits.labelValueBytes}`,
  ],
])('%s is refused', (path, problem) => {
  const { value, rejects } = readGroup(path);
  expect(value).toBeUndefined();
  expect(rejects.map(textOfReject)).toEqual([problem]);
});

const push = (body: string | Buffer, path = '/metrics/job/j', contentType = '') =>
  readGroupBody({ contentType, body: Buffer.from(body as string), acceptedAtMs: 0, group: readGroup(path).value! });

test('the labels of the group are forced on every sample', () => {
  const { value, rejects } = push('a{job="x",k="v"} 1\n', '/metrics/job/j/zone/z', 'application/x-www-form-urlencoded');
  expect(rejects).toEqual([]);
  expect(value?.sourceLabels).toEqual(
    labelSetOf([
      ['job', 'j'],
      ['zone', 'z'],
    ]),
  );
});

test('an empty value in the path takes the label away', () => {
  const { value } = push('a{instance="i",k="v"} 1\n', '/metrics/job/j/instance@base64/=');
  expect(value?.samples[0]?.labels).toEqual(
    labelSetOf([
      ['__name__', 'a'],
      ['k', 'v'],
    ]),
  );
});

test.each([
  [
    'a 1 1700000000000\n',
    'line 1: timestamp_not_allowed: pushed metrics are invalid or inconsistent with existing metrics: pushed metrics must not have timestamps',
  ],
  ['a 1\n}{ bad\n', 'line 2, column 1: syntax: expected a metric name, "{" or "#", found "}{"'],
])('%j is refused whole', (body, problem) => {
  const { value, rejects } = push(body);
  expect(value).toBeUndefined();
  expect(rejects.map(textOfReject)).toEqual([problem]);
});

test('the limit of labels holds for those of the path too', () => {
  const labels = (count: number): Label[] => Array.from({ length: count }, (_, at) => [`l${at}`, 'v']);
  const body = (count: number): string => `a{${labels(count).map(([name, value]) => `${name}="${value}"`)}} 1\n`;
  expect(push(body(limits.labelCount - 2)).rejects).toEqual([]);
  expect(push(body(limits.labelCount - 1)).rejects.map(textOfReject)).toEqual([
    `line 1: label_limit: ${limits.labelCount + 1} labels on a, the source's included, the limit is ${limits.labelCount}`,
  ]);
});

const protobuf = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

test('protobuf is read, the empty one included', () => {
  expect(push('', undefined, protobuf)).toMatchObject({ rejects: [], value: { samples: [] } });
});

test('the times of protobuf are refused without naming a line', () => {
  // One family `a` of type gauge with the value 1 at the time 5.
  const body = Buffer.from('12' + '0a0161' + '1801' + '220b' + '1209' + '09000000000000f03f', 'hex');
  expect(push(body, undefined, protobuf)).toMatchObject({ rejects: [], value: { samples: [{ value: 1 }] } });
  const timed = Buffer.from('14' + '0a0161' + '1801' + '220d' + '1209' + '09000000000000f03f' + '3005', 'hex');
  expect(push(timed, undefined, protobuf).rejects.map(textOfReject)).toEqual([
    expect.stringMatching(/^timestamp_not_allowed: .*must not have timestamps$/),
  ]);
});

test('another encoding of protobuf is refused by name', () => {
  const { rejects } = push('', undefined, 'application/vnd.google.protobuf; encoding=compact-text');
  expect(rejects.map(({ code }) => code)).toEqual(['unknown_content_type']);
});

test('any text is a value in base64url, and no path makes it throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), text => {
      const { value } = readGroup(`/metrics/job@base64/${Buffer.from(text).toString('base64url')}`);
      expect(value?.labels).toEqual(labelSetOf([['job', text]]));
    }),
  );
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('/', 'job', 'a', '%', '%2', '=', '@base64', 'é'), maxLength: 12 }),
      path => Array.isArray(readGroup(`/metrics/${path}`).rejects),
    ),
  );
});
