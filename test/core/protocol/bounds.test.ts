import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { limits } from '../../../core/limits.ts';
import { acceptedAtMs, readAt } from './requests.ts';
import { WireWriter } from './wire-writer.ts';

// A few bytes of a body must not become more than a push may be, whatever they are multiplied by.

const json = { 'content-type': 'application/json' };
const protobuf = { 'content-type': 'application/x-protobuf' };
const repeated = (bytes: Uint8Array | string, times: number): Buffer =>
  Buffer.alloc(Buffer.from(bytes).length * times, Buffer.from(bytes));
const field = (number: number, inside: Uint8Array): Buffer =>
  Buffer.from(new WireWriter().bytes(number, inside).done());
const ns = `${acceptedAtMs}000000`;

/** A message of many small ones, written without going through numbers. */
const wrapped = (number: number, inside: Buffer): Buffer => {
  const length: number[] = [];
  for (let rest = inside.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest >= 128 ? (rest % 128) | 0x80 : rest);
    if (rest < 128) break;
  }
  return Buffer.concat([Uint8Array.from([number * 8 + 2, ...length]), inside]);
};

const histogram = new WireWriter()
  .varint(1, 2)
  .message(11, new WireWriter().signed(1, -70).varint(2, 1))
  .message(11, new WireWriter().signed(1, 140).varint(2, 1))
  .packedSigned(12, [1, 0])
  .varint(15, acceptedAtMs)
  .done();
const name = field(1, new WireWriter().text(1, '__name__').text(2, 'h').done());

test.each<[string, string, Buffer, Readonly<Record<string, string>>]>([
  [
    'histograms of remote write',
    '/api/v1/write',
    wrapped(1, Buffer.concat([name, repeated(field(4, histogram), 2_000)])),
    protobuf,
  ],
  [
    'empty samples of remote write',
    '/api/v1/write',
    wrapped(1, Buffer.concat([name, repeated(Uint8Array.of(0x12, 0), 2_500_000)])),
    protobuf,
  ],
  [
    'empty points of OTLP',
    '/v1/metrics',
    wrapped(1, wrapped(2, wrapped(2, wrapped(5, repeated(Uint8Array.of(0x0a, 0), 2_500_000))))),
    protobuf,
  ],
  [
    'exponential deltas of OTLP',
    '/v1/metrics',
    Buffer.from(
      JSON.stringify({
        resourceMetrics: [
          {
            scopeMetrics: [
              {
                metrics: [
                  {
                    name: 'h',
                    exponentialHistogram: {
                      aggregationTemporality: 1,
                      dataPoints: Array.from({ length: 3_000 }, () => ({ timeUnixNano: ns })),
                    },
                  },
                ],
              },
            ],
          },
        ],
      }),
    ),
    json,
  ],
  [
    'timers of StatsD',
    '/v1/statsd',
    Buffer.from(Array.from({ length: 8_000 }, (_, at) => `t${at}:1|h\n`).join('')),
    {},
  ],
  [
    'members of StatsD',
    '/v1/statsd',
    Buffer.from(Array.from({ length: 201_000 }, (_, at) => `t:${at}|s\n`).join('')),
    {},
  ],
  [
    'dimensions of EMF',
    '/v1/firehose',
    Buffer.from(
      JSON.stringify({
        _aws: {
          Timestamp: acceptedAtMs,
          CloudWatchMetrics: [
            {
              Namespace: 'n',
              Dimensions: Array.from({ length: 2_000 }, () => []),
              Metrics: Array.from({ length: 100 }, () => ({ Name: 'm' })),
            },
          ],
        },
        m: 1,
      }),
    ),
    json,
  ],
  [
    'points of Datadog',
    '/api/v2/series',
    Buffer.from(
      JSON.stringify({
        series: [
          {
            metric: 'm',
            points: Array.from({ length: 201_000 }, () => ({ timestamp: acceptedAtMs / 1_000, value: 1 })),
          },
        ],
      }),
    ),
    json,
  ],
  ['fields of InfluxDB', '/write', Buffer.from(`m ${Array.from({ length: 201_000 }, () => 'f=1').join(',')}`), {}],
  ['lines of Graphite', '/v1/graphite', repeated('a 1 N\n', 201_000), {}],
])('%s are refused as too much', (_, path, body, headers) => {
  expect(body.length).toBeLessThan(limits.pushUnpackedBytes);
  expect(readAt(path, body, headers)).toMatchObject({ status: 413, samples: [] });
});

test.each(['/v1/metrics', '/api/v2/series', '/v1/firehose'])(
  'lists and objects in JSON at %s are counted before they are made',
  path => {
    const body = `{"series":[${'{},'.repeat(limits.pushParts)}{}]}`;
    expect(readAt(path, body, json)).toMatchObject({ status: 400, text: expect.stringContaining('json_parts') });
  },
);

test('packed records of Firehose unpack together to no more than one push', () => {
  const half = gzipSync(Buffer.alloc(Math.ceil(limits.pushUnpackedBytes / 2), ' ')).toString('base64');
  const body = JSON.stringify({ records: Array.from({ length: 50 }, () => ({ data: half })) });
  const answer = readAt('/v1/firehose', body, json);
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('corrupt_record');
});
