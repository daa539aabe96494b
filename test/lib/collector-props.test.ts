import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { describe, expect, test } from 'vitest';
import { Collector } from '../../lib/collector.ts';
import type { CollectorProps, HeartbeatProps, TargetProps } from '../../lib/collector-props.ts';
import { synthesized } from './synthesized.ts';

// What cannot be meant is refused at synthesis, by the name of the property.

const stack = () => new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Test');
const vpc = Vpc.fromVpcAttributes(stack(), 'Vpc', { vpcId: 'vpc-0123456789abcdef0', availabilityZones: ['a'] });
const certificate = Certificate.fromCertificateArn(
  stack(),
  'Certificate',
  'arn:aws:acm:us-east-1:123456789012:certificate/one',
);

const badRules = join(mkdtempSync(join(tmpdir(), 'sluice-rules-')), 'bad.yml');
writeFileSync(badRules, 'groups:\n- name: g\n  rules:\n  - { record: a, expr: sum( }\n'.replace('sum(', '"sum("'));

test.each<[CollectorProps, string]>([
  [{ scrapeAllowCidrs: ['localhost'] }, 'scrapeAllowCidrs: "localhost" is no CIDR block such as 10.0.0.0/8'],
  [{ vpcScraping: { vpc, allowCidrs: ['10.0.0.0/33'] } }, 'vpcScraping.allowCidrs: "10.0.0.0/33" is no CIDR block'],
  [{ vpcScraping: { vpc, allowCidrs: [] } }, 'vpcScraping.allowCidrs: none is given'],
  [{ throttle: { requestsPerSecond: 0, atOnce: 1 } }, 'throttle.requestsPerSecond: 0 is no whole number from 1 on'],
  [{ throttle: { requestsPerSecond: 1, atOnce: 1.5 } }, 'throttle.atOnce: 1.5 is no whole number from 1 on'],
  [
    { domain: { name: 'https://x.y', certificate } },
    'domain.name: "https://x.y" is no name such as metrics.example.com',
  ],
  [
    { onward: { workspaceArn: 'ws-1' } },
    'onward.workspaceArn: "ws-1" is no arn:aws:aps:<region>:<account>:workspace/<id>',
  ],
  [{ onward: { url: 'http://mimir.example.com/push' } }, 'onward.url: "http://mimir.example.com/push" is no https URL'],
  [{ onward: { url: 'mimir' } }, 'onward.url: "mimir" is no https URL'],
  [{ mirror: [{ metric: 'up{}' }] }, 'mirror[0].metric: "up{}" is no name of a metric, such as up'],
  [{ mirror: Array.from({ length: 21 }, () => ({ metric: 'up' })) }, 'mirror: 21 choices, the limit is 20'],
  [{ freshness: Duration.seconds(121) }, 'freshness: 121000 ms, expected from 0 ms to 120000 ms'],
  [{ scrapeMemoryMiB: 127 }, 'scrapeMemoryMiB: 127, expected whole ones from 128 to 10,240'],
  [{ scrapeMemoryMiB: 160.5 }, 'scrapeMemoryMiB: 160.5, expected'],
  [
    { scrapeMemoryMiB: Lazy.number({ produce: () => 512 }) },
    'scrapeMemoryMiB: a value that is known only at deployment',
  ],
  [{ mirror: [{} as never] }, 'mirror[0].metric: undefined is no name of a metric'],
  [{ retention: { samples: Duration.hours(12) } }, 'retention.samples: 43200000 ms, expected from 86400000 ms'],
  [{ retention: { samples: Duration.hours(36) } }, 'retention.samples: 1.5 days, expected whole ones'],
  [
    { retention: { samples: Duration.days(91), fiveMinutes: Duration.days(90) } },
    'retention.fiveMinutes: 90 days, but samples are kept for 91',
  ],
  [
    { rules: [badRules] },
    `rules: ${badRules}:4: group "g", rule 1, "a": could not parse expression: 1:5: parse error: unclosed left parenthesis`,
  ],
  [{ backfill: Duration.days(16) }, 'backfill: 1382400000 ms, expected from 3600000 ms to 1296000000 ms'],
  [{ backfill: Duration.minutes(1) }, 'backfill: 60000 ms, expected from 3600000 ms to 1296000000 ms'],
  [{ encryptionKey: Key.fromKeyArn(stack(), 'Key', 'arn:aws:kms:us-east-1:123456789012:key/one') }, 'encryptionKey: '],
])('%#: refused', (props, message) => {
  expect(() => new Collector(stack(), 'Collector', props)).toThrow(message);
});

describe('a target', () => {
  const good: TargetProps = { url: 'http://10.0.0.1:9100/metrics' };

  test.each<[Partial<TargetProps>, string]>([
    [{ url: 'ftp://x' }, 'url: "ftp://x" is no http or https URL'],
    [{ url: '10.0.0.1:9100' }, 'url: "10.0.0.1:9100" is no http or https URL'],
    [{ interval: Duration.millis(4_999) }, 'interval: 4999 ms, expected from 5000 ms to 86400000 ms'],
    [{ interval: Duration.days(2) }, 'interval: 172800000 ms, expected from 5000 ms'],
    [
      { interval: Duration.seconds(5), timeout: Duration.seconds(6) },
      'timeout: 6000 ms is longer than the interval, 5000 ms',
    ],
    [{ timeout: Duration.seconds(51) }, 'timeout: 51000 ms, expected from 100 ms to 50000 ms'],
    [{ labels: { job: 'x' } }, 'labels.job: '],
    [{ labels: { '9x': 'x' } }, 'labels.9x: '],
    [{ labels: { __x: 'x' } }, 'labels.__x: '],
  ])('%j is refused', (props, message) => {
    const collector = new Collector(stack(), 'Collector');
    expect(() => collector.addTarget('Target', { ...good, ...props })).toThrow(message);
  });

  test.each<Partial<TargetProps>>([
    { interval: Duration.seconds(5), timeout: Duration.seconds(5) },
    { interval: Duration.days(1) },
    { labels: { zone: 'a' }, network: 'vpc' },
  ])('%j is taken', props => {
    new Collector(stack(), 'Collector').addTarget('Target', { ...good, ...props });
  });
});

test.each<[HeartbeatProps, string]>([
  [{ job: '' }, 'job: is empty'],
  [{ job: 'x', interval: Duration.millis(999) }, 'interval: 999 ms, expected from 1000 ms'],
  [{ job: 'x', grace: Duration.days(366) }, 'grace: 31622400000 ms, expected from 0 ms'],
])('%j as a heartbeat is refused', (props, message) => {
  const collector = new Collector(stack(), 'Collector');
  expect(() => collector.addHeartbeat('Heartbeat', props)).toThrow(message);
});

describe('what was asked for is there', () => {
  test('a retention, in the bucket and for the functions', () => {
    const kept = synthesized({ retention: { samples: Duration.days(30), hours: Duration.days(1_000) } });
    const [bucket] = kept.all('AWS::S3::Bucket');
    expect(
      bucket?.properties.LifecycleConfiguration.Rules.map(
        ({ Prefix, ExpirationInDays }: { Prefix: string; ExpirationInDays: number }) => [Prefix, ExpirationInDays],
      ),
    ).toEqual([
      ['raw/', 32],
      ['5m/', 92],
      ['1h/', 1_002],
    ]);
    for (const name of ['Ingest', 'Compact', 'Query']) {
      const handler = kept.all('AWS::Lambda::Function').find(each => each.name === name);
      expect(handler?.properties.Environment.Variables.RETENTION_DAYS).toBe('30,90,1000');
    }
  });

  test('rules, by a function of their own that there is not without them', () => {
    const rulesOf = (props: CollectorProps) => {
      const { all } = synthesized(props);
      return all('AWS::Lambda::Function').filter(({ name }) => name === 'RuleEvaluationRules');
    };
    expect(rulesOf({})).toEqual([]);
    const [handler] = rulesOf({ rules: [join(import.meta.dirname, '../../examples/rules/rules.yml')] });
    expect(Object.keys(handler!.properties.Environment.Variables).sort()).toEqual([
      'ALARMS_TOPIC',
      'BLOCKS_BUCKET',
      'BUFFER_URL',
      'COLLECTOR',
      'RETENTION_DAYS',
      'SERIES_TABLE',
    ]);
  });

  test('throttles, as a fuse by default', () => {
    const settings = (props: CollectorProps) =>
      synthesized(props).all('AWS::ApiGatewayV2::Stage')[0]?.properties.DefaultRouteSettings;
    expect(settings({})).toMatchObject({ ThrottlingRateLimit: 2_000, ThrottlingBurstLimit: 5_000 });
    expect(settings({ throttle: { requestsPerSecond: 10, atOnce: 20 } })).toMatchObject({
      ThrottlingRateLimit: 10,
      ThrottlingBurstLimit: 20,
    });
  });

  test('a domain, and its name where the zone is known', () => {
    const zone = HostedZone.fromHostedZoneAttributes(stack(), 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });
    const { all, template } = synthesized({ domain: { name: 'metrics.example.com', certificate, zone } });
    expect(all('AWS::ApiGatewayV2::DomainName')[0]?.properties.DomainName).toBe('metrics.example.com');
    expect(all('AWS::ApiGatewayV2::ApiMapping').length).toBe(1);
    expect(all('AWS::Route53::RecordSet')[0]?.properties).toMatchObject({ Name: 'metrics.example.com.', Type: 'A' });
    expect(template.Outputs.PushUrl.Value).toBe('https://metrics.example.com');
  });

  test('a key of one’s own, on everything that keeps data, and CloudWatch may ring with it', () => {
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
    const own = new Stack(app, 'Test', { env: { account: '123456789012', region: 'eu-central-1' } });
    const encryptionKey = new Key(own, 'Key');
    new Collector(own, 'Collector', { encryptionKey });
    // biome-ignore lint/suspicious/noExplicitAny: a template.
    const resources = Object.values<any>(app.synth().getStackByName('Test').template.Resources);
    const of = (type: string) => resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
    for (const table of of('AWS::DynamoDB::GlobalTable')) {
      expect(table.SSESpecification).toMatchObject({ SSEEnabled: true, SSEType: 'KMS' });
      expect(table.Replicas[0].SSESpecification.KMSMasterKeyId).toBeDefined();
    }
    for (const queue of of('AWS::SQS::Queue')) expect(queue.KmsMasterKeyId).toBeDefined();
    for (const topic of of('AWS::SNS::Topic')) expect(topic.KmsMasterKeyId).toBeDefined();
    for (const group of of('AWS::Logs::LogGroup')) expect(group.KmsKeyId).toBeDefined();
    expect(JSON.stringify(of('AWS::KMS::Key')[0].KeyPolicy)).toContain('cloudwatch.amazonaws.com');
  });
});

test.each([
  { props: {}, memory: 160, freshness: '120', heap: 75 },
  { props: { scrapeMemoryMiB: 512, freshness: Duration.seconds(0) }, memory: 512, freshness: '0', heap: 427 },
  { props: { scrapeMemoryMiB: 128, freshness: Duration.minutes(1) }, memory: 128, freshness: '60', heap: 58 },
])('a scrape worker has $memory MiB, of which $heap are heap', ({ props, memory, freshness, heap }) => {
  const { all } = synthesized(props);
  const worker = all('AWS::Lambda::Function').find(({ name }) => name === 'Scrape')!;
  expect(worker.properties.MemorySize).toBe(memory);
  expect(worker.properties.Environment.Variables).toMatchObject({
    FRESHNESS_SECONDS: freshness,
    NODE_OPTIONS: `--max-old-space-size=${heap} --max-semi-space-size=4`,
  });
});
