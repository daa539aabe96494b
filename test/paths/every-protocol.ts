import type { protocolNames } from '../../core/protocol/request.ts';
import { packSnappy } from '../core/protocol/snappy-writer.ts';
import { WireWriter } from '../core/protocol/wire-writer.ts';

type Headers = Readonly<Record<string, string>>;
type Body = string | Uint8Array;

/** How one protocol is spoken, as far as a table over all of them needs it. */
export type Spoken = {
  readonly name: (typeof protocolNames)[number];
  readonly title: string;
  readonly path: string;
  readonly method?: string;
  readonly headers: Headers;
  /** A push of the sample `m` = 1 of job `shop`, and what a 2xx is. */
  readonly good: Body;
  readonly status: number;
  /** The same for no job and for another one, where the protocol can say a job. */
  readonly jobless?: { readonly path: string; readonly body: Body };
  readonly forged: { readonly path: string; readonly body: Body };
  /** Nothing of it can be understood. */
  readonly broken: Body;
  /** One good sample `m` and one that cannot be taken, and what is answered; undefined where a push is whole or nothing. */
  readonly partial: { readonly body: Body; readonly status: number } | undefined;
  /** Packs a body as the protocol has it. */
  readonly pack?: (body: Body) => Body;
  /** Whether an answer that refuses is in the protocol's own form. */
  readonly isRefusal: (answer: { readonly type: string; readonly body: Buffer }) => boolean;
};

const json = { 'content-type': 'application/json' };
const jsonLike =
  (is: (body: Record<string, unknown>) => boolean): Spoken['isRefusal'] =>
  ({ type, body }) =>
    type === 'application/json' && is(JSON.parse(body.toString()));
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isPlain: Spoken['isRefusal'] = ({ type, body }) => type.startsWith('text/plain') && body.length > 0;
const isOwn = jsonLike(({ error, problems, code }) => isText(error) && (Array.isArray(problems) || isText(code)));

/** Every protocol at the instant `nowMs`. */
export const everyProtocol = (nowMs: number): readonly Spoken[] => {
  const seconds = Math.floor(nowMs / 1_000);
  const ns = `${nowMs}000000`;
  const remote = (job: string, ...values: readonly [name: string, timestampMs: number][]): Uint8Array => {
    const request = new WireWriter();
    for (const [name, timestampMs] of values) {
      const label = (key: string, value: string) => new WireWriter().text(1, key).text(2, value);
      const series = new WireWriter().message(1, label('__name__', name)).message(1, label('job', job));
      request.message(1, series.message(2, new WireWriter().double(1, 1).varint(2, timestampMs)));
    }
    return request.done();
  };
  const symbols = ['', '__name__', 'm', 'job', 'shop', 'bank'];
  const remote2 = (jobSymbol: number, ...timesMs: readonly number[]): Uint8Array => {
    const request = new WireWriter();
    for (const symbol of symbols) request.text(4, symbol);
    for (const timestampMs of timesMs)
      request.message(
        5,
        new WireWriter()
          .packed(1, [1, 2, 3, jobSymbol])
          .message(2, new WireWriter().double(1, 1).varint(2, timestampMs)),
      );
    return request.done();
  };
  const otlp = (job: string | undefined, ...names: readonly string[]) =>
    JSON.stringify({
      resourceMetrics: [
        {
          resource: { attributes: job === undefined ? [] : [{ key: 'service.name', value: { stringValue: job } }] },
          scopeMetrics: [
            { metrics: names.map(name => ({ name, gauge: { dataPoints: [{ timeUnixNano: ns, asInt: 1 }] } })) },
          ],
        },
      ],
    });
  const otlpProtobuf = (job: string, ...names: readonly string[]): Uint8Array => {
    const resource = new WireWriter().message(
      1,
      new WireWriter().text(1, 'service.name').message(2, new WireWriter().text(1, job)),
    );
    const scope = new WireWriter();
    for (const name of names) {
      const point = new WireWriter().fixed64(3, BigInt(ns)).double(4, 1);
      scope.message(2, new WireWriter().text(1, name).message(5, new WireWriter().message(1, point)));
    }
    return new WireWriter().message(1, new WireWriter().message(1, resource).message(2, scope)).done();
  };
  const datadog = (tags: readonly string[], ...values: readonly unknown[]) =>
    JSON.stringify({
      series: values.map(value => ({ metric: 'm', type: 3, tags, points: [{ timestamp: seconds, value }] })),
    });
  const stream = (namespace: string, ...timesMs: readonly number[]) =>
    JSON.stringify({
      requestId: 'f-1',
      records: timesMs.map(timestamp => ({
        data: Buffer.from(
          JSON.stringify({ namespace, metric_name: 'm', timestamp, value: { min: 1, max: 1, sum: 1, count: 1 } }),
        ).toString('base64'),
      })),
    });
  const isStatus = jsonLike(({ code, message }) => typeof code === 'number' && isText(message));
  /** google.rpc.Status: a code as a varint, then a message. */
  const isStatusProtobuf: Spoken['isRefusal'] = ({ type, body }) =>
    type === 'application/x-protobuf' && body[0] === 8 && body[2] === 18 && body.length > 5;
  const isInflux = jsonLike(({ code, message }) => isText(code) && isText(message));
  return [
    {
      name: 'push',
      title: 'text',
      path: '/v1/push?job=shop',
      headers: { 'content-type': 'text/plain; version=0.0.4' },
      good: 'm 1\n',
      status: 200,
      jobless: { path: '/v1/push', body: 'm 1\n' },
      forged: { path: '/v1/push', body: 'm{job="bank"} 1\n' },
      broken: 'm one\n',
      partial: undefined,
      isRefusal: isOwn,
    },
    {
      name: 'push',
      title: 'JSON',
      path: '/v1/push',
      headers: json,
      good: '{"job":"shop","metrics":[{"name":"m","value":1}]}',
      status: 200,
      jobless: { path: '/v1/push', body: '{"metrics":[{"name":"m","value":1}]}' },
      forged: { path: '/v1/push', body: '{"job":"bank","metrics":[{"name":"m","value":1}]}' },
      broken: '{',
      partial: undefined,
      isRefusal: isOwn,
    },
    {
      name: 'pushgateway',
      title: 'Pushgateway',
      path: '/metrics/job/shop',
      method: 'PUT',
      headers: {},
      good: 'm 1\n',
      status: 200,
      forged: { path: '/metrics/job/bank', body: 'm 1\n' },
      broken: 'm one\n',
      partial: undefined,
      isRefusal: isPlain,
    },
    {
      name: 'remote-write',
      title: 'remote write 1.0',
      path: '/api/v1/write',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
      good: remote('shop', ['m', nowMs]),
      status: 204,
      jobless: { path: '/api/v1/write', body: remote('', ['m', nowMs]) },
      forged: { path: '/api/v1/write', body: remote('bank', ['m', nowMs]) },
      broken: Uint8Array.of(10, 99, 1),
      partial: { body: remote('shop', ['m', nowMs], ['old', 5]), status: 400 },
      pack: body => packSnappy(Buffer.from(body)),
      isRefusal: isPlain,
    },
    {
      name: 'remote-write',
      title: 'remote write 2.0',
      path: '/api/v1/push',
      headers: {
        'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
        'content-encoding': 'snappy',
      },
      good: remote2(4, nowMs),
      status: 204,
      jobless: { path: '/api/v1/write', body: remote2(0, nowMs) },
      forged: { path: '/api/v1/write', body: remote2(5, nowMs) },
      broken: Uint8Array.of(42, 99, 1),
      partial: { body: remote2(4, nowMs, 5), status: 400 },
      pack: body => packSnappy(Buffer.from(body)),
      isRefusal: isPlain,
    },
    {
      name: 'otlp',
      title: 'OTLP as JSON',
      path: '/v1/metrics',
      headers: json,
      good: otlp('shop', 'm'),
      status: 200,
      jobless: { path: '/v1/metrics', body: otlp(undefined, 'm') },
      forged: { path: '/v1/metrics', body: otlp('bank', 'm') },
      broken: '{',
      partial: { body: otlp('shop', 'm', '@'), status: 200 },
      isRefusal: isStatus,
    },
    {
      name: 'otlp',
      title: 'OTLP as protobuf',
      path: '/api/v1/otlp/v1/metrics',
      headers: { 'content-type': 'application/x-protobuf' },
      good: otlpProtobuf('shop', 'm'),
      status: 200,
      forged: { path: '/v1/metrics', body: otlpProtobuf('bank', 'm') },
      broken: Uint8Array.of(10, 99, 1),
      partial: { body: otlpProtobuf('shop', 'm', '@'), status: 200 },
      isRefusal: isStatusProtobuf,
    },
    {
      name: 'statsd',
      title: 'StatsD',
      path: '/v1/statsd?job=shop',
      headers: {},
      good: 'm:1|g',
      status: 200,
      jobless: { path: '/v1/statsd', body: 'm:1|g' },
      forged: { path: '/v1/statsd', body: 'm:1|g|#job:bank' },
      broken: 'nonsense',
      partial: { body: 'm:1|g\nnonsense', status: 200 },
      isRefusal: isOwn,
    },
    {
      name: 'influx',
      title: 'InfluxDB 2',
      path: '/api/v2/write?bucket=b&job=shop',
      headers: {},
      good: 'm v=1',
      status: 204,
      jobless: { path: '/api/v2/write', body: 'm v=1' },
      forged: { path: '/api/v2/write', body: 'm,job=bank v=1' },
      broken: 'm',
      partial: { body: 'm v=1\nm v=1 5', status: 422 },
      isRefusal: isInflux,
    },
    {
      name: 'influx',
      title: 'InfluxDB 1',
      path: '/write?db=d&job=shop',
      headers: {},
      good: 'm v=1',
      status: 204,
      jobless: { path: '/write', body: 'm v=1' },
      forged: { path: '/write', body: 'm,job=bank v=1' },
      broken: 'm',
      partial: { body: 'm v=1\nm v=1 5', status: 400 },
      isRefusal: jsonLike(({ error }) => isText(error)),
    },
    {
      name: 'graphite',
      title: 'Graphite',
      path: '/v1/graphite?job=shop',
      headers: {},
      good: `m 1 ${seconds}`,
      status: 200,
      jobless: { path: '/v1/graphite', body: 'm 1 N' },
      forged: { path: '/v1/graphite', body: 'm;job=bank 1 N' },
      broken: 'm',
      partial: { body: 'm 1 N\nm', status: 200 },
      isRefusal: isOwn,
    },
    {
      name: 'datadog',
      title: 'Datadog',
      path: '/api/v2/series?job=shop',
      headers: json,
      good: datadog([], 1),
      status: 202,
      jobless: { path: '/api/v2/series', body: datadog([], 1) },
      forged: { path: '/api/v2/series', body: datadog(['job:bank'], 1) },
      broken: '{',
      partial: { body: datadog(['job:shop'], 1, 'x'), status: 202 },
      isRefusal: jsonLike(({ errors }) => Array.isArray(errors) && errors.length > 0),
    },
    {
      name: 'firehose',
      title: 'Firehose',
      path: '/v1/firehose?job=shop',
      headers: { ...json, 'x-amz-firehose-request-id': 'f-1' },
      good: stream('ns', nowMs),
      status: 200,
      forged: { path: '/v1/firehose', body: stream('bank', nowMs) },
      broken: '{',
      partial: { body: stream('ns', nowMs, 5), status: 400 },
      isRefusal: jsonLike(
        ({ requestId, timestamp, errorMessage }) =>
          requestId === 'f-1' && typeof timestamp === 'number' && isText(errorMessage),
      ),
    },
  ];
};
