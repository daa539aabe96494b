import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../core/limits.ts';
import { acceptedAtMs, readAt } from './requests.ts';
import { WireWriter } from './wire-writer.ts';

const json = { 'content-type': 'application/json' };
const protobuf = { 'content-type': 'application/x-protobuf' };
const timeUnixNano = `${acceptedAtMs}000000`;
const startTimeUnixNano = `${acceptedAtMs - 10_000}000000`;

const service = [
  { key: 'service.name', value: { stringValue: 'shop' } },
  { key: 'service.namespace', value: { stringValue: 'acme' } },
  { key: 'service.instance.id', value: { stringValue: 'i-1' } },
];
const bodyOf = (metrics: readonly object[], attributes: readonly object[] = service, scope: object = {}) => ({
  resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ scope, metrics }] }],
});
const read = (metrics: readonly object[], query = '', attributes: readonly object[] = service, scope: object = {}) =>
  readAt(`/v1/metrics${query}`, JSON.stringify(bodyOf(metrics, attributes, scope)), json);
const at = 'instance="i-1",job="acme/shop"';

describe('a point', () => {
  test.each<[string, object, string[]]>([
    [
      'a gauge',
      {
        name: 'queue.length',
        unit: '1',
        gauge: {
          dataPoints: [{ timeUnixNano, asDouble: 2.5, attributes: [{ key: 'a.b', value: { intValue: '7' } }] }],
        },
      },
      [`queue_length_ratio{a_b="7",${at}} 2.5 @0`],
    ],
    [
      'a gauge of whole numbers',
      { name: 'n', gauge: { dataPoints: [{ timeUnixNano, asInt: '-9' }] } },
      [`n{${at}} -9 @0`],
    ],
    ['a gauge without a time', { name: 'n', gauge: { dataPoints: [{ asInt: 1 }] } }, [`n{${at}} 1 @0`]],
    ['a value that is gone', { name: 'n', gauge: { dataPoints: [{ timeUnixNano, flags: 1 }] } }, [`n{${at}} stale @0`]],
    ['no number', { name: 'n', gauge: { dataPoints: [{ timeUnixNano, asDouble: 'NaN' }] } }, [`n{${at}} NaN @0`]],
    [
      'a sum that rises',
      {
        name: 'requests',
        sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ timeUnixNano, asInt: 3 }] },
      },
      [`requests_total{${at}} 3 @0`],
    ],
    [
      'a sum that may fall',
      { name: 'sessions', sum: { aggregationTemporality: 2, dataPoints: [{ timeUnixNano, asInt: 3 }] } },
      [`sessions{${at}} 3 @0`],
    ],
    [
      'a histogram',
      {
        name: 'latency',
        unit: 's',
        histogram: {
          aggregationTemporality: 2,
          dataPoints: [{ timeUnixNano, count: '6', sum: 12.5, explicitBounds: [0.1, 1], bucketCounts: ['1', 2, '3'] }],
        },
      },
      [
        `latency_seconds_bucket{${at},le="0.1"} 1 @0`,
        `latency_seconds_bucket{${at},le="1"} 3 @0`,
        `latency_seconds_bucket{${at},le="+Inf"} 6 @0`,
        `latency_seconds_sum{${at}} 12.5 @0`,
        `latency_seconds_count{${at}} 6 @0`,
      ],
    ],
    [
      'a histogram without buckets and sum',
      { name: 'h', histogram: { aggregationTemporality: 2, dataPoints: [{ timeUnixNano, count: 4 }] } },
      [`h_bucket{${at},le="+Inf"} 4 @0`, `h_count{${at}} 4 @0`],
    ],
    [
      'an exponential histogram',
      {
        name: 'h',
        exponentialHistogram: {
          aggregationTemporality: 2,
          dataPoints: [
            {
              timeUnixNano,
              count: 6,
              sum: 11,
              scale: 0,
              zeroCount: 1,
              positive: { offset: 0, bucketCounts: [2, 0, 1] },
              negative: { offset: -1, bucketCounts: ['2'] },
            },
          ],
        },
      },
      [
        `h_bucket{${at},le="-1"} 0 @0`,
        `h_bucket{${at},le="-0.5"} 2 @0`,
        `h_bucket{${at},le="0"} 3 @0`,
        `h_bucket{${at},le="1"} 3 @0`,
        `h_bucket{${at},le="2"} 5 @0`,
        `h_bucket{${at},le="4"} 5 @0`,
        `h_bucket{${at},le="8"} 6 @0`,
        `h_bucket{${at},le="+Inf"} 6 @0`,
        `h_sum{${at}} 11 @0`,
        `h_count{${at}} 6 @0`,
      ],
    ],
    [
      'a summary',
      {
        name: 's',
        summary: {
          dataPoints: [
            {
              timeUnixNano,
              count: 2,
              sum: 3,
              quantileValues: [
                { quantile: 0.5, value: 1 },
                { quantile: 1, value: 2 },
              ],
            },
          ],
        },
      },
      [`s{${at},quantile="0.5"} 1 @0`, `s{${at},quantile="1"} 2 @0`, `s_sum{${at}} 3 @0`, `s_count{${at}} 2 @0`],
    ],
  ])('that is %s', (_, metric, lines) => {
    const answer = read([metric]);
    expect([answer.status, answer.text]).toEqual([200, '{}']);
    expect(answer.lines).toEqual(lines);
    expect(answer.headers['content-type']).toBe('application/json');
  });

  test('of delta temporality is an increment of its span', () => {
    const { samples, lines } = read([
      {
        name: 'hits',
        sum: {
          aggregationTemporality: 1,
          isMonotonic: true,
          dataPoints: [{ startTimeUnixNano, timeUnixNano, asInt: 3 }],
        },
      },
      {
        name: 'h',
        histogram: {
          aggregationTemporality: 1,
          dataPoints: [
            { startTimeUnixNano, timeUnixNano, count: 1, sum: 2, explicitBounds: [5], bucketCounts: [1, 0] },
          ],
        },
      },
    ]);
    expect(lines).toEqual([
      `hits_total{${at}} 3 @0`,
      `h_bucket{${at},le="5"} 1 @0`,
      `h_bucket{${at},le="+Inf"} 1 @0`,
      `h_sum{${at}} 2 @0`,
      `h_count{${at}} 1 @0`,
    ]);
    const span = `${startTimeUnixNano}-${timeUnixNano}`;
    expect(samples.map(({ increment }) => increment)).toEqual(samples.map(() => ({ span })));
  });

  test('exponential and delta, has the same bounds whatever its scale', () => {
    const exponential = (scale: number, offset: number) =>
      read([
        {
          name: 'h',
          exponentialHistogram: {
            aggregationTemporality: 1,
            dataPoints: [
              { startTimeUnixNano, timeUnixNano, count: 3, sum: 9, scale, positive: { offset, bucketCounts: [1, 2] } },
            ],
          },
        },
      ]);
    const [fine, coarse] = [exponential(3, 8), exponential(-1, 2)];
    expect(fine.samples.map(({ labels }) => labels)).toEqual(coarse.samples.map(({ labels }) => labels));
    const steps = (lines: readonly string[]) =>
      lines.filter(
        (line, index) => line.includes('_bucket') && line.split(' ')[1] !== (lines[index - 1]?.split(' ')[1] ?? '0'),
      );
    expect(steps(fine.lines)).toEqual([`h_bucket{${at},le="4"} 3 @0`]);
    expect(steps(coarse.lines)).toEqual([`h_bucket{${at},le="64"} 1 @0`, `h_bucket{${at},le="256"} 3 @0`]);
  });
});

describe('a resource', () => {
  test('with more to say of itself says it in target_info, from the first point to the last', () => {
    const dataPoints = [
      { timeUnixNano, asInt: 1 },
      { timeUnixNano: `${acceptedAtMs - 200_000}000000`, asInt: 1 },
    ];
    const answer = read([{ name: 'n', gauge: { dataPoints } }], '', [
      ...service,
      { key: 'host.name', value: { stringValue: 'h' } },
    ]);
    expect(answer.lines.slice(2)).toEqual([
      `target_info{host_name="h",${at}} 1 @-200`,
      `target_info{host_name="h",${at}} 1 @-50`,
      `target_info{host_name="h",${at}} 1 @0`,
    ]);
  });

  test.each([
    [[{ key: 'service.name', value: { stringValue: 's' } }], 'n{job="s"} 1 @0'],
    [[{ key: 'host.name', value: { stringValue: 'h' } }], 'n 1 @0'],
    [[{ key: 'service.namespace', value: { stringValue: 'ns' } }], 'n 1 @0'],
  ])('of %j is known as %s', (attributes, line) => {
    expect(read([{ name: 'n', gauge: { dataPoints: [{ timeUnixNano, asInt: 1 }] } }], '', attributes).lines).toEqual([
      line,
    ]);
  });
});

test('a point cannot say that it is of another job', () => {
  const attributes = [
    { key: 'job', value: { stringValue: 'bank' } },
    { key: 'instance', value: { stringValue: 'x' } },
  ];
  expect(read([{ name: 'n', gauge: { dataPoints: [{ timeUnixNano, asInt: 1, attributes }] } }]).lines).toEqual([
    `n{${at}} 1 @0`,
  ]);
});

test('attributes that come to one name are joined, and values of any kind are told', () => {
  const value = (each: object) => ({ value: each });
  const attributes = [
    { key: 'a_b', ...value({ stringValue: 'second' }) },
    { key: 'a.b', ...value({ stringValue: 'first' }) },
    { key: 'bool', ...value({ boolValue: true }) },
    { key: 'big', ...value({ intValue: '9223372036854775807' }) },
    { key: 'double', ...value({ doubleValue: 0.5 }) },
    { key: 'list', ...value({ arrayValue: { values: [{ stringValue: 'x' }, { intValue: 2 }] } }) },
    { key: 'map', ...value({ kvlistValue: { values: [{ key: 'k', value: { boolValue: false } }] } }) },
    { key: 'bytes', ...value({ bytesValue: 'AQI=' }) },
    { key: 'nothing', ...value({}) },
  ];
  const { samples } = read([{ name: 'n', gauge: { dataPoints: [{ timeUnixNano, asInt: 1, attributes }] } }]);
  expect(Object.fromEntries(samples[0]!.labels)).toEqual({
    __name__: 'n',
    a_b: 'first;second',
    bool: 'true',
    big: '9223372036854775807',
    double: '0.5',
    list: '["x",2]',
    map: '{"k":false}',
    bytes: 'AQI=',
    instance: 'i-1',
    job: 'acme/shop',
  });
});

test('names and scopes may be told otherwise, as in Prometheus', () => {
  const metric = { name: 'a.b', unit: 's', gauge: { dataPoints: [{ timeUnixNano, asInt: 1 }] } };
  expect(read([metric], '?translation_strategy=NoTranslation').lines).toEqual([`a.b{${at}} 1 @0`]);
  expect(read([metric], '?promote_scope_metadata=true', [], { name: 'lib', version: '1' }).lines).toEqual([
    'a_b_seconds{otel_scope_name="lib",otel_scope_version="1"} 1 @0',
  ]);
  expect(read([metric], '?translation_strategy=Other').status).toBe(400);
});

describe('what cannot be taken', () => {
  const good = { name: 'good', gauge: { dataPoints: [{ timeUnixNano, asInt: 1 }] } };
  const histogram = (point: object) => ({
    name: 'h',
    histogram: { aggregationTemporality: 2, dataPoints: [{ timeUnixNano, ...point }] },
  });
  const exponential = (point: object) => ({
    name: 'h',
    exponentialHistogram: { aggregationTemporality: 2, dataPoints: [{ timeUnixNano, ...point }] },
  });

  test.each<[string, object, number, string]>([
    ['no data', { name: 'x' }, 1, 'no_data'],
    ['a name of which nothing is left', { ...good, name: '@' }, 1, 'bad_name'],
    [
      'an attribute of which nothing is left',
      { name: 'x', gauge: { dataPoints: [{ timeUnixNano, attributes: [{ key: 'ü' }] }] } },
      1,
      'bad_name',
    ],
    [
      'no temporality',
      { name: 'x', sum: { isMonotonic: true, dataPoints: [{ timeUnixNano }, { timeUnixNano }] } },
      2,
      'bad_temporality',
    ],
    [
      'a delta that may be negative',
      { name: 'x', sum: { aggregationTemporality: 1, dataPoints: [{ timeUnixNano }] } },
      1,
      'send it cumulative',
    ],
    [
      'more buckets than bounds',
      histogram({ count: 1, explicitBounds: [1], bucketCounts: [1] }),
      1,
      '1 buckets for 1 bounds',
    ],
    [
      'bounds that fall',
      histogram({ count: 1, explicitBounds: [1, 0], bucketCounts: [1, 0, 0] }),
      1,
      'bounds that do not ascend',
    ],
    [
      'another count than its buckets',
      histogram({ count: 2, explicitBounds: [1], bucketCounts: [1, 0] }),
      1,
      '1 observations in buckets, the count is 2',
    ],
    ['another count than its exponential buckets', exponential({ count: 2, zeroCount: 1 }), 1, 'the count is 2'],
    ['a scale beyond all', exponential({ scale: 21 }), 1, 'a scale of 21'],
    [
      'a time out of bounds',
      { name: 'x', gauge: { dataPoints: [{ timeUnixNano: '1000000' }] } },
      1,
      'timestamp_out_of_bounds',
    ],
    [
      'too long a value',
      {
        name: 'x',
        gauge: {
          dataPoints: [
            {
              timeUnixNano,
              attributes: [{ key: 'a', value: { stringValue: 'x'.repeat(limits.labelValueBytes + 1) } }],
            },
          ],
        },
      },
      1,
      'label_value_limit',
    ],
  ])('%s costs itself, and partial_success says so', (_, bad, rejected, reason) => {
    const answer = read([good, bad, good]);
    expect([answer.status, answer.lines]).toEqual([200, [`good{${at}} 1 @0`, `good{${at}} 1 @0`]]);
    const { partialSuccess } = JSON.parse(answer.text);
    expect(partialSuccess.rejectedDataPoints).toBe(String(rejected));
    expect(partialSuccess.errorMessage).toContain(reason);
    expect(partialSuccess.errorMessage).toContain('resourceMetrics[0].scopeMetrics[0].metrics[1]');
  });

  test.each([
    ['no JSON', '{', 'bad_json'],
    ['a list', '[]', 'expected an object, found []'],
    [
      'a wrong type',
      '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":1}]}]}]}',
      'resourceMetrics[0].scopeMetrics[0].metrics[0].name',
    ],
    [
      'a number that is none',
      JSON.stringify(bodyOf([{ name: 'x', gauge: { dataPoints: [{ asInt: '1.5' }] } }])),
      'expected a whole number, found "1.5"',
    ],
    ['a nest', '['.repeat(100), 'json_depth'],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'bad_utf8'],
  ])('%s is refused whole by a Status', (_, body, reason) => {
    const answer = readAt('/v1/metrics', body, json);
    expect(answer).toMatchObject({ status: 400, samples: [] });
    expect(JSON.parse(answer.text)).toEqual({ code: 3, message: expect.stringContaining(reason) });
  });
});

test('kinds and descriptions are told as families, under the names that the series have', () => {
  const dataPoints = [{ timeUnixNano, asInt: 1 }];
  const { families } = read([
    { name: 'a', description: 'what a is', unit: 's', gauge: { dataPoints } },
    { name: 'b', sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } },
    { name: 'c', sum: { aggregationTemporality: 2, dataPoints } },
    { name: 'd', exponentialHistogram: { aggregationTemporality: 2, dataPoints: [{ timeUnixNano }] } },
    { name: 'a', description: 'again', unit: 's', gauge: { dataPoints } },
  ]);
  expect(families).toEqual([
    { name: 'a_seconds', type: 'gauge', help: 'what a is' },
    { name: 'b_total', type: 'counter' },
    { name: 'c', type: 'gauge' },
    { name: 'd', type: 'histogram' },
  ]);
});

test('nothing is a good request', () => {
  expect(readAt('/v1/metrics', '{}', json)).toMatchObject({ status: 200, text: '{}' });
  const answer = readAt('/v1/metrics', '', protobuf);
  expect([answer.status, answer.headers['content-type'], answer.bytes.length]).toEqual([
    200,
    'application/x-protobuf',
    0,
  ]);
});

test.each([
  ['application/json; charset=utf-8', 200],
  ['application/x-protobuf; charset=x', 400],
  ['text/plain', 415],
  ['', 415],
])('content type %j is answered %i', (contentType, status) => {
  const answer = readAt('/v1/metrics', '{}', { 'content-type': contentType });
  expect(answer.status).toBe(status);
});

describe('as protobuf', () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  const attribute = (key: string, value: WireWriter) => new WireWriter().text(1, key).message(2, value);
  const text = (value: string) => new WireWriter().text(1, value);
  const ns = BigInt(timeUnixNano);
  const stamped = (startField = true) =>
    startField
      ? new WireWriter().fixed64(2, BigInt(startTimeUnixNano)).fixed64(3, ns)
      : new WireWriter().fixed64(3, ns);
  const metric = (name: string, unit: string, field: number, ...points: readonly WireWriter[]) => {
    const data = new WireWriter();
    for (const point of points) data.message(1, point);
    if (field !== 5 && field !== 11) data.varint(2, 2);
    if (field === 7) data.varint(3, 1);
    return new WireWriter().text(1, name).text(2, 'what it is').text(3, unit).message(field, data);
  };
  const request = (...metrics: readonly WireWriter[]) => {
    const resource = new WireWriter()
      .message(1, attribute('service.name', text('shop')))
      .message(1, attribute('service.namespace', text('acme')))
      .message(1, attribute('service.instance.id', text('i-1')));
    const scope = new WireWriter().message(1, new WireWriter().text(1, 'lib').text(2, '1'));
    for (const each of metrics) scope.message(2, each);
    return new WireWriter().message(1, new WireWriter().message(1, resource).message(2, scope)).done();
  };

  test('every kind of point is read', () => {
    const answer = readAt(
      '/v1/metrics',
      request(
        metric(
          'g',
          '',
          5,
          stamped()
            .double(4, 1.5)
            .message(7, attribute('a', new WireWriter().varint(3, 5))),
        ),
        metric('g', '', 5, stamped().fixed64(6, BigInt.asUintN(64, -3n)).varint(8, 1)),
        metric('g2', '', 5, stamped().double(4, 0x7ff0000000000002n)),
        metric('c', '', 7, stamped().fixed64(6, 7n)),
        metric('h', 's', 9, stamped().fixed64(4, 3n).double(5, 4).packedDoubles(6, [1n, 2n]).packedDoubles(7, [0.5])),
        metric(
          'e',
          '',
          10,
          stamped()
            .fixed64(4, 3n)
            .double(5, 4)
            .signed(6, 1)
            .fixed64(7, 1n)
            .message(8, new WireWriter().signed(1, -2).packed(2, [1, 1])),
        ),
        metric(
          's',
          '',
          11,
          stamped().fixed64(4, 1n).double(5, 2).message(6, new WireWriter().double(1, 0.9).double(2, 2)),
        ),
      ),
      protobuf,
    );
    expect([answer.status, answer.bytes.length]).toEqual([200, 0]);
    expect(answer.lines).toEqual([
      `g{a="5",${at}} 1.5 @0`,
      `g{${at}} stale @0`,
      `g2{${at}} stale @0`,
      `c_total{${at}} 7 @0`,
      `h_seconds_bucket{${at},le="0.5"} 1 @0`,
      `h_seconds_bucket{${at},le="+Inf"} 3 @0`,
      `h_seconds_sum{${at}} 4 @0`,
      `h_seconds_count{${at}} 3 @0`,
      `e_bucket{${at},le="0"} 1 @0`,
      `e_bucket{${at},le="0.5"} 1 @0`,
      `e_bucket{${at},le="0.7071067811865476"} 2 @0`,
      `e_bucket{${at},le="1"} 3 @0`,
      `e_bucket{${at},le="+Inf"} 3 @0`,
      `e_sum{${at}} 4 @0`,
      `e_count{${at}} 3 @0`,
      `s{${at},quantile="0.9"} 2 @0`,
      `s_sum{${at}} 2 @0`,
      `s_count{${at}} 1 @0`,
    ]);
  });

  test('partial success and errors are protobuf too', () => {
    const partial = readAt('/v1/metrics', request(metric('@', '', 5, stamped(), stamped())), protobuf);
    const message = 'resourceMetrics[0].scopeMetrics[0].metrics[0]: bad_name: nothing is left of metric name "@"';
    const success = new WireWriter().varint(1, 2).text(2, message);
    expect([partial.status, hex(partial.bytes)]).toEqual([200, hex(new WireWriter().message(1, success).done())]);
    const refused = readAt('/v1/metrics', Uint8Array.of(10, 200, 1), protobuf);
    expect(refused.headers['content-type']).toBe('application/x-protobuf');
    const reason = 'bad_protobuf: expected 200 bytes, found the end of the message after 0 (byte 3)';
    expect([refused.status, hex(refused.bytes)]).toEqual([
      400,
      hex(new WireWriter().varint(1, 3).text(2, reason).done()),
    ]);
  });

  test('values inside values end somewhere', () => {
    let nested = text('x');
    for (let depth = 0; depth < 100; depth += 1)
      nested = new WireWriter().message(5, new WireWriter().message(1, nested));
    const bad = readAt(
      '/v1/metrics',
      request(metric('g', '', 5, stamped().message(7, attribute('a', nested)))),
      protobuf,
    );
    expect(bad).toMatchObject({ status: 400, text: expect.stringContaining('values inside each other') });
  });

  test('any bytes are taken or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
        expect([200, 400]).toContain(readAt('/v1/metrics', bytes, protobuf).status);
      }),
      { numRuns: 500 },
    );
  });
});

test('any JSON is taken or refused', () => {
  const known = fc.constantFrom(
    'resourceMetrics',
    'scopeMetrics',
    'metrics',
    'gauge',
    'sum',
    'dataPoints',
    'asInt',
    'attributes',
    'name',
  );
  const tree = fc.letrec(tie => ({
    any: fc.oneof(
      { maxDepth: 8, depthSize: 'large' },
      fc.jsonValue({ maxDepth: 1 }),
      tie('object'),
      fc.array(tie('object'), { maxLength: 2 }),
    ),
    object: fc.dictionary(known, tie('any'), { maxKeys: 3 }),
  })).object;
  fc.assert(
    fc.property(tree, body => {
      expect([200, 400]).toContain(readAt('/v1/metrics', JSON.stringify(body), json).status);
    }),
    { numRuns: 500 },
  );
});
