import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeGoNumber } from '../../../core/exposition/go-number.ts';
import { readProtobuf } from '../../../core/exposition/protobuf.ts';
import { expositionOf } from '../../../core/exposition/read.ts';
import { readText } from '../../../core/exposition/text.ts';
import { limits } from '../../../core/limits.ts';
import { textOfReject } from '../../../core/reject.ts';
import { textOf } from './same-reading.ts';

// One registry of client_golang 1.24 with a metric of each kind, as it encodes it in both formats.
const fixture = (name: string): string => readFileSync(join(import.meta.dirname, '../../fixtures', name), 'utf8');
const page = Buffer.from(fixture('client-golang.pb.base64'), 'base64');
const read = (bytes: Uint8Array, samples = 1_000) => readProtobuf(bytes, { samples });

/** A field of protobuf: a number as varint, a text or message after its length, a double as eight bytes. */
const field = (number: number, value: number | bigint | string | Buffer | { readonly double: number }): Buffer => {
  if (typeof value === 'number' || typeof value === 'bigint')
    return Buffer.from([...varint(number * 8), ...varint(value)]);
  if (typeof value === 'string' || Buffer.isBuffer(value)) {
    const bytes = Buffer.from(value as string);
    return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
  }
  const double = Buffer.alloc(8);
  double.writeDoubleLE(value.double);
  return Buffer.concat([Buffer.from(varint(number * 8 + 1)), double]);
};
const varint = (value: number | bigint): number[] => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
};
const delimited = (...fields: readonly Buffer[]): Buffer => {
  const message = Buffer.concat(fields);
  return Buffer.concat([Buffer.from(varint(message.length)), message]);
};
const gauge = (...labels: readonly (readonly [string, string])[]): Buffer =>
  field(
    4,
    Buffer.concat([
      ...labels.map(([name, value]) => field(1, Buffer.concat([field(1, name), field(2, value)]))),
      field(2, field(1, { double: 1 })),
    ]),
  );

/** A family of gauges. */
const family = (name: string, ...metrics: readonly Buffer[]): Buffer =>
  delimited(field(1, name), field(3, 1), ...metrics);

test('what client_golang pushes is what its text says', () => {
  const { value, rejects } = read(page);
  const text = readText(Buffer.from(fixture('client-golang.prom')), { samples: 1_000 });
  expect([rejects, text.rejects]).toEqual([[], []]);
  const said = ({ columns }: typeof value): string[] =>
    columns.series.map((labels, at) => textOf([labels, columns.values[at], columns.timestampsMs?.[at]])).sort();
  expect(said(value)).toEqual(said(text.value));
  expect(value.families).toEqual(text.value.families);
});

test('exemplars, beginnings and exact times are kept', () => {
  const { samples } = read(page).value;
  expect(samples.find(({ exemplar }) => exemplar !== undefined)).toMatchObject({
    value: 2.5,
    exemplar: { labels: [['trace_id', 'abc']], value: 2.5, timestampMs: expect.any(Number) },
    createdMs: expect.any(Number),
  });
  expect(samples.at(-1)).toMatchObject({ timestampExactMs: 9_223_372_036_854_775_807n });
});

describe('what is wrong is told', () => {
  test.each([
    ['a message cut off', page.subarray(0, 20), 'families[0]: bad_protobuf: expected'],
    ['text', Buffer.from('a 1\nb 2\n'), 'families[0]: bad_protobuf: expected'],
    ['no name', delimited(field(3, 1), gauge()), 'families[0]: bad_family: expected a name'],
    ['an unknown type', delimited(field(1, 'a'), field(3, 9), gauge()), 'families[0]: bad_family: expected a name'],
    [
      'a gauge among counters',
      delimited(field(1, 'a'), gauge()),
      'families[0].metric[0]: bad_metric: expected a counter',
    ],
    [
      'a label twice',
      delimited(field(1, 'a'), field(3, 1), gauge(), gauge(['b', 'c'], ['b', 'd'])),
      'families[0].metric[1]: duplicate_label',
    ],
    ['a nameless label', delimited(field(1, 'a'), field(3, 1), gauge(['', 'c'])), 'families[0].metric[0]: bad_name'],
    [
      'the reserved label',
      delimited(field(1, 'a'), field(3, 1), gauge(['__name__', 'c'])),
      'families[0].metric[0]: reserved_label',
    ],
    [
      'invalid UTF-8',
      delimited(field(1, Buffer.from([0xff])), field(3, 1)),
      'families[0]: bad_protobuf: the name is not valid UTF-8',
    ],
    [
      'a long label value',
      delimited(field(1, 'a'), field(3, 1), gauge(['b', 'c'.repeat(3_000)])),
      'families[0].metric[0]: label_value_limit: 3000 bytes',
    ],
    ['a number without end', Buffer.alloc(20, 0xff), 'families[0]: bad_protobuf: expected a number of 64 bits'],
  ])('%s', (_, bytes, problem) => {
    expect(read(bytes).rejects.map(textOfReject)).toEqual([expect.stringContaining(problem)]);
  });

  test.each([
    [
      'samples',
      Buffer.concat([family('a', gauge(), gauge(['b', '2'])), family('c', gauge())]),
      2,
      'families[1].metric[0]: sample_limit: more than 2 samples',
    ],
    [
      'metrics of a family',
      family('a', gauge(), gauge(), gauge()),
      0,
      'families[0]: sample_limit: more than 2 metrics',
    ],
    [
      'families',
      Buffer.concat([family('a'), family('b'), family('c')]),
      0,
      'families[2]: family_limit: more than 2 families',
    ],
    [
      'labels',
      family('a', gauge(...Array.from({ length: limits.labelCount + 1 }, (_, at) => [`l${at}`, 'v'] as const))),
      0,
      'families[0].metric[0]: label_limit: more than 30 labels',
    ],
  ])('too many %s', (_, bytes, count, problem) => {
    const { value, rejects } = read(bytes, 2);
    expect(value.count).toBe(count);
    expect(rejects.map(textOfReject)).toEqual([expect.stringContaining(problem)]);
  });
});

test('a histogram without its last bucket gets it from its count', () => {
  const histogram = field(
    7,
    Buffer.concat([
      field(1, 5n),
      field(2, { double: 1.5 }),
      field(3, Buffer.concat([field(1, 3), field(2, { double: 1e6 })])),
    ]),
  );
  const { value } = read(delimited(field(1, 'a'), field(3, 4), field(4, histogram)));
  expect(value.samples.map(({ labels, value: number }) => [...labels.flat(), number])).toEqual([
    ['__name__', 'a_bucket', 'le', '1e+06', 3],
    ['__name__', 'a_bucket', 'le', '+Inf', 5],
    ['__name__', 'a_sum', 1.5],
    ['__name__', 'a_count', 5],
  ]);
});

test('fields of other versions are passed over', () => {
  const bytes = delimited(field(1, 'a'), field(99, 'x'), field(98, 7), field(97, { double: 1 }), field(3, 1), gauge());
  expect(read(bytes)).toMatchObject({ rejects: [], value: { count: 1 } });
});

test('torn messages never make it throw', () => {
  fc.assert(
    fc.property(fc.nat(page.length), fc.uint8Array({ maxLength: 6 }), fc.nat(4), (at, bytes, skipped) => {
      const torn = Buffer.concat([page.subarray(0, at), bytes, page.subarray(at + skipped)]);
      return Array.isArray(read(torn).rejects);
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  ['application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited', readProtobuf],
  ['application/vnd.google.protobuf', readProtobuf],
  ['application/vnd.google.protobuf; encoding=text', undefined],
  ['application/vnd.google.protobuf; proto=another.Message; encoding=delimited', undefined],
])('%j is read by its parameters', (contentType, reader) => {
  expect(expositionOf(contentType)).toBe(reader);
});

test.each([
  [1, '1'],
  [-0, '-0'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [100_000, '100000'],
  [999_999.5, '999999.5'],
  [1_000_000, '1e+06'],
  [1.5e100, '1.5e+100'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
  [Number.NaN, 'NaN'],
])('Go writes %d as %s', (value, text) => {
  expect(writeGoNumber(value)).toBe(text);
});
