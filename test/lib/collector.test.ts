import { RemovalPolicy } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { outputs, tables } from '../../io/aws/contract.ts';
import { synthesized } from './synthesized.ts';

const { template, all, at } = synthesized();
const queues = all('AWS::SQS::Queue');
const mappings = all('AWS::Lambda::EventSourceMapping').map(({ properties }) => ({
  properties,
  source: at(properties.EventSourceArn),
  handler: at(properties.FunctionName),
}));
const drained = mappings.filter(({ source }) => source.whole.Type === 'AWS::SQS::Queue');

type Statement = {
  readonly Effect: string;
  readonly Principal: '*' | { readonly AWS?: unknown };
  readonly Condition?: { readonly Bool?: Readonly<Record<string, string>> };
};

describe('tables', () => {
  const stored = all('AWS::DynamoDB::GlobalTable');

  test.each(stored)('$name can be restored and not be deleted by mistake', ({ properties, whole }) => {
    const [replica, ...others] = properties.Replicas;
    expect(others).toEqual([]);
    expect(replica).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    expect(properties.BillingMode).toBe('PAY_PER_REQUEST');
    expect([whole.DeletionPolicy, whole.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  });

  test('have the keys of the contract', () => {
    const keysOf = Object.fromEntries(
      stored.map(({ name, properties }) => [
        name,
        properties.KeySchema.map(({ AttributeName }: { AttributeName: string }) => AttributeName),
      ]),
    );
    expect(keysOf).toEqual({
      SeriesTable: [tables.series.partition, tables.series.sort],
      TargetsTable: [tables.targets.partition],
      HeartbeatsTable: [tables.heartbeats.partition, tables.heartbeats.sort],
      KeysTable: [tables.keys.partition],
      UsageTable: [tables.usage.partition, tables.usage.sort],
    });
    const expiring = stored.filter(({ properties }) => properties.TimeToLiveSpecification);
    expect(expiring.map(({ name }) => name)).toEqual(['SeriesTable', 'UsageTable']);
    expect(expiring.map(({ properties }) => properties.TimeToLiveSpecification.AttributeName)).toEqual([
      tables.series.expires,
      tables.usage.expires,
    ]);
  });

  test('go with the stack where that is asked for', () => {
    for (const { properties, whole } of synthesized({ removalPolicy: RemovalPolicy.DESTROY }).all(
      'AWS::DynamoDB::GlobalTable',
    )) {
      expect(properties.Replicas[0].DeletionProtectionEnabled).toBe(false);
      expect(whole.DeletionPolicy).toBe('Delete');
    }
  });

  test('keep their logical ids: another id is another, empty table', () => {
    expect(stored.map(({ id }) => id)).toEqual([
      'CollectorSeriesTable78B02ECA',
      'CollectorTargetsTable47A34079',
      'CollectorHeartbeatsTableFBBAD3D3',
      'CollectorKeysTable9C42B1E2',
      'CollectorUsageTable2A5A149A',
    ]);
  });

  test('so do queues and the topic: another id is another one, without what waits and who listens', () => {
    expect([...queues, ...all('AWS::SNS::Topic'), ...all('AWS::ApiGatewayV2::Api')].map(({ id }) => id)).toEqual([
      'CollectorBufferDeadLetters6B5925E0',
      'CollectorBufferQueue291A787A',
      'CollectorScrapesDeadLetters91D5A486',
      'CollectorScrapesQueue9308F636',
      'CollectorDeadlinesDeadLetters5D430C55',
      'CollectorDeadlinesQueueA7D8EBDE',
      'CollectorAlarmsTopic4240CC56',
      'CollectorApiHttp95EFEFF2',
      'CollectorKeyedApiHttpFB315699',
    ]);
  });

  test('a changed target wakes plan, and a change it cannot take stops nothing', () => {
    const [changes, ...others] = mappings.filter(({ source }) => source.whole.Type === 'AWS::DynamoDB::GlobalTable');
    expect(others).toEqual([]);
    expect([changes?.source.name, changes?.handler.name]).toEqual(['TargetsTable', 'Plan']);
    expect(changes?.source.properties.StreamSpecification).toEqual({ StreamViewType: 'OLD_IMAGE' });
    expect(changes?.properties).toMatchObject({ BisectBatchOnFunctionError: true, MaximumRetryAttempts: 3 });
  });
});

describe('queues and the topic', () => {
  test.each(queues)('$name is encrypted and takes messages of 1 MiB', ({ properties }) => {
    expect(properties).toMatchObject({ SqsManagedSseEnabled: true, MaximumMessageSize: 1_048_576 });
  });

  test('refuse plain HTTP, each of them', () => {
    const policies = [...all('AWS::SQS::QueuePolicy'), ...all('AWS::SNS::TopicPolicy')];
    const refusing = policies
      .filter(({ properties }) =>
        properties.PolicyDocument.Statement.some(
          ({ Effect, Principal, Condition }: Statement) =>
            Effect === 'Deny' &&
            // The two services' ways to write everybody.
            (Principal === '*' || Principal.AWS === '*') &&
            Condition?.Bool?.['aws:SecureTransport'] === 'false',
        ),
      )
      .flatMap(({ properties }) => properties.Queues ?? properties.Topics)
      .map(reference => at(reference).name);
    const guarded = [...queues, ...all('AWS::SNS::Topic')].map(({ name }) => name);
    expect(refusing.sort()).toEqual(guarded.sort());
  });

  test.each([
    { queue: 'BufferQueue', handler: 'Ingest', messages: 100, gatheredForSeconds: 5, keptForSeconds: 14 * 86_400 },
    { queue: 'ScrapesQueue', handler: 'Scrape', messages: 1, gatheredForSeconds: undefined, keptForSeconds: 14_400 },
    { queue: 'DeadlinesQueue', handler: 'Check', messages: 10, gatheredForSeconds: undefined, keptForSeconds: 7_200 },
  ])(
    '$queue is drained by $handler, up to $messages at once',
    ({ queue, handler, messages, gatheredForSeconds, keptForSeconds }) => {
      const [mapping, ...others] = drained.filter(({ source }) => source.name === queue);
      expect(others).toEqual([]);
      expect(mapping?.handler.name).toBe(handler);
      expect(mapping?.properties.BatchSize).toBe(messages);
      expect(mapping?.properties.MaximumBatchingWindowInSeconds).toBe(gatheredForSeconds);
      expect(mapping?.source.properties.MessageRetentionPeriod).toBe(keptForSeconds);
    },
  );

  test.each(drained)('$source.name loses nothing to a failing batch', ({ source, handler, properties }) => {
    expect(properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
    expect(properties.ScalingConfig.MaximumConcurrency).toBeGreaterThanOrEqual(2);
    // A filter would delete what it does not match.
    expect(properties.FilterCriteria).toBeUndefined();

    const { VisibilityTimeout, RedrivePolicy, MessageRetentionPeriod } = source.properties;
    expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * handler.properties.Timeout);
    expect(RedrivePolicy.maxReceiveCount).toBeGreaterThanOrEqual(5);
    expect(MessageRetentionPeriod).toBeGreaterThan(RedrivePolicy.maxReceiveCount * VisibilityTimeout);
    expect(at(RedrivePolicy.deadLetterTargetArn).properties.MessageRetentionPeriod).toBe(14 * 86_400);
  });
});

test.each(all('AWS::Scheduler::Schedule'))('$name ticks and says for which minute', ({ name, properties }) => {
  const minutes = name.startsWith('Compact') ? 5 : 1;
  expect(properties).toMatchObject({
    ScheduleExpression: `rate(${minutes} minute${minutes > 1 ? 's' : ''})`,
    FlexibleTimeWindow: { Mode: 'OFF' },
  });
  expect(properties.Target.Input).toBe('{"scheduledAt":"<aws.scheduler.scheduled-time>"}');
  expect(properties.Target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 2 });
  // Two ticks of one function must not overlap.
  expect(at(properties.Target.Arn).properties.Timeout).toBeLessThan(60 * minutes);
});

test('plan, check and compact are what ticks', () => {
  const woken = all('AWS::Scheduler::Schedule').map(({ properties }) => at(properties.Target.Arn).name);
  expect(woken.sort()).toEqual(['Check', 'Compact', 'Plan']);
});

test.each(all('AWS::Lambda::Function'))('$name runs on Node 24 on Arm and forgets its log', ({ properties }) => {
  expect(properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' });
  expect(at(properties.LoggingConfig.LogGroup).properties.RetentionInDays).toBe(30);
});

describe('routes', () => {
  const integrations = all('AWS::ApiGatewayV2::Integration');
  const routes = all('AWS::ApiGatewayV2::Route').map(({ properties }) => {
    const id = properties.Target['Fn::Join'][1][1].Ref;
    const integration = integrations.find(each => each.id === id);
    const api = at(properties.ApiId).name;
    return { properties, api, handler: at(integration?.properties.IntegrationUri) };
  });

  test.each([
    [
      'Push',
      [
        'DELETE /metrics',
        'DELETE /metrics/{group+}',
        'GET /metrics/{group+}',
        'GET /ping/{run+}',
        'HEAD /ping/{run+}',
        'POST /api/v1/otlp/v1/metrics',
        'POST /api/v1/push',
        'POST /api/v1/write',
        'POST /api/v2/series',
        'POST /api/v2/write',
        'POST /metrics',
        'POST /metrics/{group+}',
        'POST /ping/{run+}',
        'POST /v1/firehose',
        'POST /v1/graphite',
        'POST /v1/lint',
        'POST /v1/metrics',
        'POST /v1/push',
        'POST /v1/statsd',
        'POST /write',
        'PUT /metrics',
        'PUT /metrics/{group+}',
        'PUT /v1/statsd',
      ],
    ],
    [
      'Query',
      [
        'GET /-/healthy',
        'GET /-/ready',
        'GET /api/v1/alerts',
        'GET /api/v1/label/{name}/values',
        'GET /api/v1/labels',
        'GET /api/v1/metadata',
        'GET /api/v1/query',
        'GET /api/v1/query_exemplars',
        'GET /api/v1/query_range',
        'GET /api/v1/rules',
        'GET /api/v1/series',
        'GET /api/v1/status/{what}',
        'GET /api/v1/targets',
        'GET /api/v1/{nothing+}',
        'GET /federate',
        'GET /v1/alarms',
        'GET /v1/sources',
        'POST /api/v1/label/{name}/values',
        'POST /api/v1/labels',
        'POST /api/v1/metadata',
        'POST /api/v1/query',
        'POST /api/v1/query_exemplars',
        'POST /api/v1/query_range',
        'POST /api/v1/read',
        'POST /api/v1/series',
        'POST /api/v1/{nothing+}',
      ],
    ],
    ['Account', ['GET /metrics', 'GET /v1/flushes', 'GET /v1/receipts/{id}']],
    [
      'Page',
      [
        'GET /',
        'GET /page/{file}',
        'GET /v1/health',
        'POST /v1/heartbeats/pause',
        'POST /v1/heartbeats/resume',
        'POST /v1/heartbeats/snooze',
      ],
    ],
  ])('%s answers', (name, expected) => {
    const answered = routes.filter(({ handler, api }) => handler.name === name && api === 'ApiHttp');
    expect(answered.map(({ properties }) => properties.RouteKey).sort()).toEqual(expected);
    // The gateway gives up at 30 s.
    for (const { handler } of answered) expect(handler.properties.Timeout).toBeLessThan(30);
  });

  test.each(routes.filter(({ api }) => api === 'ApiHttp'))(
    '$properties.RouteKey asks who is there',
    ({ properties }) => {
      expect(properties.AuthorizationType).toBe('AWS_IAM');
    },
  );

  test('whom IAM does not know is asked for a key by the function; only probes, groups and crowds are not for them', () => {
    const keyed = routes.filter(({ api }) => api !== 'ApiHttp');
    expect(new Set(keyed.map(({ api, handler }) => `${api} ${handler.name}`))).toEqual(
      new Set(['KeyedApiHttp Push', 'KeyedApiHttp Account', 'KeyedApiHttp Query', 'KeyedApiHttp Page']),
    );
    const keysOf = (of: typeof routes): string[] => of.map(({ properties }) => properties.RouteKey as string).sort();
    const signed = keysOf(routes.filter(({ api }) => api === 'ApiHttp'));
    const forWhoSigns = ['GET /-/healthy', 'GET /-/ready', 'GET /metrics', 'GET /v1/flushes'];
    expect(keysOf(keyed)).toEqual(signed.filter(key => !forWhoSigns.includes(key)));
  });
});

test('outputs are those of the contract, by exactly these names', () => {
  expect(Object.keys(template.Outputs).sort()).toEqual(Object.values(outputs).sort());
});

test.each(['10.0.0.0/33', '10.0.0/8', 'fd00::/129', 'localhost', '10.0.0.0/8/8', ''])(
  '%j as an allowed block is refused at synthesis, by name',
  cidr => {
    expect(() => synthesized({ scrapeAllowCidrs: ['10.0.0.0/8', cidr] })).toThrow(
      `scrapeAllowCidrs: ${JSON.stringify(cidr)} is no CIDR block such as 10.0.0.0/8`,
    );
  },
);
