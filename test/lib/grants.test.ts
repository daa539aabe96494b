import { App, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { environment } from '../../io/aws/contract.ts';
import { Collector } from '../../lib/collector.ts';
import { CollectorStack } from '../../lib/collector-stack.ts';
import { type Resource, synthesized, templateOf } from './synthesized.ts';

// Every role, everything it may do, and to what. A right that is not in this table fails the test, and so does one that
// is in the table and not in the template.

type Statement = { readonly Action: string | string[]; readonly Resource: unknown; readonly Effect: string };
type House = ReturnType<typeof synthesized>;

const listOf = <T>(one: T | readonly T[]): readonly T[] => (Array.isArray(one) ? one : [one as T]);

const statementsOf = ({ all, at }: House, role: Resource): Statement[] =>
  all('AWS::IAM::Policy')
    .filter(({ properties }) => properties.Roles.some((each: unknown) => at(each) === role))
    .flatMap(({ properties }) => properties.PolicyDocument.Statement as Statement[]);

/** All objects of a bucket, as a grant names them. */
const objectsOf = (resource: unknown): unknown => {
  const [, [bucket, rest] = []] = ((resource as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'] ?? []) as [
    string,
    unknown[],
  ];
  return rest === '/*' ? bucket : undefined;
};

const nameOf = (house: House, resource: unknown): string => {
  if (resource === '*') return '*';
  const bucket = objectsOf(resource);
  return bucket === undefined ? house.at(resource).name : `${house.at(bucket).name}/*`;
};

/** Everything a role may do, as `resource: actions`. */
const grantsTo = (house: House, role: Resource): string[] =>
  statementsOf(house, role)
    .flatMap(({ Action, Resource }) =>
      listOf(Resource).map(each => `${nameOf(house, each)}: ${[...listOf(Action)].sort().join(' ')}`),
    )
    .sort();

const drain = 'sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ReceiveMessage';

const logs = (name: string): string => `${name}Logs: logs:CreateLogStream logs:PutLogEvents`;

const table = {
  PushRole: [
    'BufferQueue: sqs:SendMessage',
    'DeadlinesQueue: sqs:SendMessage',
    'HeartbeatsTable: dynamodb:GetItem dynamodb:UpdateItem',
    'KeysTable: dynamodb:GetItem',
    logs('Push'),
  ],
  IngestRole: [
    `BufferQueue: ${drain}`,
    logs('Ingest'),
    'SeriesTable: dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:Query',
  ],
  CompactRole: [
    'BlocksBucket: s3:ListBucket',
    'BlocksBucket/*: s3:GetObject s3:PutObject',
    logs('Compact'),
    'SeriesTable: dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query',
  ],
  PlanRole: [
    'BufferQueue: sqs:SendMessage',
    'DeadlinesQueue: sqs:SendMessage',
    'HeartbeatsTable: dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Scan dynamodb:UpdateItem',
    logs('Plan'),
    'ScrapesQueue: sqs:SendMessage',
    // The table's stream.
    'TargetsTable: dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams',
    'TargetsTable: dynamodb:DeleteItem dynamodb:PutItem dynamodb:Scan dynamodb:UpdateItem',
  ],
  ScrapeRole: [
    'BufferQueue: sqs:SendMessage',
    'DeadlinesQueue: sqs:SendMessage',
    'HeartbeatsTable: dynamodb:UpdateItem',
    logs('Scrape'),
    `ScrapesQueue: ${drain}`,
  ],
  CheckRole: [
    'AlarmsTopic: sns:Publish',
    `DeadlinesQueue: ${drain}`,
    'DeadlinesQueue: sqs:SendMessage',
    'HeartbeatsTable: dynamodb:BatchGetItem dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Scan dynamodb:UpdateItem',
    logs('Check'),
    'SeriesTable: dynamodb:BatchWriteItem',
  ],
  PageRole: [
    '*: cloudwatch:GetMetricData',
    'BufferQueue: sqs:GetQueueAttributes',
    'DeadlinesQueue: sqs:SendMessage',
    'HeartbeatsTable: dynamodb:BatchGetItem dynamodb:GetItem dynamodb:UpdateItem',
    'KeysTable: dynamodb:GetItem',
    logs('Page'),
  ],
  QueryRole: [
    'BlocksBucket: s3:ListBucket',
    'BlocksBucket/*: s3:GetObject',
    'HeartbeatsTable: dynamodb:GetItem dynamodb:Scan',
    'KeysTable: dynamodb:GetItem',
    logs('Query'),
    'SeriesTable: dynamodb:BatchGetItem dynamodb:Query',
    'TargetsTable: dynamodb:Scan',
  ],
  PlanTickRole: ['Plan: lambda:InvokeFunction'],
  CheckTickRole: ['Check: lambda:InvokeFunction'],
  CompactTickRole: ['Compact: lambda:InvokeFunction'],
};

/** A statement that CDK merged holds the actions of all grants on one resource: told apart by service verbs, not order. */
const flat = (grants: readonly string[]): string[] =>
  grants
    .flatMap(grant => {
      const [resource = '', actions = ''] = grant.split(': ');
      return actions.split(' ').map(action => `${resource}: ${action}`);
    })
    .sort();

const house = synthesized({ scrapeAllowCidrs: ['10.0.0.0/8', 'fd00::/8'] });

test('these roles there are, and no others', () => {
  expect(
    house
      .all('AWS::IAM::Role')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(table).sort());
});

test.each(Object.entries(table))('%s may do this', (name, may) => {
  const role = house.all('AWS::IAM::Role').find(each => each.name === name)!;
  expect(flat(grantsTo(house, role))).toEqual(flat(may));
  expect(role.properties.ManagedPolicyArns).toBeUndefined();
  expect(role.properties.Policies).toBeUndefined();
  const users = house.all('AWS::Lambda::Function').filter(({ properties }) => house.at(properties.Role) === role);
  expect(users.length).toBe(name.endsWith('TickRole') ? 0 : 1);
});

test.each([
  { name: 'Push', knows: ['buffer', 'heartbeats', 'deadlines', 'keys'] },
  { name: 'Ingest', knows: ['series', 'retention'] },
  { name: 'Plan', knows: ['buffer', 'targets', 'scrapes', 'heartbeats', 'deadlines', 'scrapeAllow'] },
  { name: 'Scrape', knows: ['buffer', 'heartbeats', 'deadlines', 'scrapeAllow'] },
  { name: 'Check', knows: ['heartbeats', 'deadlines', 'alarms', 'series'] },
  { name: 'Page', knows: ['buffer', 'heartbeats', 'deadlines', 'keys'] },
  { name: 'Compact', knows: ['series', 'blocks', 'retention'] },
  { name: 'Query', knows: ['series', 'blocks', 'retention', 'targets', 'heartbeats', 'keys'] },
] as const)('$name knows what it may touch', ({ name, knows }) => {
  const handler = house.all('AWS::Lambda::Function').find(each => each.name === name);
  expect(Object.keys(handler?.properties.Environment.Variables).sort()).toEqual(
    [environment.collector, ...knows.map(key => environment[key])].sort(),
  );
});

test('the allowed blocks reach the scraper as one list', () => {
  const scrape = house.all('AWS::Lambda::Function').find(({ name }) => name === 'Scrape');
  expect(scrape?.properties.Environment.Variables[environment.scrapeAllow]).toBe('10.0.0.0/8,fd00::/8');
});

test('nobody may do anything to everything', () => {
  const statements = house
    .all('AWS::IAM::Policy')
    .flatMap(({ properties }) => properties.PolicyDocument.Statement as Statement[]);
  expect(statements.length).toBeGreaterThan(20);
  // But for metrics, which CloudWatch knows no names for, and for the objects of our own bucket, whose keys nobody knows before.
  const ofMetrics = statements.filter(({ Action }) => Action === 'cloudwatch:GetMetricData');
  expect(ofMetrics.length).toBe(1);
  const resources = statements.filter(each => !ofMetrics.includes(each)).flatMap(({ Resource }) => listOf(Resource));
  const named = resources.filter(
    each => objectsOf(each) === undefined || house.at(objectsOf(each)).name !== 'BlocksBucket',
  );
  expect(resources.length - named.length).toBe(2);
  expect(JSON.stringify([named, statements.map(({ Action }) => Action)])).not.toContain('*');
});

test('a secret of scrapes may be read by the scrapers alone, and is told with its hosts', () => {
  const app = new App();
  const stack = new CollectorStack(app, 'S', {
    scrapeSecrets: [
      { secret: 'scrapes/shop', hosts: ['shop.example.com'] },
      { parameter: '/scrapes/bank', hosts: ['*.bank.example:9100'] },
    ],
  });
  const template = JSON.stringify(templateOf(stack));
  expect(template.match(/secretsmanager:GetSecretValue/g)).toHaveLength(1);
  expect(template.match(/ssm:GetParameter/g)).toHaveLength(1);
  expect(template).toContain(':secret:scrapes/shop-??????');
  expect(template).toContain(':parameter/scrapes/bank');
  expect(template).toContain('*.bank.example:9100');
  for (const hosts of [[], ['no host'], ['http://x']])
    expect(() => new CollectorStack(new App(), 'S', { scrapeSecrets: [{ secret: 'a', hosts }] })).toThrow(
      'scrapeSecrets[0].hosts',
    );
});

describe('what passes samples on', () => {
  const handlerOf = (house: House, name: string) =>
    house.all('AWS::Lambda::Function').find(each => each.name === name)!.properties.Environment.Variables;
  const roleOf = (house: House, name: string) => house.all('AWS::IAM::Role').find(each => each.name === name)!;

  test('may write to one workspace, with its own signature', () => {
    const workspaceArn = 'arn:aws:aps:eu-west-1:123456789012:workspace/ws-1';
    const onward = synthesized({ onward: { workspaceArn } });
    const statements = statementsOf(onward, roleOf(onward, 'OnwardForwardRole'));
    const signed = statements.find(({ Action }) => Action === 'aps:RemoteWrite');
    expect(signed?.Resource).toBe(workspaceArn);
    expect(
      flat(
        grantsTo(
          { ...onward, at: each => (each === workspaceArn ? ({ name: 'Workspace' } as Resource) : onward.at(each)) },
          roleOf(onward, 'OnwardForwardRole'),
        ),
      ),
    ).toEqual(
      flat([
        'OnwardForwardLogs: logs:CreateLogStream logs:PutLogEvents',
        `OnwardPassedOnQueue: ${drain}`,
        'Workspace: aps:RemoteWrite',
      ]),
    );
    expect(flat(grantsTo(onward, roleOf(onward, 'IngestRole')))).toContain('OnwardPassedOnQueue: sqs:SendMessage');
    const { [environment.onwardUrl]: url, [environment.onwardRegion]: region } = handlerOf(onward, 'OnwardForward');
    expect(JSON.stringify(url)).toContain('https://aps-workspaces.eu-west-1.');
    expect(JSON.stringify(url)).toContain('/workspaces/ws-1/api/v1/remote_write');
    expect(region).toBe('eu-west-1');
  });

  test('may read the one token it sends', () => {
    const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Other');
    const token = new Secret(stack, 'Token');
    new Collector(stack, 'Collector', { onward: { url: 'https://mimir.example.com/push', token } });
    const onward = templateOf(stack);
    expect(
      flat(grantsTo(onward, roleOf(onward, 'OnwardForwardRole'))).filter(each => each.startsWith('Token')),
    ).toEqual(['Token: secretsmanager:DescribeSecret', 'Token: secretsmanager:GetSecretValue']);
  });

  test('is not there unless asked for', () => {
    expect(house.all('AWS::Lambda::Function').map(({ name }) => name)).not.toContain('OnwardForward');
  });

  test('chosen series are told to ingest', () => {
    const mirror = [{ metric: 'up' }, { metric: 'depth', labels: { job: 'shop' } }];
    expect(JSON.parse(handlerOf(synthesized({ mirror }), 'Ingest')[environment.mirror])).toEqual(mirror);
  });
});

test('what looks after declared rows may fill the three tables, and read the secrets of keys it made', () => {
  const stack = new CollectorStack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Sluice');
  stack.collector.addKey('Shop', { jobs: ['shop'] });
  const declaring = templateOf(stack);
  const [role] = declaring.all('AWS::IAM::Role').filter(({ name }) => name === 'DeclarationsDeclareRole');
  const fill = 'dynamodb:DeleteItem dynamodb:PutItem dynamodb:UpdateItem';
  expect(flat(grantsTo(declaring, role!))).toEqual(
    flat([
      'DeclarationsDeclareLogs: logs:CreateLogStream logs:PutLogEvents',
      ...['Heartbeats', 'Keys', 'Targets'].map(name => `${name}Table: ${fill}`),
      'ShopSecret: secretsmanager:GetSecretValue',
    ]),
  );
});

describe('a scraper inside a VPC', () => {
  const vpc = Vpc.fromVpcAttributes(new Stack(new App(), 'Network'), 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['us-east-1a', 'us-east-1b'],
    privateSubnetIds: ['subnet-0123456789abcdef1', 'subnet-0123456789abcdef2'],
  });
  const inside = synthesized({ vpcScraping: { vpc, allowCidrs: ['10.0.0.0/16'] } });

  test('has the rights of the other one, and the network card that Lambda makes for it', () => {
    const role = inside.all('AWS::IAM::Role').find(({ name }) => name === 'VpcScrapeRole')!;
    expect(flat(grantsTo(inside, role))).toEqual(
      flat([
        '*: ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ec2:DescribeNetworkInterfaces',
        ...table.ScrapeRole.map(grant => grant.replace(/^Scrape/, 'VpcScrape')),
      ]),
    );
  });

  test('reaches what its own list names', () => {
    const [insider] = inside.all('AWS::Lambda::Function').filter(({ name }) => name === 'VpcScrape');
    expect(insider?.properties.Environment.Variables[environment.scrapeAllow]).toBe('10.0.0.0/16');
    expect(insider?.properties.VpcConfig.SubnetIds).toEqual(['subnet-0123456789abcdef1', 'subnet-0123456789abcdef2']);
    const [outsider] = inside.all('AWS::Lambda::Function').filter(({ name }) => name === 'Scrape');
    expect(outsider?.properties.Environment.Variables[environment.scrapeAllow]).toBe('');
    expect(outsider?.properties.VpcConfig).toBeUndefined();
  });

  test('gets its orders from plan', () => {
    const [plan] = inside.all('AWS::Lambda::Function').filter(({ name }) => name === 'Plan');
    const url = plan?.properties.Environment.Variables[environment.vpcScrapes];
    expect(inside.at(url).name).toBe('VpcScrapesQueue');
  });
});
