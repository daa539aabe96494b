import { equal } from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { amazon } from '../../io/aws/amazon.ts';
import { awsInventory } from '../../io/aws/inventory.ts';
import { startCloud, Unavailable } from './ministack.ts';

// What runs in an account, asked of an emulated one: ECS, EC2 and Cloud Map over real sockets. `node test/deploy/account.ts`

const region = 'us-east-1';

const look = async (endpoint: string): Promise<void> => {
  const aws = amazon({
    clock: { nowMs: () => Date.now(), wait: async ms => void (await wait(ms)) },
    chance: { next: () => Math.random() },
    credentials: async () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
    region,
    endpointOf: () => endpoint,
  });
  const inventory = awsInventory(aws, region);
  const ask = (service: string, operation: string, input: object) => aws.json({ service, operation, region, input });

  await ask('ecs', 'CreateCluster', { clusterName: 'prod', tags: [{ key: 'team', value: 'platform' }] });
  await ask('ecs', 'RegisterTaskDefinition', {
    family: 'shop',
    containerDefinitions: [{ name: 'app', image: 'none' }],
  });
  const tags = [{ key: 'sluice', value: 'scrape' }];
  await ask('ecs', 'RunTask', { cluster: 'prod', taskDefinition: 'shop', launchType: 'FARGATE', tags });
  const { all: tasks, failures } = await inventory.tasks({ clusters: ['prod', 'gone'] });
  equal(tasks.length, 1);
  equal(tasks[0]?.tags['sluice'], 'scrape');
  equal(tasks[0]?.cluster.tags['team'], 'platform');
  equal(failures.join(), `there is no cluster gone in ${region}`);
  equal((await inventory.task({ cluster: 'prod', arn: tasks[0]!.arn }))?.arn, tasks[0]!.arn);
  console.log('ECS: a task is found by its cluster, with its tags, and by its ARN');

  const tag = 'TagSpecification.1';
  await aws.ec2({
    operation: 'RunInstances',
    region,
    input: {
      ImageId: 'ami-1',
      MinCount: '1',
      MaxCount: '1',
      [`${tag}.ResourceType`]: 'instance',
      [`${tag}.Tag.1.Key`]: 'sluice',
      [`${tag}.Tag.1.Value`]: 'scrape',
    },
  });
  const running = { name: 'instance-state-name', values: ['running'] };
  const found = await inventory.instances({ filters: [{ name: 'tag:sluice', values: ['scrape'] }, running] });
  equal(found.all.length, 1);
  equal(found.all[0]?.tags['sluice'], 'scrape');
  equal(typeof found.all[0]?.privateIp, 'string');
  equal((await inventory.instances({ filters: [{ name: 'tag:sluice', values: ['no'] }] })).all.length, 0);
  console.log('EC2: an instance is found by its tag, and none by another');

  await ask('servicediscovery', 'CreateHttpNamespace', { Name: 'prod.local', CreatorRequestId: '1' });
  const { Namespaces } = (await ask('servicediscovery', 'ListNamespaces', {})) as { Namespaces: { Id: string }[] };
  const { Service } = (await ask('servicediscovery', 'CreateService', {
    Name: 'orders',
    NamespaceId: Namespaces[0]!.Id,
    Tags: [{ Key: 'sluice', Value: 'scrape' }],
  })) as { Service: { Id: string } };
  const Attributes = { AWS_INSTANCE_IPV4: '10.0.0.7', AWS_INSTANCE_PORT: '8080' };
  await ask('servicediscovery', 'RegisterInstance', { ServiceId: Service.Id, InstanceId: 'one', Attributes });
  const { all: registered } = await inventory.services({ namespaces: ['prod.local'], services: ['orders'] });
  equal(registered.length, 1);
  equal(registered[0]?.service.tags['sluice'], 'scrape');
  equal(registered[0]?.attributes['AWS_INSTANCE_PORT'], '8080');
  console.log('Cloud Map: an instance is found with its attributes and its tags');
};

try {
  const cloud = await startCloud();
  try {
    await look(cloud.endpoint);
  } finally {
    await cloud.stop();
  }
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.log(`SKIPPED: ${error.message}`);
}
