import { expect, test } from 'vitest';
import { amazon } from '../../io/aws/amazon.ts';
import { apiGateway } from '../../io/aws/gateway.ts';
import { VirtualClock } from '../../io/memory/clock.ts';

// As CloudWatch is asked, and as it answers: API reference of GetMetricData, protocol JSON 1.0.
const answered = async (results: object, status = 200) => {
  const asked: { readonly headers: Headers; readonly body: Record<string, unknown> }[] = [];
  const send = (async (url: URL, init: RequestInit) => {
    expect(String(url)).toBe('https://monitoring.eu-central-1.amazonaws.com/');
    asked.push({ headers: new Headers(init.headers), body: JSON.parse(String(init.body)) as Record<string, unknown> });
    return new Response(JSON.stringify(results), { status });
  }) as typeof fetch;
  const service = amazon({
    clock: new VirtualClock(0),
    chance: { next: () => 0 },
    credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
    region: 'eu-central-1',
    send,
  });
  const refusals = apiGateway(service, 'Stack/Collector', ['one', 'two']).refusals(90_000, 150_001);
  return { asked, refusals };
};

test('both APIs and our own refusals are asked for by whole minutes, and added up', async () => {
  const { asked, refusals } = await answered({
    MetricDataResults: [
      { Id: 'ours', Values: [2, 1] },
      { Id: 'api0', Values: [5, 7] },
      { Id: 'api1', Values: [] },
    ],
  });
  expect(await refusals).toEqual({ all: 12, ours: 3 });
  const [{ headers, body } = { headers: new Headers(), body: {} }] = asked;
  expect(headers.get('x-amz-target')).toBe('GraniteServiceVersion20100801.GetMetricData');
  expect(headers.get('content-type')).toBe('application/x-amz-json-1.0');
  expect(body).toMatchObject({ StartTime: 60, EndTime: 180 });
  const queries = body['MetricDataQueries'] as { Id: string; MetricStat: { Metric: object } }[];
  expect(queries.map(({ Id, MetricStat: { Metric } }) => [Id, Metric])).toEqual([
    [
      'ours',
      { Namespace: 'Sluice', MetricName: 'Refused', Dimensions: [{ Name: 'Collector', Value: 'Stack/Collector' }] },
    ],
    ['api0', { Namespace: 'AWS/ApiGateway', MetricName: '4xx', Dimensions: [{ Name: 'ApiId', Value: 'one' }] }],
    ['api1', { Namespace: 'AWS/ApiGateway', MetricName: '4xx', Dimensions: [{ Name: 'ApiId', Value: 'two' }] }],
  ]);
});

test('nothing known is nothing turned away, and a refusal is a fault', async () => {
  expect(await (await answered({})).refusals).toEqual({ all: 0, ours: 0 });
  const { refusals } = await answered({ __type: 'AccessDenied', message: 'no' }, 400);
  await expect(refusals).rejects.toThrow('monitoring:GetMetricData: AccessDenied: no');
});
