import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../core/limits.ts';
import { acceptedAtMs, backfillMs, readAt } from './requests.ts';
import { WireWriter } from './wire-writer.ts';

const stale = 0x7ff0000000000002n;
type Labels = Readonly<Record<string, string>>;
type Point = readonly [value: number | bigint, timestampMs: number];

const point = ([value, timestampMs]: Point) => new WireWriter().double(1, value).varint(2, timestampMs);

const v1 = (
  ...series: readonly { labels: Labels; points?: readonly Point[]; histograms?: readonly WireWriter[] }[]
) => {
  const request = new WireWriter();
  for (const { labels, points = [], histograms = [] } of series) {
    const each = new WireWriter();
    for (const [name, value] of Object.entries(labels)) each.message(1, new WireWriter().text(1, name).text(2, value));
    for (const one of points) each.message(2, point(one));
    for (const one of histograms) each.message(4, one);
    request.message(1, each);
  }
  return request.message(3, new WireWriter().varint(1, 1).text(2, 'm')).done();
};

const v2Type = 'application/x-protobuf;proto=io.prometheus.write.v2.Request';
const v2 = (symbols: readonly string[], ...series: readonly WireWriter[]) => {
  const request = new WireWriter();
  for (const symbol of symbols) request.text(4, symbol);
  for (const each of series) request.message(5, each);
  return request.done();
};
const countsOf = (headers: Readonly<Record<string, string>>) =>
  ['samples', 'histograms', 'exemplars'].map(what => headers[`x-prometheus-remote-write-${what}-written`]).join(' ');

const asV1 = (body: Uint8Array) => readAt('/api/v1/write', body, { 'content-type': 'application/x-protobuf' });
const asV2 = (body: Uint8Array) => readAt('/api/v1/write', body, { 'content-type': v2Type });

describe('version 1', () => {
  test('gives every sample its series, its time and its bits', () => {
    const read = asV1(
      v1(
        {
          labels: { __name__: 'a', job: 'j', x: 'ü' },
          points: [
            [1.5, acceptedAtMs],
            [stale, acceptedAtMs + 1_000],
          ],
        },
        { labels: { job: 'k', __name__: 'b' }, points: [[Number.NaN, acceptedAtMs - 60_000]] },
      ),
    );
    expect(read.lines).toEqual(['a{job="j",x="ü"} 1.5 @0', 'a{job="j",x="ü"} stale @1', 'b{job="k"} NaN @-60']);
    expect([read.status, read.text, countsOf(read.headers)]).toEqual([204, '', '  ']);
  });

  test('nothing is a good request', () => {
    expect(asV1(new Uint8Array())).toMatchObject({ status: 204, samples: [] });
    expect(asV1(v1({ labels: { __name__: 'a' } }))).toMatchObject({ status: 204, samples: [] });
  });

  test.each([
    [{ x: '1' }, 'timeseries[1]: no_name: no metric name (__name__)'],
    [{ __name__: '' }, 'timeseries[1]: no_name'],
    [{ __name__: 'm', '': '1' }, 'timeseries[1]: bad_name: a label has no name'],
    [{ __name__: 'm', a: 'x'.repeat(limits.labelValueBytes + 1) }, 'timeseries[1]: label_value_limit: 2049 bytes in a'],
    [{ __name__: 'm', ['a'.repeat(limits.labelNameBytes + 1)]: '' }, 'timeseries[1]: label_name_limit'],
    [
      Object.fromEntries([['__name__', 'm'], ...Array.from({ length: 30 }, (_, at) => [`l${at}`, 'x'])]),
      'timeseries[1]: label_limit: 31 labels on m, the limit is 30',
    ],
  ])('a series with %j costs itself and no other', (labels, reason) => {
    const good = { labels: { __name__: 'a' }, points: [[1, acceptedAtMs] as const] };
    const read = asV1(
      v1(
        good,
        {
          labels: labels as Labels,
          points: [
            [1, acceptedAtMs],
            [2, acceptedAtMs],
          ],
        },
        good,
      ),
    );
    expect(read).toMatchObject({ status: 400, lines: ['a 1 @0', 'a 1 @0'], refused: 2 });
    expect(read.text).toContain(reason);
  });

  test.each([
    [limits.timestampAheadMs, 204],
    [limits.timestampAheadMs + 1, 400],
    [-backfillMs, 204],
    [-backfillMs - 1, 400],
    [-acceptedAtMs - 5, 400],
  ])('a sample %i ms from the accept time is answered %i', (offsetMs, status) => {
    const read = asV1(
      v1({
        labels: { __name__: 'a' },
        points: [
          [1, acceptedAtMs + offsetMs],
          [2, acceptedAtMs],
        ],
      }),
    );
    expect(read.status).toBe(status);
    expect(read.lines).toHaveLength(status === 204 ? 2 : 1);
    if (status === 400) expect(read.text).toContain('timeseries[0].samples[0]: timestamp_out_of_bounds');
  });

  test('text that is no UTF-8 is refused', () => {
    const label = new WireWriter().text(1, '__name__').bytes(2, Uint8Array.of(0xff));
    expect(asV1(new WireWriter().message(1, new WireWriter().message(1, label)).done())).toMatchObject({
      status: 400,
      text: expect.stringContaining('bad_utf8'),
    });
  });

  test('a repeated label name is refused', () => {
    const label = (value: string) => new WireWriter().text(1, '__name__').text(2, value);
    const series = new WireWriter()
      .message(1, label('a'))
      .message(1, label('b'))
      .message(2, point([1, acceptedAtMs]));
    expect(asV1(new WireWriter().message(1, series).done()).text).toContain('repeated_label');
  });
});

describe('version 2', () => {
  const symbols = ['', '__name__', 'm', 'job', 'j'];

  test('finds labels by symbol and counts what it wrote', () => {
    const series = new WireWriter()
      .packed(1, [1, 2, 3, 4])
      .message(2, point([1, acceptedAtMs]).varint(3, acceptedAtMs - 5_000))
      .message(2, point([stale, acceptedAtMs + 5]))
      .message(4, new WireWriter().packed(1, [3, 4]).double(2, 1).varint(3, acceptedAtMs))
      .varint(6, acceptedAtMs - 5_000);
    const read = asV2(v2(symbols, series));
    expect(read.lines).toEqual(['m{job="j"} 1 @0', 'm{job="j"} stale @0.005']);
    expect([read.status, countsOf(read.headers)]).toEqual([204, '2 0 0']);
  });

  test('refs need not be packed, and symbols may come last', () => {
    const series = new WireWriter()
      .varint(1, 1)
      .varint(1, 2)
      .message(2, point([1, acceptedAtMs]));
    const request = new WireWriter().message(5, series);
    for (const symbol of symbols) request.text(4, symbol);
    expect(asV2(request.done())).toMatchObject({ status: 204, lines: ['m 1 @0'] });
  });

  test.each([
    ['a ref of no symbol', new WireWriter().packed(1, [1, 9]).message(2, point([1, acceptedAtMs])), 'label ref 9 of 5'],
    [
      'an odd number of refs',
      new WireWriter().packed(1, [1, 2, 3]).message(2, point([1, acceptedAtMs])),
      '3 label refs',
    ],
    ['no samples', new WireWriter().packed(1, [1, 2]), 'neither samples nor histograms'],
    [
      'samples and histograms',
      new WireWriter()
        .packed(1, [1, 2])
        .message(2, point([1, acceptedAtMs]))
        .message(3, new WireWriter().varint(15, acceptedAtMs)),
      'samples and histograms in one series',
    ],
    [
      'an exemplar with a ref of no symbol',
      new WireWriter()
        .packed(1, [1, 2])
        .message(2, point([1, acceptedAtMs]))
        .message(4, new WireWriter().packed(1, [1, 7])),
      'label ref 7 of 5 symbols in an exemplar',
    ],
    ['no name', new WireWriter().packed(1, [3, 4]).message(2, point([1, acceptedAtMs])), 'no_name'],
    ['a name twice', new WireWriter().packed(1, [1, 2, 1, 4]).message(2, point([1, acceptedAtMs])), 'repeated_label'],
  ])('%s costs the series and no other', (_, bad, reason) => {
    const good = new WireWriter().packed(1, [1, 2]).message(2, point([1, acceptedAtMs]));
    const read = asV2(v2(symbols, good, bad));
    expect(read).toMatchObject({ status: 400, lines: ['m 1 @0'] });
    expect(read.text).toContain(reason);
    expect(countsOf(read.headers)).toBe('1 0 0');
  });

  test('symbols that do not begin with the empty one are refused whole, with counts', () => {
    const read = asV2(v2(['m'], new WireWriter().packed(1, [0, 0]).message(2, point([1, acceptedAtMs]))));
    expect([read.status, read.samples, countsOf(read.headers)]).toEqual([400, [], '0 0 0']);
  });
});

describe('a native histogram', () => {
  const span = (offset: number, length: number) => new WireWriter().signed(1, offset).varint(2, length);
  const histogram = (count: number, sum: number | bigint = 18.4) =>
    new WireWriter()
      .varint(1, count)
      .double(3, sum)
      .signed(4, 0)
      .double(5, 0.001)
      .varint(6, 2)
      .message(8, span(0, 1))
      .packedSigned(9, [1])
      .message(11, span(0, 2))
      .message(11, span(1, 1))
      .packedSigned(12, [1, 2, -1])
      .varint(15, acceptedAtMs);

  test('is stored by explicit bounds, cumulative, empty buckets in between included', () => {
    const read = asV1(v1({ labels: { __name__: 'h', job: 'j' }, histograms: [histogram(9)] }));
    expect(read.status).toBe(204);
    expect(read.lines).toEqual([
      'h_bucket{job="j",le="-1"} 0 @0',
      'h_bucket{job="j",le="-0.5"} 1 @0',
      'h_bucket{job="j",le="0.001"} 3 @0',
      'h_bucket{job="j",le="0.5"} 3 @0',
      'h_bucket{job="j",le="1"} 4 @0',
      'h_bucket{job="j",le="2"} 7 @0',
      'h_bucket{job="j",le="4"} 7 @0',
      'h_bucket{job="j",le="8"} 9 @0',
      'h_bucket{job="j",le="+Inf"} 9 @0',
      'h_sum{job="j"} 18.4 @0',
      'h_count{job="j"} 9 @0',
    ]);
  });

  test('of bounds of its own keeps them', () => {
    const custom = new WireWriter()
      .varint(1, 6)
      .double(3, 10)
      .signed(4, -53)
      .message(11, span(0, 3))
      .packedSigned(12, [1, 1, 1])
      .packedDoubles(16, [0.1, 5])
      .varint(15, acceptedAtMs);
    expect(asV1(v1({ labels: { __name__: 'h' }, histograms: [custom] })).lines).toEqual([
      'h_bucket{le="0.1"} 1 @0',
      'h_bucket{le="5"} 3 @0',
      'h_bucket{le="+Inf"} 6 @0',
      'h_sum 10 @0',
      'h_count 6 @0',
    ]);
  });

  test('that has ended ends its count, sum and last bucket', () => {
    expect(asV1(v1({ labels: { __name__: 'h' }, histograms: [histogram(9, stale)] })).lines).toEqual([
      'h_bucket{le="+Inf"} stale @0',
      'h_sum stale @0',
      'h_count stale @0',
    ]);
  });

  test.each([
    ['a count that its buckets are not', histogram(12), '9 observations in buckets, the count is 12'],
    ['a schema nobody knows', histogram(9).signed(4, 9), 'schema 9 is not known'],
    ['spans without counts', histogram(9).message(11, span(0, 1)), 'spans and bucket counts do not match'],
    ['counts below zero', histogram(9).packedSigned(12, [-7]).message(11, span(0, 1)), 'do not match'],
    ['a time out of bounds', histogram(9).varint(15, 5), 'timestamp_out_of_bounds'],
  ])('with %s is refused', (_, bad, reason) => {
    const read = asV2(v2(['', '__name__', 'h'], new WireWriter().packed(1, [1, 2]).message(3, bad)));
    expect([read.status, countsOf(read.headers), read.samples]).toEqual([400, '0 0 0', []]);
    expect(read.text).toContain(reason);
  });

  test('is counted as one, however many series it becomes', () => {
    const read = asV2(v2(['', '__name__', 'h'], new WireWriter().packed(1, [1, 2]).message(3, histogram(9))));
    expect([read.status, countsOf(read.headers)]).toEqual([204, '0 1 0']);
  });
});

test('what is said of families is told, of each once', () => {
  const v1Metadata = new WireWriter().message(
    3,
    new WireWriter().varint(1, 1).text(2, 'a_total').text(4, 'what it is'),
  );
  expect(asV1(v1Metadata.done()).families).toEqual([{ name: 'a_total', type: 'counter', help: 'what it is' }]);
  const series = (name: number, type: number, help: number) =>
    new WireWriter()
      .packed(1, [1, name])
      .message(2, point([1, acceptedAtMs]))
      .message(5, new WireWriter().varint(1, type).varint(3, help));
  const symbols = ['', '__name__', 'h_bucket', 'h_sum', 'g', 'help'];
  expect(asV2(v2(symbols, series(2, 3, 5), series(3, 3, 5), series(4, 2, 0), series(4, 0, 0))).families).toEqual([
    { name: 'h', type: 'histogram', help: 'help' },
    { name: 'g', type: 'gauge' },
  ]);
});

test.each([
  ['application/json', 415],
  ['image/png', 415],
  ['application/x-protobuf;proto=prometheus.Other', 415],
  ['application/x-protobuf;proto=prometheus.WriteRequest', 204],
  ['application/x-protobuf; proto="prometheus.WriteRequest"', 204],
  [v2Type, 204],
  ['', 204],
])('content type %j is answered %i', (contentType, status) => {
  expect(readAt('/api/v1/write', new Uint8Array(), { 'content-type': contentType }).status).toBe(status);
});

test('bytes that are no protobuf are refused, with the place', () => {
  expect(asV1(Uint8Array.of(10, 200, 1))).toMatchObject({ status: 400, text: expect.stringContaining('byte 3') });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, second) => {
      const read = (second ? asV2 : asV1)(bytes);
      expect([204, 400]).toContain(read.status);
    }),
    { numRuns: 500 },
  );
});
