import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { labelSetOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { readJson } from '../../../core/protocol/json.ts';
import { isDeeper } from '../../../core/protocol/json-depth.ts';
import { textOfReject } from '../../../core/reject.ts';

const acceptedAtMs = 1_700_000_000_000;
const read = (body: string | object) =>
  readJson(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), acceptedAtMs);
const problems = (body: string | object): string[] => read(body).rejects.map(textOfReject);
const metric = (fields: object): object => ({ metrics: [{ name: 'a', value: 1, ...fields }] });

test('a push with everything in it', () => {
  const body = {
    job: 'j',
    instance: 'i',
    unknown: 1,
    metrics: [
      {
        name: 'a',
        type: 'gauge',
        value: 1.5,
        labels: { b: 'c', empty: '' },
        timestampMs: acceptedAtMs - 1,
        unknown: {},
      },
      { name: 'n', value: 'NaN' },
      { name: 'p', type: 'counter', value: '+Inf' },
      { name: 'm', type: 'untyped', value: '-Inf' },
    ],
  };
  expect(read(body)).toEqual({
    value: {
      sourceLabels: labelSetOf([
        ['job', 'j'],
        ['instance', 'i'],
      ]),
      samples: [
        {
          labels: labelSetOf([
            ['__name__', 'a'],
            ['b', 'c'],
          ]),
          value: 1.5,
          timestampMs: acceptedAtMs - 1,
        },
        { labels: labelSetOf([['__name__', 'n']]), value: NaN },
        { labels: labelSetOf([['__name__', 'p']]), value: Infinity },
        { labels: labelSetOf([['__name__', 'm']]), value: -Infinity },
      ],
      families: [
        { name: 'a', type: 'gauge' },
        { name: 'p', type: 'counter' },
        { name: 'm', type: 'unknown' },
      ],
    },
    rejects: [],
  });
});

test.each([
  ['[]', 'body: bad_json: expected an object, found []'],
  ['null', 'body: bad_json: expected an object, found null'],
  [{}, 'metrics: bad_json: expected a list, found nothing'],
  [{ metrics: {} }, 'metrics: bad_json: expected a list, found {}'],
  [{ job: 1, metrics: [] }, 'job: bad_json: expected a text, found 1'],
  [{ metrics: [3] }, 'metrics[0]: bad_json: expected an object, found 3'],
  [
    metric({ name: 'a b' }),
    'metrics[0].name: bad_name: expected a metric name (^[a-zA-Z_:][a-zA-Z0-9_:]*$), found "a b"',
  ],
  [
    metric({ name: undefined }),
    'metrics[0].name: bad_name: expected a metric name (^[a-zA-Z_:][a-zA-Z0-9_:]*$), found nothing',
  ],
  [
    metric({ value: undefined }),
    'metrics[0].value: bad_value: expected a number, "NaN", "+Inf" or "-Inf", found nothing',
  ],
  [metric({ value: '1' }), 'metrics[0].value: bad_value: expected a number, "NaN", "+Inf" or "-Inf", found "1"'],
  [
    '{"metrics":[{"name":"a","value":1e400}]}',
    'metrics[0].value: bad_value: expected a number, "NaN", "+Inf" or "-Inf", found null',
  ],
  [
    metric({ type: 'histogram' }),
    'metrics[0].type: bad_type: expected one of gauge, counter, untyped, unknown, found "histogram"',
  ],
  [metric({ timestampMs: 1.5 }), 'metrics[0].timestampMs: bad_timestamp: expected whole milliseconds, found 1.5'],
  [metric({ timestampMs: '1' }), 'metrics[0].timestampMs: bad_timestamp: expected whole milliseconds, found "1"'],
  [
    metric({ timestampMs: 5 }),
    'metrics[0].timestampMs: timestamp_out_of_bounds: timestamp 5 is 1700000000 s behind the accept time, the limit is 3600 s',
  ],
  [metric({ labels: [] }), 'metrics[0].labels: bad_json: expected an object of texts, found []'],
  [metric({ labels: { b: 1 } }), 'metrics[0].labels.b: bad_json: expected a text, found 1'],
  [
    metric({ labels: { 'b-c': 'x' } }),
    'metrics[0].labels: bad_name: expected a label name (^[a-zA-Z_][a-zA-Z0-9_]*$), found "b-c"',
  ],
  [
    metric({ labels: { __name__: 'x' } }),
    'metrics[0].labels: bad_name: expected a label name (^[a-zA-Z_][a-zA-Z0-9_]*$), found "__name__"',
  ],
  [
    '{"metrics":[{"name":"a","value":1,"labels":{"b":"\\ud800"}}]}',
    'metrics[0].labels.b: bad_utf8: the text has a lone surrogate',
  ],
  [
    metric({ labels: { b: 'x'.repeat(limits.labelValueBytes + 1) } }),
    `metrics[0].labels.b: label_value_limit: ${limits.labelValueBytes + 1} bytes, the limit is ${limits.labelValueBytes}`,
  ],
  [
    metric({ labels: Object.fromEntries(Array.from({ length: limits.labelCount }, (_, at) => [`l${at}`, 'x'])) }),
    `metrics[0].labels: label_limit: ${limits.labelCount + 1} labels on a, the limit is ${limits.labelCount}`,
  ],
])('%j is refused', (body, problem) => {
  expect(problems(body)).toEqual([problem]);
});

test('JSON that is none says where', () => {
  expect(problems('{"metrics":[')).toEqual([expect.stringMatching(/^body: bad_json: .+/)]);
  expect(readJson(Buffer.from([0x22, 0xff, 0x22]), acceptedAtMs).rejects.map(({ code }) => code)).toEqual(['bad_utf8']);
});

test('a label called __proto__ is a label like any other', () => {
  const { value, rejects } = read('{"metrics":[{"name":"a","value":1,"labels":{"__proto__":"x","constructor":"y"}}]}');
  expect(rejects).toEqual([]);
  expect(value.samples[0]?.labels).toEqual(
    labelSetOf([
      ['__name__', 'a'],
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]),
  );
  expect(read('{"__proto__":{"metrics":[]}}').rejects).toHaveLength(1);
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
});

describe('depth', () => {
  test.each([
    ['[[]]', 2, false],
    ['[[[]]]', 2, true],
    ['{"a":{"b":1}}', 1, true],
    ['["[[[["]', 1, false],
    ['["\\"[[["]', 1, false],
    ['["\\\\",[]]', 1, true],
    ['[][][][]', 1, false],
  ])('%s is deeper than %i: %s', (text, depth, deeper) => {
    expect(isDeeper(Buffer.from(text), depth)).toBe(deeper);
  });

  test('a tower of brackets is refused before it is parsed', () => {
    expect(problems('['.repeat(1_000_000))).toEqual([
      `body: json_depth: nested deeper than the limit of ${limits.jsonDepth}`,
    ]);
  });
});

test('a flood of wrong metrics is not listed to its end', () => {
  expect(
    read({ metrics: Array.from({ length: 1_000 }, () => ({ name: '', value: '' })) }).rejects.length,
  ).toBeLessThanOrEqual(limits.rejectsListed + 2);
});

test('random JSON and random bytes never make it throw', () => {
  const field = fc.constantFrom('job', 'metrics', 'name', 'value', 'labels', 'timestampMs', 'type', '__proto__');
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(field, tie('tree'), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(tree, body => Array.isArray(read(JSON.stringify(body) ?? '').rejects)),
    { numRuns: 1_000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => Array.isArray(readJson(bytes, acceptedAtMs).rejects)),
  );
});
