import { describe, expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import { amazon } from '../../io/aws/amazon.ts';
import { awsInventory } from '../../io/aws/inventory.ts';
import * as recorded from './recorded/account.ts';

type Asked = { readonly operation: string; readonly body: Record<string, unknown>; readonly headers: Headers };
type Answer = { readonly status?: number; readonly body: unknown };

/** AWS as a table: what each operation answers, one after another; the last one again and again. */
const account = (answers: Readonly<Record<string, readonly (Answer | Error)[]>>) => {
  const asked: Asked[] = [];
  const waits: number[] = [];
  const counts = new Map<string, number>();
  const send = (async (_url: URL, request: RequestInit) => {
    const headers = new Headers(request.headers as Record<string, string>);
    const target = headers.get('x-amz-target');
    const text = String(request.body);
    const body: Record<string, unknown> =
      target === null ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text);
    const operation = target === null ? String(body['Action']) : target.slice(target.indexOf('.') + 1);
    asked.push({ operation, body, headers });
    const count = counts.get(operation) ?? 0;
    counts.set(operation, count + 1);
    const answer = answers[operation]?.[Math.min(count, answers[operation].length - 1)];
    if (answer === undefined) throw new Error(`nobody answers ${operation}`);
    if (answer instanceof Error) throw answer;
    const written = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    return new Response(written, { status: answer.status ?? 200 });
  }) as typeof fetch;
  const inventory = awsInventory(
    amazon({
      clock: { nowMs: () => 0, wait: async ms => void waits.push(ms) },
      chance: { next: () => 1 },
      credentials: async () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' }),
      region: 'us-east-1',
      send,
    }),
    'us-east-1',
  );
  return { inventory, asked, waits, operations: () => asked.map(({ operation }) => operation) };
};

const quiet = {
  ListClusters: [{ body: { clusterArns: [recorded.clusterArn] } }],
  DescribeClusters: [{ body: { clusters: [recorded.cluster], failures: [] } }],
  ListTasks: [{ body: { taskArns: [recorded.taskArn('a')] } }],
  DescribeTasks: [{ body: { tasks: [recorded.fargateTask('a', '10.0.3.7')], failures: [] } }],
  DescribeServices: [{ body: { services: [recorded.service], failures: [] } }],
  DescribeNetworkInterfaces: [
    { body: recorded.interfacesXml({ id: 'eni-0123456789abcdef0', publicIp: '54.94.202.17' }) },
  ],
};

describe('tasks of ECS', () => {
  test('are told with their cluster, their service and their tags, signed and in few calls', async () => {
    const { inventory, asked, operations } = account(quiet);
    const { all, failures } = await inventory.tasks({ clusters: [] });
    expect(failures).toEqual([]);
    expect(all).toEqual([
      {
        arn: recorded.taskArn('a'),
        region: 'us-east-1',
        cluster: { arn: recorded.clusterArn, name: 'prod', tags: { team: 'platform' } },
        service: { arn: recorded.service.serviceArn, name: 'shop', status: 'ACTIVE', tags: { sluice: 'scrape' } },
        group: 'service:shop',
        definition: 'arn:aws:ecs:us-east-1:123456789012:task-definition/shop:7',
        desiredStatus: 'RUNNING',
        lastStatus: 'RUNNING',
        healthStatus: 'HEALTHY',
        launchType: 'FARGATE',
        platformFamily: 'Linux',
        platformVersion: '1.4.0',
        zone: 'us-east-1b',
        privateIp: '10.0.3.7',
        publicIp: '54.94.202.17',
        subnetId: 'subnet-0123456789abcdef0',
        bindings: [],
        containerInstanceArn: undefined,
        host: undefined,
        tags: { stage: 'blue' },
        startedMs: 1_764_000_030_500,
      },
    ]);
    expect(operations()).toEqual([
      'ListClusters',
      'DescribeClusters',
      'ListTasks',
      'DescribeTasks',
      'DescribeServices',
      'DescribeNetworkInterfaces',
    ]);
    expect(asked[5]?.body).toMatchObject({
      'Filter.1.Name': 'network-interface-id',
      'Filter.1.Value.1': 'eni-0123456789abcdef0',
    });
    expect(asked[2]?.headers.get('x-amz-target')).toBe('AmazonEC2ContainerServiceV20141113.ListTasks');
    expect(asked[2]?.headers.get('authorization')).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/us-east-1\/ecs\/aws4_request/,
    );
    expect(asked[2]?.headers.get('x-amz-security-token')).toBe('token');
  });

  test('come page by page, a hundred described at a time', async () => {
    const ids = Array.from({ length: 250 }, (_, index) => `t${index}`);
    const { inventory, asked } = account({
      ...quiet,
      ListTasks: [
        { body: { taskArns: ids.slice(0, 100).map(recorded.taskArn), nextToken: 'two' } },
        { body: { taskArns: ids.slice(100, 200).map(recorded.taskArn), nextToken: 'three' } },
        { body: { taskArns: ids.slice(200).map(recorded.taskArn) } },
      ],
      DescribeTasks: [0, 100, 200].map(from => ({
        body: {
          tasks: ids.slice(from, from + 100).map((id, at) => recorded.fargateTask(id, `10.1.${from / 100}.${at}`)),
        },
      })),
    });
    const { all } = await inventory.tasks({ clusters: ['prod'] });
    expect(all.map(({ arn }) => arn)).toEqual(ids.map(recorded.taskArn));
    expect(asked.filter(({ operation }) => operation === 'ListTasks').map(({ body }) => body['nextToken'])).toEqual([
      undefined,
      'two',
      'three',
    ]);
  });

  test('on an instance have its address and the port that it gave them', async () => {
    const { inventory } = account({
      ...quiet,
      DescribeTasks: [{ body: { tasks: [recorded.bridgedTask('b')] } }],
      DescribeContainerInstances: [{ body: recorded.containerInstances }],
      DescribeInstances: [{ body: recorded.instanceXml('i-0598c7d356eba48d7', '10.0.0.9') }],
    });
    const [task] = (await inventory.tasks({ clusters: ['prod'] })).all;
    expect(task).toMatchObject({
      privateIp: undefined,
      service: undefined,
      bindings: [{ containerPort: 9102, hostPort: 32_785 }],
      host: { id: 'i-0598c7d356eba48d7', privateIp: '10.0.0.9' },
    });
  });

  test('on an instance have no public address of their own, and nobody is asked for one', async () => {
    const { inventory, operations } = account({
      ...quiet,
      DescribeTasks: [{ body: { tasks: [recorded.fargateTask('a', '10.0.3.7', { containerInstanceArn: 'c' })] } }],
      DescribeContainerInstances: [{ body: { containerInstances: [], failures: [] } }],
    });
    const [task] = (await inventory.tasks({ clusters: ['prod'] })).all;
    expect(task).toMatchObject({ privateIp: '10.0.3.7', publicIp: undefined });
    expect(operations()).not.toContain('DescribeNetworkInterfaces');
  });

  test('of Fargate have the public address of their own interface; one without, or that has gone, has none', async () => {
    const ids = ['eni-a', 'eni-b', 'eni-gone'];
    const { inventory } = account({
      ...quiet,
      ListTasks: [{ body: { taskArns: ids.map(recorded.taskArn) } }],
      DescribeTasks: [{ body: { tasks: ids.map(id => recorded.fargateTask(id, '10.0.3.7', {}, id)) } }],
      DescribeNetworkInterfaces: [
        { body: recorded.interfacesXml({ id: 'eni-b' }, { id: 'eni-a', publicIp: '54.94.202.17' }) },
      ],
    });
    const { all, failures } = await inventory.tasks({ clusters: ['prod'] });
    expect(failures).toEqual([]);
    expect(all.map(({ publicIp }) => publicIp)).toEqual(['54.94.202.17', undefined, undefined]);
  });

  test('are unknown where their addresses are: rules may put these in the place of the private ones', async () => {
    const { inventory } = account({
      ...quiet,
      DescribeNetworkInterfaces: [{ status: 403, body: recorded.deniedXml }],
    });
    expect(await inventory.tasks({ clusters: ['prod'] })).toEqual({
      all: [],
      failures: [
        'prod: ec2:DescribeNetworkInterfaces: UnauthorizedOperation: You are not authorized to perform this operation.',
      ],
    });
  });

  test('that are gone between the list and the look are no failure', async () => {
    const { inventory } = account({
      ...quiet,
      DescribeTasks: [{ body: { tasks: [], failures: [{ arn: recorded.taskArn('a'), reason: 'MISSING' }] } }],
    });
    expect(await inventory.tasks({ clusters: [] })).toEqual({ all: [], failures: [] });
  });

  test('of a cluster that cannot be looked at are unknown, and those of the others are told', async () => {
    const other = { clusterArn: `${recorded.clusterArn}2`, clusterName: 'prod2' };
    const { inventory } = account({
      ...quiet,
      DescribeClusters: [
        { body: { clusters: [other, recorded.cluster], failures: [{ arn: 'x', reason: 'MISSING' }] } },
      ],
      ListTasks: [
        { status: 400, body: { __type: 'AccessDeniedException', message: 'not yours' } },
        { body: { taskArns: [recorded.taskArn('a')] } },
      ],
    });
    const { all, failures } = await inventory.tasks({ clusters: ['prod2', 'prod', 'gone'] });
    expect(all).toHaveLength(1);
    expect(failures).toEqual([
      'there is no cluster gone in us-east-1',
      'prod2: ecs:ListTasks: AccessDeniedException: not yours',
    ]);
  });

  test('one by one: as it is, or not at all', async () => {
    const cluster = recorded.clusterArn;
    expect(await account(quiet).inventory.task({ cluster, arn: recorded.taskArn('a') })).toMatchObject({
      privateIp: '10.0.3.7',
      service: { name: 'shop' },
    });
    const gone = account({ ...quiet, DescribeTasks: [{ body: { tasks: [], failures: [{ reason: 'MISSING' }] } }] });
    expect(await gone.inventory.task({ cluster, arn: recorded.taskArn('a') })).toBeUndefined();
  });
});

describe('instances of EC2', () => {
  test('are read from XML, with filters asked for by number and pages to the end', async () => {
    const { inventory, asked } = account({
      DescribeInstances: [
        { body: recorded.instanceXml('i-1', '10.0.0.9', 'more') },
        { body: recorded.instanceXml('i-2', '10.0.0.10') },
      ],
    });
    const filters = [
      { name: 'tag:sluice', values: ['scrape'] },
      { name: 'instance-state-name', values: ['running', 'pending'] },
    ];
    const { all } = await inventory.instances({ filters });
    expect(all.map(({ id }) => id)).toEqual(['i-1', 'i-2']);
    expect(all[0]).toEqual({
      id: 'i-1',
      region: 'us-east-1',
      ownerId: '123456789012',
      state: 'running',
      zone: 'us-east-1c',
      type: 't4g.micro',
      ami: 'ami-bff32ccc',
      architecture: 'arm64',
      lifecycle: undefined,
      platform: undefined,
      privateIp: '10.0.0.9',
      privateDnsName: 'ip-10-0-0-9.ec2.internal',
      publicIp: '54.194.252.215',
      publicDnsName: 'ec2-54-194-252-215.compute-1.amazonaws.com',
      vpcId: 'vpc-11112222',
      primarySubnetId: 'subnet-56f5f633',
      subnetIds: ['subnet-56f5f633', 'subnet-77777777'],
      ipv6: ['2001:db8:1234:1a2b::123'],
      tags: { Name: 'Fish & Chips 🐟', sluice: 'scrape', 'k8s.io/port': '9100', empty: '' },
      startedMs: Date.UTC(2026, 10, 20, 10, 11, 12),
    });
    expect(asked[1]?.body).toMatchObject({
      Action: 'DescribeInstances',
      Version: '2016-11-15',
      NextToken: 'more',
      'Filter.1.Name': 'tag:sluice',
      'Filter.1.Value.1': 'scrape',
      'Filter.2.Value.2': 'pending',
    });
  });
});

describe('what is registered with Cloud Map', () => {
  const answers = {
    ListNamespaces: [{ body: { Namespaces: [{ Id: 'ns-1', Name: 'prod.local', Type: 'DNS_PRIVATE' }] } }],
    ListServices: [{ body: { Services: [recorded.cloudMapService] } }],
    ListTagsForResource: [{ body: { Tags: [{ Key: 'sluice', Value: 'scrape' }] } }],
    ListInstances: [{ body: { Instances: [recorded.cloudMapInstance] } }],
  };

  test('is told with its namespace, service, attributes and tags', async () => {
    const { inventory, asked } = account(answers);
    expect(await inventory.services({ namespaces: [], services: [] })).toEqual({
      all: [
        {
          id: 'i-abcd1234',
          region: 'us-east-1',
          namespace: 'prod.local',
          service: {
            id: 'srv-e4anhexample0004',
            name: 'orders',
            arn: recorded.cloudMapService.Arn,
            tags: { sluice: 'scrape' },
          },
          attributes: recorded.cloudMapInstance.Attributes,
        },
      ],
      failures: [],
    });
    expect(asked[1]?.body).toEqual({
      Filters: [{ Name: 'NAMESPACE_ID', Values: ['ns-1'], Condition: 'EQ' }],
      MaxResults: 100,
    });
    expect(asked[0]?.headers.get('x-amz-target')).toBe('Route53AutoNaming_v20170314.ListNamespaces');
  });

  test('says what is not there or cannot be looked at', async () => {
    const { inventory } = account({
      ...answers,
      ListInstances: [{ status: 400, body: { __type: 'ServiceNotFound', Message: 'no such service' } }],
    });
    expect(await inventory.services({ namespaces: ['prod.local', 'gone.local'], services: [] })).toEqual({
      all: [],
      failures: [
        'there is no namespace gone.local in us-east-1',
        'prod.local/orders: servicediscovery:ListInstances: ServiceNotFound: no such service',
      ],
    });
  });
});

describe('a call', () => {
  const throttled = { status: 400, body: { __type: 'ThrottlingException', message: 'Rate exceeded' } };
  const internal = { status: 500, body: 'Internal' };

  test.each([
    { name: 'throttled', answers: [throttled, throttled] },
    { name: 'that the service fails', answers: [internal] },
    { name: 'that nobody answers', answers: [new Error('ECONNRESET')] },
    { name: 'answered 429', answers: [{ status: 429, body: '' }] },
  ])('$name is made again after a while, longer each time', async ({ answers }) => {
    const { inventory, waits } = account({ ...quiet, ListTasks: [...answers, ...quiet.ListTasks] });
    expect((await inventory.tasks({ clusters: ['prod'] })).all).toHaveLength(1);
    expect(waits).toEqual(answers.map((_, index) => limits.inventoryBackoffMs * 2 ** index));
  });

  test('whose answer has a comment in it is read all the same', async () => {
    const body = recorded
      .instanceXml('i-1', '10.0.0.9')
      .replace('<reason/>', '<!-- tags <here> --><reason code="1"/><!---->');
    const { all } = await account({ DescribeInstances: [{ body }] }).inventory.instances({ filters: [] });
    expect(all).toMatchObject([{ id: 'i-1', privateIp: '10.0.0.9' }]);
  });

  test('of EC2 too', async () => {
    const { inventory, waits } = account({
      DescribeInstances: [
        { status: 503, body: recorded.throttledXml },
        { body: recorded.instanceXml('i-1', '10.0.0.9') },
      ],
    });
    expect((await inventory.instances({ filters: [] })).all).toHaveLength(1);
    expect(waits).toHaveLength(1);
  });

  test('is given up after so many tries, and at once where it can never succeed', async () => {
    const never = account({ DescribeInstances: [{ status: 503, body: recorded.throttledXml }] });
    await expect(never.inventory.instances({ filters: [] })).rejects.toMatchObject({
      code: 'RequestLimitExceeded',
      retryable: true,
    });
    expect(never.asked).toHaveLength(limits.inventoryTries);
    const denied = account({ DescribeInstances: [{ status: 403, body: recorded.deniedXml }] });
    await expect(denied.inventory.instances({ filters: [] })).rejects.toMatchObject({
      code: 'UnauthorizedOperation',
      message: 'ec2:DescribeInstances: UnauthorizedOperation: You are not authorized to perform this operation.',
      retryable: false,
    });
    expect(denied.asked).toHaveLength(1);
  });

  test.each(['', '<html>', '<a><b></a></b>', 'no XML at all <'])(
    'answered by %j is a failure, never an empty list',
    async body => {
      await expect(account({ DescribeInstances: [{ body }] }).inventory.instances({ filters: [] })).rejects.toThrow();
    },
  );

  test('answered by JSON of something else is a failure, never an empty list', async () => {
    for (const operation of ['ListTasks', 'DescribeTasks', 'DescribeServices'])
      expect(
        (await account({ ...quiet, [operation]: [{ body: {} }] }).inventory.tasks({ clusters: ['prod'] })).failures,
      ).toEqual([expect.stringContaining(`prod: ecs:${operation}: answers without`)]);
    await expect(account({ ...quiet, ListClusters: [{ body: {} }] }).inventory.tasks({ clusters: [] })).rejects.toThrow(
      'answers without clusterArns',
    );
  });

  test('that would never end is given up', async () => {
    const endless = account({ DescribeInstances: [{ body: recorded.instanceXml('i-1', '10.0.0.9', 'again') }] });
    await expect(endless.inventory.instances({ filters: [] })).rejects.toThrow(/lists more than/);
    expect(endless.asked.length).toBeLessThanOrEqual(limits.inventoryPages);
  });
});
