import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { acceptedAtMs, readAt } from './requests.ts';
import { WireWriter } from './wire-writer.ts';

const headers = { 'content-type': 'application/json', 'x-amz-firehose-request-id': 'f-1' };
const deliver = (...records: readonly (string | Uint8Array)[]) =>
  readAt(
    '/v1/firehose',
    JSON.stringify({
      requestId: 'f-1',
      timestamp: 1,
      records: records.map(data => ({ data: Buffer.from(data).toString('base64') })),
    }),
    headers,
  );
const good = { requestId: 'f-1', timestamp: acceptedAtMs };

const metric = {
  metric_stream_name: 's',
  account_id: '1234',
  region: 'eu-central-1',
  namespace: 'AWS/EC2',
  metric_name: 'CPUUtilization',
  dimensions: { InstanceId: 'i-1' },
  timestamp: acceptedAtMs - 60_000,
  value: { max: 9, min: 1, sum: 20, count: 4 },
  unit: 'Percent',
};
const emf = {
  _aws: {
    Timestamp: acceptedAtMs,
    CloudWatchMetrics: [
      {
        Namespace: 'Shop',
        Dimensions: [['Service'], ['Service', 'Zone']],
        Metrics: [{ Name: 'Latency', Unit: 'Milliseconds' }, { Name: 'Orders' }],
      },
    ],
  },
  Service: 'cart',
  Zone: 3,
  Latency: [10, 20, 60],
  Orders: 2,
  text: 'left alone',
};

test('a metric stream in JSON: each statistic is a series', () => {
  const answer = deliver(`${JSON.stringify(metric)}\n${JSON.stringify({ ...metric, metric_name: 'x' })}\n`);
  expect([answer.status, JSON.parse(answer.text)]).toEqual([200, good]);
  const labels = 'InstanceId="i-1",account_id="1234",job="AWS/EC2",region="eu-central-1"';
  expect(answer.lines.slice(0, 4)).toEqual([
    `aws_ec2_cpuutilization_min{${labels}} 1 @-60`,
    `aws_ec2_cpuutilization_max{${labels}} 9 @-60`,
    `aws_ec2_cpuutilization_sum{${labels}} 20 @-60`,
    `aws_ec2_cpuutilization_count{${labels}} 4 @-60`,
  ]);
  expect(answer.lines).toHaveLength(8);
});

test('a metric stream in OTLP: messages after their lengths', () => {
  const quantile = (at: number, value: number) => new WireWriter().double(1, at).double(2, value);
  const point = new WireWriter()
    .fixed64(3, BigInt(acceptedAtMs) * 1_000_000n)
    .fixed64(4, 4n)
    .double(5, 20)
    .message(6, quantile(0, 1))
    .message(6, quantile(1, 9));
  const one = new WireWriter()
    .text(1, 'amazonaws.com/AWS/EC2/CPUUtilization')
    .text(3, '{Percent}')
    .message(11, new WireWriter().message(1, point));
  const request = new WireWriter().message(1, new WireWriter().message(2, new WireWriter().message(2, one))).done();
  const delimited = Buffer.concat([Uint8Array.of((request.length & 0x7f) | 0x80, request.length >> 7), request]);
  const answer = deliver(Buffer.concat([delimited, delimited]));
  expect(answer.status).toBe(200);
  expect(answer.lines.slice(0, 4)).toEqual([
    'amazonaws_com_AWS_EC2_CPUUtilization{quantile="0"} 1 @0',
    'amazonaws_com_AWS_EC2_CPUUtilization{quantile="1"} 9 @0',
    'amazonaws_com_AWS_EC2_CPUUtilization_sum 20 @0',
    'amazonaws_com_AWS_EC2_CPUUtilization_count 4 @0',
  ]);
  expect(answer.lines).toHaveLength(8);
  expect(deliver(delimited.subarray(0, 40))).toMatchObject({
    status: 400,
    text: expect.stringContaining('bad_protobuf'),
  });
});

describe('EMF', () => {
  const lines = [
    'shop_latency_sum{Service="cart",job="Shop"} 90 @0',
    'shop_latency_count{Service="cart",job="Shop"} 3 @0',
    'shop_latency_sum{Service="cart",Zone="3",job="Shop"} 90 @0',
    'shop_latency_count{Service="cart",Zone="3",job="Shop"} 3 @0',
    'shop_orders_sum{Service="cart",job="Shop"} 2 @0',
    'shop_orders_count{Service="cart",job="Shop"} 1 @0',
    'shop_orders_sum{Service="cart",Zone="3",job="Shop"} 2 @0',
    'shop_orders_count{Service="cart",Zone="3",job="Shop"} 1 @0',
  ];

  test('becomes sums and counts that are increments', () => {
    for (const answer of [deliver(JSON.stringify(emf)), readAt('/v1/firehose', JSON.stringify(emf), headers)]) {
      expect([answer.status, answer.lines]).toEqual([200, lines]);
      expect(answer.samples.every(({ increment }) => increment !== undefined && increment.span === undefined)).toBe(
        true,
      );
    }
  });

  test('in log events is known by the event, and what is a log is left alone', () => {
    const logs = {
      messageType: 'DATA_MESSAGE',
      logEvents: [
        { id: 'e1', message: JSON.stringify(emf) },
        { id: 'e2', message: 'hello' },
        { id: 'e3', message: '{"_aws"' },
      ],
    };
    const answer = deliver(gzipSync(JSON.stringify(logs)), gzipSync('{"messageType":"CONTROL_MESSAGE"}'));
    expect([answer.status, answer.lines]).toEqual([200, lines]);
    expect(new Set(answer.samples.map(({ increment }) => increment?.span))).toEqual(new Set(['emf e1']));
  });

  const directive = emf._aws.CloudWatchMetrics[0]!;
  const withDirective = (more: object) => ({
    ...emf,
    _aws: { ...emf._aws, CloudWatchMetrics: [{ ...directive, ...more }] },
  });
  test.each<[object, string]>([
    [{ ...emf, _aws: 1 }, '_aws: bad_emf: expected an object'],
    [{ ...emf, _aws: { CloudWatchMetrics: [] } }, '_aws.Timestamp'],
    [{ ...emf, _aws: { ...emf._aws, Timestamp: 5 } }, 'timestamp_out_of_bounds'],
    [{ ...emf, _aws: { Timestamp: acceptedAtMs } }, '_aws.CloudWatchMetrics'],
    [withDirective({ Namespace: '' }), 'expected a Namespace'],
    [withDirective({ Metrics: Array.from({ length: 101 }, () => ({ Name: 'x' })) }), 'expected at most 100 Metrics'],
    [withDirective({ Metrics: [{}] }), 'expected a Name'],
    [withDirective({ Dimensions: [Array.from({ length: 31 }, () => 'x')] }), 'at most 30 Dimensions'],
    [{ ...emf, Orders: 'two' }, 'Orders: bad_emf: expected a number'],
    [{ ...emf, Orders: Array.from({ length: 101 }, () => 1) }, 'up to 100 of them'],
    [withDirective({ Metrics: [{ Name: 'constructor' }] }), 'constructor: bad_emf: expected a number'],
  ])('%# is refused, with the place', (document, reason) => {
    const answer = deliver(JSON.stringify(document));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).errorMessage).toContain(reason);
  });
});

describe('what is wrong', () => {
  test.each<[object, string]>([
    [{ ...metric, namespace: 1 }, 'namespace'],
    [{ ...metric, metric_name: 1 }, 'metric_name'],
    [{ ...metric, dimensions: [] }, 'dimensions'],
    [{ ...metric, timestamp: '1' }, 'timestamp'],
    [{ ...metric, value: { max: 1 } }, 'value'],
    [{ ...metric, timestamp: 5 }, 'timestamp_out_of_bounds'],
    [{ something: 1 }, 'neither a streamed metric'],
  ])('in a record is said, and what is good is kept: %#', (bad, reason) => {
    const answer = deliver(JSON.stringify(metric), JSON.stringify(bad));
    expect([answer.status, answer.lines.length]).toEqual([400, 4]);
    expect(JSON.parse(answer.text)).toEqual({ ...good, errorMessage: expect.stringContaining(reason) });
  });

  test.each([
    ['{', 'bad_json'],
    ['{}', 'records: bad_json'],
    ['{"records":[{}]}', 'expected data in base64'],
    [`{"records":[{"data":"${Buffer.from([0x1f, 0x8b, 1]).toString('base64')}"}]}`, 'corrupt_record'],
    [`{"records":[{"data":"${Buffer.from('{').toString('base64')}"}]}`, 'bad_json'],
  ])('in the whole is refused with the id of the request: %j', (body, reason) => {
    const answer = readAt('/v1/firehose', body, headers);
    expect([answer.status, answer.samples]).toEqual([400, []]);
    expect(JSON.parse(answer.text)).toEqual({ ...good, errorMessage: expect.stringContaining(reason) });
  });
});
