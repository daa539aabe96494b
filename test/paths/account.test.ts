import { beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import type { Ec2Instance } from '../../core/scrape/found/ec2.ts';
import type { EcsTask } from '../../core/scrape/found/ecs.ts';
import { discover } from '../../functions/discover.ts';
import { clusterArn, instanceEvent, taskArn, taskEvent } from '../io/recorded/account.ts';
import { memoryBuilding } from './building.ts';

// What runs in the account: found, scraped soon, scraped once more, and gone.

const startMs = Date.UTC(2026, 5, 1, 12, 0, 0);
const second = 1_000;
const minute = 60 * second;

const task = (id: string, privateIp: string, more: Partial<EcsTask> = {}): EcsTask => ({
  arn: taskArn(id),
  region: 'us-east-1',
  cluster: { arn: clusterArn, name: 'prod', tags: {} },
  service: { arn: 'arn:service', name: 'shop', tags: { sluice: 'scrape' } },
  desiredStatus: 'RUNNING',
  lastStatus: 'RUNNING',
  privateIp,
  bindings: [],
  tags: {},
  ...more,
});

const instance = (id: string, privateIp: string, more: Partial<Ec2Instance> = {}): Ec2Instance => ({
  id,
  region: 'us-east-1',
  state: 'running',
  privateIp,
  subnetIds: [],
  ipv6: [],
  tags: { sluice: 'scrape' },
  ...more,
});

const tasks = {
  id: 'shop',
  kind: 'ecs',
  clusters: ['prod'],
  tags: { sluice: 'scrape' },
  port: 9102,
  job: 'shop',
  interval: '1m',
  relabel: [{ source_labels: ['__meta_ecs_cluster'], target_label: 'cluster' }],
};

/** Like the building, and with who looks at the account. */
const housed = async () => {
  const house = memoryBuilding({ startMs });
  const { ports } = house;
  for (const kind of ['ecs', 'ec2', 'cloud_map'] as const) ports.discoveries.add(kind);
  const door = discover(ports) as unknown as (event: unknown, context: unknown) => Promise<void>;
  const tick = () => door({ scheduledAt: new Date(ports.clock.nowMs()).toISOString() }, {});
  // Rows that it writes reach the planner as the table's stream would tell them.
  const { put, remove } = ports.targets;
  const changes: (() => Promise<void>)[] = [];
  ports.targets.put = async row => {
    if (row['discovered_by'] === undefined) return put.call(ports.targets, row);
    changes.push(async () => {
      ports.targets.rows.delete(String(row['id']));
      await house.register(row);
    });
    await put.call(ports.targets, row);
  };
  await house.tick();
  return {
    ...house,
    tick,
    told: (event: unknown) => door(event, {}),
    /** Lets the stream tell, then time pass. */
    pass: async (durationMs: number) => {
      ports.targets.put = put;
      ports.targets.remove = remove;
      for (const change of changes.splice(0)) await change();
      await house.pass(durationMs);
    },
  };
};

let house: Awaited<ReturnType<typeof housed>>;
beforeEach(async () => {
  house = await housed();
});

const rowsOf = (): string[] => [...house.ports.targets.rows.keys()].sort();
const problemOf = (id: string): unknown => house.ports.targets.rows.get(id)?.['problem'] ?? null;
const isoAt = (ms: number): string => new Date(ms).toISOString().replace('.000', '');

describe('a list of tasks', () => {
  test('becomes rows, with what is known of each for its rules, and follows what runs', async () => {
    house.ports.inventory.ecs = [
      task('a', '10.0.3.7', { startedMs: 5 }),
      task('b', '10.0.3.8', { lastStatus: 'PENDING' }),
      task('c', '10.0.3.9', { service: undefined }),
    ];
    await house.ports.targets.put(tasks);
    await house.tick();
    expect(rowsOf()).toEqual(['shop', 'shop/a']);
    expect(house.ports.targets.rows.get('shop/a')).toMatchObject({
      address: '10.0.3.7:9102',
      job: 'shop',
      interval: '1m',
      discovered_by: 'shop',
      started_at: 5,
      labels: { __meta_ecs_cluster: 'prod', __meta_ecs_service: 'shop', __meta_ecs_tag_service_sluice: 'scrape' },
    });
    house.ports.http.pages.set('http://10.0.3.7:9102/metrics', 'm 1\n');
    await house.pass(3 * minute);
    expect(await house.values('m')).toEqual({ 'm{"cluster":"prod","instance":"10.0.3.7:9102","job":"shop"}': '1' });

    house.ports.inventory.ecs = [task('b', '10.0.3.8')];
    await house.tick();
    expect(rowsOf()).toEqual(['shop', 'shop/b']);
  });

  test('is scraped at public addresses where a rule says so, and the others where they are', async () => {
    house.ports.inventory.ecs = [task('a', '10.0.3.7', { publicIp: '54.94.202.17' }), task('b', '10.0.3.8')];
    const isPublic = {
      source_labels: ['__meta_ecs_public_ip'],
      regex: '(.+)',
      target_label: '__address__',
      replacement: '$1:9102',
    };
    await house.ports.targets.put({ ...tasks, relabel: [isPublic] });
    await house.tick();
    house.ports.http.pages.set('http://54.94.202.17:9102/metrics', 'm 1\n');
    house.ports.http.pages.set('http://10.0.3.8:9102/metrics', 'm 2\n');
    await house.pass(3 * minute);
    expect(await house.values('m')).toEqual({
      'm{"instance":"54.94.202.17:9102","job":"shop"}': '1',
      'm{"instance":"10.0.3.8:9102","job":"shop"}': '2',
    });
  });

  test.each([
    [
      'cannot be had',
      () =>
        (house.ports.inventory.tasks = () =>
          Promise.reject(new Error('ecs:ListTasks: ThrottlingException: Rate exceeded'))),
    ],
    [
      'can be had in part',
      () => (house.ports.inventory.failures = ['prod2: ecs:ListTasks: ThrottlingException: Rate exceeded']),
    ],
  ] as const)('that %s loses nobody, and says so', async (_, fail) => {
    house.ports.inventory.ecs = [task('a', '10.0.3.7'), task('b', '10.0.3.8')];
    await house.ports.targets.put(tasks);
    await house.tick();
    house.ports.inventory.ecs = [task('c', '10.0.3.9')];
    fail();
    await house.ports.clock.moveTo(startMs + minute);
    await house.tick();
    expect(rowsOf()).toEqual(expect.arrayContaining(['shop/a', 'shop/b']));
    expect(problemOf('shop')).toMatch(/ThrottlingException/);
  });

  test('that could be had in part takes what is new', async () => {
    await house.ports.targets.put(tasks);
    house.ports.inventory.ecs = [task('a', '10.0.3.7')];
    house.ports.inventory.failures = ['prod2: ecs:ListTasks: ThrottlingException: Rate exceeded'];
    await house.tick();
    expect(rowsOf()).toEqual(['shop', 'shop/a']);
  });

  test('tells that nobody may scrape what it found, and what to set', async () => {
    house.ports.reach = { public: address => !address.startsWith('10.'), vpc: undefined };
    house.ports.inventory.ecs = [task('a', '10.0.3.7'), task('b', '10.0.3.8')];
    await house.ports.targets.put(tasks);
    await house.tick();
    expect(problemOf('shop')).toBe(
      '10.0.3.7 is not a public address, and this collector may not scrape it: name its block in scrapeAllowCidrs, ' +
        'or set vpcScraping and network: "vpc" on the Collector; so are 1 more of 2',
    );
    house.ports.reach = { public: () => false, vpc: address => address.startsWith('10.0.') };
    await house.ports.targets.put({ ...tasks, network: 'vpc' });
    await house.tick();
    expect(problemOf('shop')).toBeNull();
  });

  test('that its collector may not look at says what to set', async () => {
    house.ports.discoveries.delete('ecs');
    await house.register(tasks);
    expect(problemOf('shop')).toBe(
      'kind: this collector does not look at ecs: set discovery: { ecs: true } on the Collector',
    );
    await house.register({ ...tasks, kind: 'nomad' });
    expect(problemOf('shop')).toMatch(/kind/);
  });

  test('goes with its rows', async () => {
    house.ports.inventory.ecs = [task('a', '10.0.3.7')];
    await house.ports.targets.put(tasks);
    await house.tick();
    await house.unregister('shop');
    expect(rowsOf()).toEqual([]);
  });
});

describe('a task', () => {
  const page = 'http://10.0.3.7:9102/metrics';

  test('that starts is scraped within seconds, long before its first slot need be', async () => {
    await house.ports.targets.put(tasks);
    house.ports.inventory.ecs = [task('a', '10.0.3.7')];
    house.ports.http.pages.set(page, 'm 1\n');
    await house.told(taskEvent('a', 'RUNNING', 'RUNNING', isoAt(startMs)));
    expect(rowsOf()).toEqual(['shop', 'shop/a']);
    await house.pass(limits.firstScrapesMs[0]! + 6 * second);
    expect(Object.values(await house.values('m'))).toEqual(['1']);
  });

  test('that is not up yet is not called down for it', async () => {
    await house.ports.targets.put({ ...tasks, interval: '1d' });
    house.ports.inventory.ecs = [task('a', '10.0.3.7')];
    await house.told(taskEvent('a', 'RUNNING', 'RUNNING', isoAt(startMs)));
    await house.pass(20 * second);
    expect(await house.values('up')).toEqual({});
  });

  test('that boots rings nobody, and one that never comes up does', async () => {
    await house.ports.targets.put({ ...tasks, interval: '5s' });
    house.ports.inventory.ecs = [task('a', '10.0.3.7', { startedMs: startMs })];
    await house.told(taskEvent('a', 'RUNNING', 'RUNNING', isoAt(startMs)));
    await house.pass(50 * second);
    expect(Object.values(await house.values('up'))).toEqual(['0']);
    expect(house.ports.alarms.rung).toEqual([]);
    await house.pass(30 * second);
    expect(house.ports.alarms.rung).toMatchObject([{ kind: 'DOWN', job: 'shop' }]);
  });

  test('that stops is scraped once more, leaves the registry, and fails nobody', async () => {
    house.ports.inventory.ecs = [task('a', '10.0.3.7')];
    house.ports.http.pages.set(page, 'm 1\n');
    await house.ports.targets.put({ ...tasks, interval: '10s' });
    await house.tick();
    await house.pass(2 * minute);
    house.ports.http.pages.set(page, 'm 7\n');
    const stopping = { desiredStatus: 'STOPPED', lastStatus: 'DEACTIVATING' };
    house.ports.inventory.ecs = [task('a', '10.0.3.7', stopping)];
    const event = taskEvent('a', 'DEACTIVATING', 'STOPPED', isoAt(house.ports.clock.nowMs()));
    await house.told(event);
    // Events come at least once.
    await house.told(event);
    await house.pass(second);
    house.ports.http.pages.delete(page);
    house.ports.inventory.ecs = [];
    await house.told(taskEvent('a', 'STOPPED', 'STOPPED', isoAt(house.ports.clock.nowMs())));
    expect(rowsOf()).toEqual(['shop']);
    await house.pass(4 * minute);
    expect(Object.values(await house.values('max_over_time(m[10m])'))).toEqual(['7']);
    expect(Object.values(await house.values('min_over_time(up[10m])'))).toEqual(['1']);
    expect(house.ports.alarms.rung).toEqual([]);
  });

  test('whose address was given to another is not confused with it', async () => {
    await house.ports.targets.put(tasks);
    house.ports.inventory.ecs = [task('a', '10.0.3.7')];
    await house.told(taskEvent('a', 'RUNNING', 'RUNNING', isoAt(startMs)));
    house.ports.inventory.ecs = [task('b', '10.0.3.7')];
    await house.told(taskEvent('b', 'RUNNING', 'RUNNING', isoAt(startMs)));
    await house.told(taskEvent('a', 'STOPPED', 'STOPPED', isoAt(startMs)));
    expect(rowsOf()).toEqual(['shop', 'shop/b']);
  });

  test('that stopped before its start was told does not come back', async () => {
    await house.ports.targets.put(tasks);
    house.ports.inventory.ecs = [task('a', '10.0.3.7', { desiredStatus: 'STOPPED', lastStatus: 'STOPPED' })];
    await house.told(taskEvent('a', 'RUNNING', 'RUNNING', isoAt(startMs)));
    expect(rowsOf()).toEqual(['shop']);
  });

  test.each([
    ['another cluster', { ...tasks, clusters: ['other'] }],
    ['other services', { ...tasks, services: ['bank'] }],
    ['other tags', { ...tasks, tags: { sluice: 'no' } }],
    ['another region', { ...tasks, region: 'eu-west-1' }],
    ['instances', { ...tasks, kind: 'ec2', clusters: undefined }],
  ])('is nothing to a list of %s', async (_, list) => {
    await house.ports.targets.put(list);
    house.ports.inventory.ecs = [task('a', '10.0.3.7')];
    await house.told(taskEvent('a', 'RUNNING', 'RUNNING', isoAt(startMs)));
    expect(rowsOf()).toEqual(['shop']);
  });

  test('is asked for by nobody where no list is about it', async () => {
    house.ports.inventory.task = () => Promise.reject(new Error('asked'));
    await house.told(taskEvent('a', 'RUNNING', 'RUNNING', isoAt(startMs)));
    await house.told({ 'detail-type': 'ECS Task State Change', detail: 'nonsense' });
    await house.told({ 'detail-type': 'Something Else' });
    expect(rowsOf()).toEqual([]);
  });
});

describe('an instance', () => {
  const instances = { id: 'vm', kind: 'ec2', tags: { sluice: '*' }, port: 9100, job: 'node', interval: '1m' };

  test('is found, scraped soon after its start and once before its end', async () => {
    await house.ports.targets.put(instances);
    house.ports.inventory.ec2 = [instance('i-1', '10.0.0.9')];
    house.ports.http.pages.set('http://10.0.0.9:9100/metrics', 'm 1\n');
    await house.told(instanceEvent('i-1', 'running', isoAt(startMs)));
    expect(rowsOf()).toEqual(['vm', 'vm/i-1']);
    await house.pass(limits.firstScrapesMs[0]! + 6 * second);
    expect(Object.values(await house.values('m'))).toEqual(['1']);

    house.ports.http.pages.set('http://10.0.0.9:9100/metrics', 'm 9\n');
    house.ports.inventory.ec2 = [instance('i-1', '10.0.0.9', { state: 'shutting-down' })];
    await house.told(instanceEvent('i-1', 'shutting-down', isoAt(house.ports.clock.nowMs())));
    expect(rowsOf()).toEqual(['vm']);
    await house.pass(7 * second);
    expect(Object.values(await house.values('m'))).toEqual(['9']);
  });

  test('of a port that its tag says', async () => {
    await house.ports.targets.put({ ...instances, port: 9100, port_tag: 'metrics-port' });
    house.ports.inventory.ec2 = [
      instance('i-1', '10.0.0.9', { tags: { sluice: 'x', 'metrics-port': '9999' } }),
      instance('i-2', '10.0.0.10'),
      instance('i-3', '10.0.0.11', { tags: { sluice: 'x', 'metrics-port': 'none' } }),
    ];
    await house.tick();
    expect([...house.ports.targets.rows.values()].flatMap(row => row['address'] ?? []).sort()).toEqual([
      '10.0.0.10:9100',
      '10.0.0.11:9100',
      '10.0.0.9:9999',
    ]);
  });
});

test('what is registered with Cloud Map is scraped at its own port', async () => {
  house.ports.inventory.cloudMap = [
    {
      id: 'one',
      region: 'us-east-1',
      namespace: 'prod.local',
      service: { id: 'srv-1', name: 'orders', arn: 'arn:srv-1', tags: { sluice: 'scrape' } },
      attributes: { AWS_INSTANCE_IPV4: '10.0.7.8', AWS_INSTANCE_PORT: '8080' },
    },
    {
      id: 'two',
      region: 'us-east-1',
      namespace: 'prod.local',
      service: { id: 'srv-1', name: 'orders', arn: 'arn:srv-1', tags: {} },
      attributes: { AWS_INSTANCE_IPV6: 'fd00::8' },
    },
  ];
  await house.ports.targets.put({ id: 'map', kind: 'cloud_map', port: 9100, job: 'map' });
  await house.tick();
  expect(house.ports.targets.rows.get('map/srv-1/one')).toMatchObject({
    address: '10.0.7.8:8080',
    labels: {
      __meta_cloudmap_namespace_name: 'prod.local',
      __meta_cloudmap_service_name: 'orders',
      __meta_cloudmap_attribute_AWS_INSTANCE_IPV4: '10.0.7.8',
      __meta_cloudmap_tag_sluice: 'scrape',
    },
  });
  expect(house.ports.targets.rows.get('map/srv-1/two')).toMatchObject({ address: '[fd00::8]:9100' });
});
