import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

// The examples, synthesized as their readers would.

const root = join(import.meta.dirname, '../..');

// biome-ignore lint/suspicious/noExplicitAny: templates are JSON of many shapes, and tests say what they expect.
type Json = any;

const templateOf = (app: string, stack: string): Json => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-example-'));
  const { PATH, HOME } = process.env;
  // Their bundles are those of the stack, or their own: neither says anything about the construct.
  const env = { PATH, HOME, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:bundling-stacks': [] }) };
  try {
    execFileSync(process.execPath, [join(root, 'examples', app)], { cwd: root, env, stdio: 'pipe' });
    return JSON.parse(readFileSync(join(folder, `${stack}.template.json`), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

describe('own-app', () => {
  const template = templateOf('own-app/app.ts', 'Shop');
  const all = (type: string): [string, Json][] =>
    Object.entries<Json>(template.Resources).filter(([, { Type }]) => Type === type);

  test('lets its job push, and do nothing else', () => {
    const [[, policy]] = all('AWS::IAM::Policy').filter(([id]) => id.startsWith('Report')) as [[string, Json]];
    const [statement, ...others] = policy.Properties.PolicyDocument.Statement;
    expect(others).toEqual([]);
    expect(statement).toMatchObject({ Action: 'execute-api:Invoke', Effect: 'Allow' });
    const paths = statement.Resource.map((arn: Json) => arn['Fn::Join'][1].at(-1));
    expect(paths.sort()).toEqual([
      '/$default/DELETE/metrics',
      '/$default/DELETE/metrics/*',
      '/$default/GET/metrics/*',
      '/$default/GET/ping/*',
      '/$default/HEAD/ping/*',
      '/$default/POST/api/v1/otlp/v1/metrics',
      '/$default/POST/api/v1/push',
      '/$default/POST/api/v1/write',
      '/$default/POST/api/v2/series',
      '/$default/POST/api/v2/write',
      '/$default/POST/metrics',
      '/$default/POST/metrics/*',
      '/$default/POST/ping/*',
      '/$default/POST/v1/firehose',
      '/$default/POST/v1/graphite',
      '/$default/POST/v1/lint',
      '/$default/POST/v1/metrics',
      '/$default/POST/v1/push',
      '/$default/POST/v1/statsd',
      '/$default/POST/write',
      '/$default/PUT/metrics',
      '/$default/PUT/metrics/*',
      '/$default/PUT/v1/statsd',
    ]);
  });

  test('declares its target and its heartbeat, as rows that the collector reads', () => {
    const [[, target]] = all('Custom::SluiceTarget') as [[string, Json]];
    expect(target.Properties.Row).toEqual({
      id: 'Shop/Metrics/Shop',
      url: 'https://shop.example.com/metrics',
      job: 'shop',
      interval: '15000ms',
      labels: { stage: 'production' },
    });
    const [[, heartbeat]] = all('Custom::SluiceHeartbeat') as [[string, Json]];
    expect(heartbeat.Properties.Row).toEqual({ job: 'report', interval: '86400000ms', grace: '1800000ms' });
    expect(target.Properties.ServiceToken).toEqual(heartbeat.Properties.ServiceToken);
  });

  test('has its mailbox hear of alarms, a dashboard, and an alarm of its own on a metric of the collector', () => {
    expect(all('AWS::SNS::Subscription').map(([, { Properties }]) => Properties.Endpoint)).toEqual([
      'oncall@example.com',
    ]);
    expect(all('AWS::CloudWatch::Dashboard').length).toBe(1);
    const own = all('AWS::CloudWatch::Alarm').find(([id]) => id.startsWith('ManySamples'));
    expect(own?.[1].Properties).toMatchObject({
      MetricName: 'Accepted',
      Namespace: 'Sluice',
      Dimensions: [{ Name: 'Collector', Value: 'Shop/Metrics' }],
      Period: 86_400,
    });
  });
});
