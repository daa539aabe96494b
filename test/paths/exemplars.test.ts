import { compress } from 'snappyjs';
import { describe, expect, test } from 'vitest';
import { WireWriter } from '../core/protocol/wire-writer.ts';
import { memoryBuilding } from './building.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 0, 30);
const startSeconds = startMs / 1_000;
const openmetrics = { 'content-type': 'application/openmetrics-text; version=1.0.0' };

type House = ReturnType<typeof memoryBuilding>;

const ask = async (house: House, parameters: Record<string, string>) => {
  const answer = await house.read(`/api/v1/query_exemplars?${new URLSearchParams(parameters)}`);
  return { status: answer.statusCode, body: JSON.parse(String(answer.body)) };
};

const page = (exemplars: readonly [le: string, count: number, exemplar: string][]): string =>
  `# TYPE took histogram\n${exemplars.map(([le, count, exemplar]) => `took_bucket{le="${le}"} ${count}${exemplar}\n`).join('')}took_count 9\ntook_sum 3\n# EOF\n`;

const seriesOf = (le: string, more = {}) => ({ __name__: 'took_bucket', job: 'shop', le, ...more });

describe('exemplars', () => {
  test('of a page are answered as Prometheus answers them, however often they come', async () => {
    const house = memoryBuilding({ startMs });
    const told = page([
      ['0.1', 5, ` # {trace_id="a"} 0.07 ${startSeconds - 10}`],
      ['1', 8, ''],
      ['+Inf', 9, ` # {trace_id="ü"} 2.5e+21 ${startSeconds - 7.5}`],
    ]);
    for (let nth = 0; nth < 3; nth += 1) {
      expect((await house.push('/v1/push?job=shop', told, openmetrics)).statusCode).toBe(200);
      await house.pass(20_000);
    }
    await house.push(
      '/v1/push?job=shop',
      page([
        ['0.1', 5, ` # {trace_id="b"} 0.01 ${startSeconds + 50}`],
        ['+Inf', 9, ''],
      ]),
      openmetrics,
    );
    await house.pass(10_000);
    const first = {
      seriesLabels: seriesOf('+Inf'),
      exemplars: [{ labels: { trace_id: 'ü' }, value: '2.5e+21', timestamp: startSeconds - 7.5 }],
    };
    const second = {
      seriesLabels: seriesOf('0.1'),
      exemplars: [
        { labels: { trace_id: 'a' }, value: '0.07', timestamp: startSeconds - 10 },
        { labels: { trace_id: 'b' }, value: '0.01', timestamp: startSeconds + 50 },
      ],
    };
    const query = 'histogram_quantile(0.9, sum by (le) (rate(took_bucket[5m])))';
    expect(await ask(house, { query })).toEqual({ status: 200, body: { status: 'success', data: [first, second] } });
    // Both ends are included.
    const [start, end] = [String(startSeconds - 10), String(startSeconds - 7.5)];
    expect((await ask(house, { query, start, end })).body.data).toEqual([
      first,
      { ...second, exemplars: second.exemplars.slice(0, 1) },
    ]);
    expect((await ask(house, { query: 'took_bucket{le="1"}' })).body.data).toEqual([]);
    expect((await ask(house, { query: 'took_bucket{le="0.1"} / nothing', end })).body.data).toEqual([
      { ...second, exemplars: second.exemplars.slice(0, 1) },
    ]);
  });

  test('that have no time have the accept time; those that are too long are left aside', async () => {
    const house = memoryBuilding({ startMs });
    const long = 'x'.repeat(121);
    await house.push(
      '/v1/push?job=shop',
      page([
        ['0.1', 5, ' # {trace_id="a"} 0.07'],
        ['+Inf', 9, ` # {trace_id="${long}"} 1`],
      ]),
      openmetrics,
    );
    await house.pass(6_000);
    expect((await ask(house, { query: 'took_bucket' })).body.data).toEqual([
      {
        seriesLabels: seriesOf('0.1'),
        exemplars: [{ labels: { trace_id: 'a' }, value: '0.07', timestamp: startSeconds }],
      },
    ]);
  });

  test('of a series that wants many are the newest of each minute', async () => {
    const house = memoryBuilding({ startMs: startMs + 25_000 });
    for (let nth = 0; nth < 6; nth += 1) {
      const exemplar = ` # {trace_id="${nth}"} ${nth} ${startSeconds - 5 + nth}`;
      await house.push('/v1/push?job=shop', page([['+Inf', 9, exemplar]]), openmetrics);
    }
    await house.pass(6_000);
    const [{ exemplars }] = (await ask(house, { query: 'took_bucket' })).body.data;
    expect(exemplars.map(({ value }: { value: string }) => value)).toEqual(['2', '3', '4', '5']);
  });

  test.each([
    [{ query: 'm', start: '2', end: '1' }, 'end timestamp must not be before start timestamp'],
    [
      { query: 'm', start: 'x' },
      'invalid parameter "start": Invalid time value for \'start\': cannot parse "x" to a valid timestamp',
    ],
    [{ query: 'm{' }, '1:3: parse error: unexpected end of input inside braces'],
    [{}, '1:1: parse error: no expression found in input'],
  ])('%j is refused', async (parameters, error) => {
    const house = memoryBuilding({ startMs });
    const { status, body } = await ask(house, parameters);
    expect([status, body.status, body.errorType]).toEqual([400, 'error', 'bad_data']);
    expect(body.error).toBe(error);
  });

  test('an expression without series has no data', async () => {
    expect(await ask(memoryBuilding({ startMs }), { query: '1 + 1' })).toEqual({
      status: 200,
      body: { status: 'success' },
    });
  });
});

const exemplarV1 = (value: number, timestampMs: number, ...labels: readonly (readonly [string, string])[]) => {
  const exemplar = new WireWriter();
  for (const [name, text] of labels) exemplar.message(1, new WireWriter().text(1, name).text(2, text));
  return exemplar.double(2, value).varint(3, timestampMs);
};

describe('exemplars come by', () => {
  const wanted = (timestampMs = startMs) => [
    {
      seriesLabels: { __name__: 'took_bucket', instance: 'i', job: 'shop', le: '1' },
      exemplars: [{ labels: { trace_id: 'abc' }, value: '0.5', timestamp: timestampMs / 1_000 }],
    },
  ];
  const labels = Object.entries({ __name__: 'took_bucket', instance: 'i', job: 'shop', le: '1' });

  test('remote write 1.0, in a series of their own', async () => {
    const house = memoryBuilding({ startMs });
    const series = () => {
      const writer = new WireWriter();
      for (const [name, value] of labels) writer.message(1, new WireWriter().text(1, name).text(2, value));
      return writer;
    };
    const body = new WireWriter()
      .message(1, series().message(2, new WireWriter().double(1, 3).varint(2, startMs)))
      .message(1, series().message(3, exemplarV1(0.5, startMs, ['trace_id', 'abc'])))
      .done();
    const answer = await house.push('/api/v1/write', compress(body), {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
    });
    expect(answer.statusCode).toBe(204);
    await house.pass(6_000);
    expect((await ask(house, { query: 'took_bucket' })).body.data).toEqual(wanted());
  });

  test('remote write 2.0, which hears how many were written', async () => {
    const house = memoryBuilding({ startMs });
    const symbols = ['', ...labels.flat(), 'trace_id', 'abc'];
    const body = new WireWriter();
    for (const symbol of symbols) body.text(4, symbol);
    const exemplar = (timestampMs: number) => new WireWriter().packed(1, [9, 10]).double(2, 0.5).varint(3, timestampMs);
    body.message(
      5,
      new WireWriter()
        .packed(1, [1, 2, 3, 4, 5, 6, 7, 8])
        .message(2, new WireWriter().double(1, 3).varint(2, startMs))
        .message(4, exemplar(startMs))
        // Older than anything that is kept.
        .message(4, exemplar(startMs - 16 * 86_400_000)),
    );
    const contentType = 'application/x-protobuf;proto=io.prometheus.write.v2.Request';
    const answer = await house.push('/api/v1/write', compress(body.done()), {
      'content-type': contentType,
      'content-encoding': 'snappy',
    });
    expect(answer).toMatchObject({
      statusCode: 204,
      headers: {
        'x-prometheus-remote-write-samples-written': '1',
        'x-prometheus-remote-write-exemplars-written': '1',
      },
    });
    await house.pass(6_000);
    expect((await ask(house, { query: 'took_bucket' })).body.data).toEqual(wanted());
  });

  const trace = '0102030405060708090a0b0c0d0e0f10';
  const span = '0102030405060708';
  const otlp = [
    {
      seriesLabels: { __name__: 'took_bucket', instance: 'i', job: 'shop', le: '1' },
      exemplars: [
        { labels: { span_id: span, trace_id: trace, user: '7' }, value: '0.5', timestamp: startMs / 1_000 - 1 },
      ],
    },
  ];

  test('OTLP as JSON, in the bucket that their value is in', async () => {
    const house = memoryBuilding({ startMs });
    const nano = (ms: number) => `${ms}000000`;
    const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
    const point = {
      timeUnixNano: nano(startMs),
      count: '3',
      sum: 4,
      explicitBounds: [0.1, 1],
      bucketCounts: ['1', '1', '1'],
      exemplars: [
        {
          timeUnixNano: nano(startMs - 1_000),
          asDouble: 0.5,
          traceId: trace.toUpperCase(),
          spanId: span,
          filteredAttributes: [attribute('user', '7')],
        },
      ],
    };
    const metrics = [{ name: 'took', histogram: { aggregationTemporality: 2, dataPoints: [point] } }];
    const attributes = [attribute('service.name', 'shop'), attribute('service.instance.id', 'i')];
    const body = JSON.stringify({ resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }] });
    const answer = await house.push('/v1/metrics', body, { 'content-type': 'application/json' });
    expect(answer.statusCode).toBe(200);
    await house.pass(6_000);
    expect((await ask(house, { query: 'took_bucket' })).body.data).toEqual(otlp);
  });
});
