import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
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
  const route = /\/\$default\/(\w+)(\/[^"]*)/.exec(JSON.stringify(resource))?.slice(1).join(' ');
  if (route !== undefined) return route;
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
    'UsageTable: dynamodb:PutItem dynamodb:Query',
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
    'TargetsTable: dynamodb:GetItem',
  ],
  CheckRole: [
    // Whom the gateway turned away.
    '*: cloudwatch:GetMetricData',
    'AlarmsTopic: sns:Publish',
    'BufferQueue: sqs:SendMessage',
    `DeadlinesQueue: ${drain}`,
    'DeadlinesQueue: sqs:SendMessage',
    'HeartbeatsTable: dynamodb:BatchGetItem dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Scan dynamodb:UpdateItem',
    logs('Check'),
    // Canaries.
    'POST /v1/push: execute-api:Invoke',
    // Whether the target of who fell silent answers, and under which name he may have come back; and what was rung.
    'SeriesTable: dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:Query',
    'TargetsTable: dynamodb:Scan',
  ],
  PageRole: [
    '*: cloudwatch:GetMetricData',
    'BufferQueue: sqs:GetQueueAttributes',
    'DeadlinesQueue: sqs:SendMessage',
    'HeartbeatsTable: dynamodb:BatchGetItem dynamodb:GetItem dynamodb:UpdateItem',
    'KeysTable: dynamodb:GetItem',
    'UsageTable: dynamodb:Query',
    logs('Page'),
  ],
  QueryRole: [
    'BlocksBucket: s3:ListBucket',
    'BlocksBucket/*: s3:GetObject',
    'HeartbeatsTable: dynamodb:GetItem dynamodb:Scan',
    'KeysTable: dynamodb:GetItem',
    logs('Query'),
    'SeriesTable: dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query',
    'TargetsTable: dynamodb:Scan',
  ],
  AccountRole: [
    '*: cloudwatch:GetMetricData',
    logs('Account'),
    'BlocksBucket: s3:ListBucket',
    'BlocksBucket/*: s3:GetObject',
    'BufferDeadLetters: sqs:ReceiveMessage',
    'BufferQueue: sqs:GetQueueAttributes',
    'KeysTable: dynamodb:GetItem',
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
  { name: 'Push', knows: ['backfill', 'buffer', 'heartbeats', 'deadlines', 'keys', 'usage'] },
  { name: 'Ingest', knows: ['series', 'retention'] },
  { name: 'Plan', knows: ['targets', 'scrapes', 'heartbeats', 'deadlines', 'scrapeAllow', 'discoveries'] },
  {
    name: 'Scrape',
    knows: ['buffer', 'heartbeats', 'deadlines', 'targets', 'scrapeAllow', 'freshness', 'node'],
  },
  {
    name: 'Check',
    knows: ['heartbeats', 'deadlines', 'alarms', 'canaryUrl', 'gateways', 'series', 'targets', 'scrapeAllow', 'buffer'],
  },
  { name: 'Page', knows: ['buffer', 'heartbeats', 'deadlines', 'keys', 'usage'] },
  { name: 'Compact', knows: ['series', 'blocks', 'retention'] },
  { name: 'Query', knows: ['series', 'blocks', 'retention', 'targets', 'heartbeats', 'keys'] },
  { name: 'Account', knows: ['buffer', 'series', 'blocks', 'retention', 'targets', 'keys', 'deadLetters'] },
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
  expect(ofMetrics.length).toBe(3);
  const resources = statements.filter(each => !ofMetrics.includes(each)).flatMap(({ Resource }) => listOf(Resource));
  const named = resources.filter(
    each => objectsOf(each) === undefined || house.at(objectsOf(each)).name !== 'BlocksBucket',
  );
  expect(resources.length - named.length).toBe(3);
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

test('what evaluates rules may read series, keep its records and what it rang, and ring', () => {
  const ruled = synthesized({ rules: [join(import.meta.dirname, '../../examples/rules/rules.yml')] });
  const role = ruled.all('AWS::IAM::Role').find(({ name }) => name === 'RuleEvaluationRulesRole')!;
  expect(flat(grantsTo(ruled, role))).toEqual(
    flat([
      'AlarmsTopic: sns:Publish',
      'BlocksBucket: s3:ListBucket',
      'BlocksBucket/*: s3:GetObject',
      'BufferQueue: sqs:SendMessage',
      logs('RuleEvaluationRules'),
      'SeriesTable: dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query',
    ]),
  );
});

test('a list of targets is declared by the names of its row', () => {
  const stack = new CollectorStack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Sluice');
  stack.collector.addTargets('Tasks', {
    kind: 'ecs',
    clusters: ['prod'],
    tags: { sluice: 'scrape' },
    port: 9102,
    portTag: 'metrics-port',
    interval: Duration.seconds(15),
    refreshInterval: Duration.minutes(2),
    network: 'vpc',
  });
  const [declared] = templateOf(stack).all('Custom::SluiceTarget');
  expect(declared?.properties.Row).toEqual({
    id: 'Sluice/Collector/Tasks',
    kind: 'ecs',
    clusters: ['prod'],
    tags: { sluice: 'scrape' },
    port: 9102,
    port_tag: 'metrics-port',
    interval: '15000ms',
    refresh_interval: '120000ms',
    network: 'vpc',
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

describe('who looks at the account', () => {
  const vpc = Vpc.fromVpcAttributes(new Stack(new App(), 'Network'), 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    vpcCidrBlock: '10.7.0.0/16',
    availabilityZones: ['us-east-1a'],
    privateSubnetIds: ['subnet-0123456789abcdef1'],
  });
  const ownRows =
    'TargetsTable: dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Scan dynamodb:UpdateItem';
  const named = (house: House, name: string): Resource => house.all('AWS::IAM::Role').find(each => each.name === name)!;
  const variables = (house: House, name: string) =>
    house.all('AWS::Lambda::Function').find(each => each.name === name)!.properties.Environment.Variables;

  test('is not there unless asked for, and no rule of EventBridge either', () => {
    expect(JSON.stringify(house.template)).not.toMatch(/ecs:|ec2:|servicediscovery:|AWS::Events::Rule/);
    expect(variables(house, 'Plan')[environment.discoveries]).toBe('http_sd');
  });

  test('may look at what was asked for, keep rows, and order scrapes', () => {
    const all = synthesized({
      discovery: { ecs: true, ec2: true, cloudMap: true, vpcLists: true },
      vpcScraping: { vpc },
    });
    expect(flat(grantsTo(all, named(all, 'DiscoveryDiscoverRole')))).toEqual(
      flat([
        '*: ecs:ListClusters ecs:ListTasks ecs:DescribeClusters ecs:DescribeTasks ecs:DescribeServices ecs:DescribeContainerInstances',
        '*: ec2:DescribeInstances',
        '*: ec2:DescribeNetworkInterfaces',
        '*: servicediscovery:ListNamespaces servicediscovery:ListServices servicediscovery:ListInstances servicediscovery:ListTagsForResource',
        logs('DiscoveryDiscover'),
        'ScrapesQueue: sqs:SendMessage',
        'VpcScrapesQueue: sqs:SendMessage',
        ownRows,
      ]),
    );
    expect(flat(grantsTo(all, named(all, 'VpcListsAskListsRole')))).toEqual(
      flat([
        '*: ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ec2:DescribeNetworkInterfaces',
        logs('VpcListsAskLists'),
        ownRows,
      ]),
    );
    expect(variables(all, 'Plan')[environment.discoveries]).toBe('http_sd,ecs,ec2,cloud_map,vpc_http_sd');
    expect(variables(all, 'DiscoveryDiscover')[environment.discoveries]).toBe('ecs,ec2,cloud_map');
    expect(variables(all, 'VpcListsAskLists')[environment.discoveries]).toBe('vpc_http_sd');
    // The VPC's own block where nobody says another.
    for (const name of ['Plan', 'DiscoveryDiscover', 'VpcListsAskLists'])
      expect(variables(all, name)[environment.vpcScrapeAllow]).toBe('10.7.0.0/16');
    expect(variables(all, 'VpcScrape')[environment.scrapeAllow]).toBe('10.7.0.0/16');
  });

  test('of some clusters may look into those, and hears of those', () => {
    const some = synthesized({ discovery: { ecs: { clusters: ['prod', 'stage'] } } });
    const statements = statementsOf(some, named(some, 'DiscoveryDiscoverRole'));
    const about = (action: string) => statements.find(({ Action }) => listOf(Action).includes(action));
    expect(JSON.stringify(about('ecs:DescribeTasks')?.Resource)).toMatch(/:task\/prod\/\*.*:task\/stage\/\*/);
    expect(JSON.stringify(about('ecs:DescribeClusters')?.Resource)).toMatch(/:cluster\/prod.*:cluster\/stage/);
    expect(about('ecs:ListTasks')).toMatchObject({
      Condition: { ArnEquals: { 'ecs:cluster': [expect.anything(), expect.anything()] } },
    });
    expect(about('ecs:ListClusters')).toBeUndefined();
    expect(about('servicediscovery:ListServices')).toBeUndefined();
    const [rule, ...others] = some.all('AWS::Events::Rule');
    expect(others).toEqual([]);
    expect(rule?.properties.EventPattern).toMatchObject({
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: { lastStatus: ['RUNNING', 'DEACTIVATING', 'STOPPING', 'STOPPED'] },
    });
    expect(JSON.stringify(rule?.properties.EventPattern.detail.clusterArn)).toMatch(/cluster\/prod/);
  });

  test('shows a secret to lists only where that is said', () => {
    const secrets = synthesized({
      scrapeSecrets: [
        { secret: 'for/targets', hosts: ['a.example'] },
        { secret: 'for/lists', hosts: ['b.example'], lists: true },
      ],
    });
    const reads = (name: string) =>
      JSON.stringify(
        statementsOf(secrets, named(secrets, name)).filter(({ Action }) => /^secretsmanager/.test(String(Action))),
      );
    expect(reads('PlanRole')).toContain('for/lists');
    expect(reads('PlanRole')).not.toContain('for/targets');
    expect(reads('ScrapeRole')).toMatch(/for\/lists.*for\/targets/);
  });

  test.each([
    [{ discovery: { vpcLists: true } }, /vpcLists: there is no scraper in a VPC/],
    [{ discovery: { ecs: { clusters: [] } } }, /clusters: none is given/],
    [{ discovery: { ecs: { clusters: ['a/b'] } } }, /no name of a cluster/],
  ])('%j cannot be meant', (props, message) => {
    expect(() => synthesized(props)).toThrow(message);
  });
});
