import { limits } from '../../core/limits.ts';
import type { Ec2Instance } from '../../core/scrape/found/ec2.ts';
import type { EcsTask } from '../../core/scrape/found/ecs.ts';
import type { Tags } from '../../core/scrape/found/found.ts';
import type { Inventory } from '../ports.ts';
import type { Amazon } from './amazon.ts';
import { instancesWhere, publicIpsOf } from './inventory-ec2.ts';
import { everyPage, groupsOf, listIn } from './pages.ts';

// Shapes as ECS answers them, as far as they are looked at. ECS takes 100 tasks, clusters or instances and 10 services a call.

type Tag = { readonly key: string; readonly value?: string };
type Failure = { readonly arn?: string; readonly reason?: string };
type Cluster = { readonly clusterArn: string; readonly clusterName: string; readonly tags?: readonly Tag[] };
type Service = {
  readonly serviceArn: string;
  readonly serviceName: string;
  readonly status?: string;
  readonly tags?: readonly Tag[];
};
type Task = {
  readonly taskArn: string;
  readonly group?: string;
  readonly taskDefinitionArn?: string;
  readonly desiredStatus?: string;
  readonly lastStatus?: string;
  readonly healthStatus?: string;
  readonly launchType?: string;
  readonly platformFamily?: string;
  readonly platformVersion?: string;
  readonly availabilityZone?: string;
  readonly containerInstanceArn?: string;
  readonly startedAt?: number;
  readonly tags?: readonly Tag[];
  readonly attachments?: readonly {
    readonly type?: string;
    readonly details?: readonly { readonly name?: string; readonly value?: string }[];
  }[];
  readonly containers?: readonly {
    readonly networkBindings?: readonly { readonly containerPort?: number; readonly hostPort?: number }[];
    readonly networkInterfaces?: readonly { readonly privateIpv4Address?: string; readonly ipv6Address?: string }[];
  }[];
};

const tagsOf = (tags: readonly Tag[] = []): Tags => Object.fromEntries(tags.map(({ key, value = '' }) => [key, value]));

/** The tasks of a region's clusters. A cluster that cannot be looked at is a failure of its own. */
export const ecsInventory = (amazon: Amazon, ownRegion: string): Pick<Inventory, 'tasks' | 'task'> => {
  const ask = (operation: string, region: string, input: object) =>
    amazon.json({ service: 'ecs', operation, region, input });

  const arnsOf = (operation: string, field: string, region: string, input: object, size: number): Promise<string[]> =>
    everyPage(`ecs:${operation}`, limits.discoveredTargets, async nextToken => {
      const answer = await ask(operation, region, { ...input, maxResults: size, ...(nextToken && { nextToken }) });
      return {
        page: listIn<string>(`ecs:${operation}`, answer, field),
        next: answer['nextToken'] as string | undefined,
      };
    });

  /** Describes in groups; what is missing has gone meanwhile, any other failure is one. */
  const described = async <T>(
    operation: string,
    field: string,
    arns: readonly string[],
    size: number,
    inputOf: (arns: readonly string[]) => { readonly region: string; readonly input: object },
  ): Promise<T[]> => {
    const all: T[] = [];
    for (const group of groupsOf(arns, size)) {
      const { region, input } = inputOf(group);
      const answer = await ask(operation, region, input);
      const failed = ((answer['failures'] ?? []) as Failure[]).find(({ reason }) => reason !== 'MISSING');
      if (failed !== undefined) throw new Error(`ecs:${operation}: ${failed.arn ?? ''}: ${failed.reason ?? 'failed'}`);
      all.push(...listIn<T>(`ecs:${operation}`, answer, field));
    }
    return all;
  };

  const tasksIn = async (region: string, cluster: Cluster): Promise<EcsTask[]> => {
    const { clusterArn } = cluster;
    const arns = await arnsOf('ListTasks', 'taskArns', region, { cluster: clusterArn, desiredStatus: 'RUNNING' }, 100);
    return joined(region, cluster, await describedTasks(region, clusterArn, arns));
  };

  const describedTasks = (region: string, cluster: string, arns: readonly string[]): Promise<Task[]> =>
    described('DescribeTasks', 'tasks', arns, 100, tasks => ({ region, input: { cluster, tasks, include: ['TAGS'] } }));

  /** With the services they belong to and the instances they run on. */
  const joined = async (region: string, cluster: Cluster, tasks: readonly Task[]): Promise<EcsTask[]> => {
    const names = [...new Set(tasks.flatMap(({ group }) => serviceIn(group) ?? []))];
    const services = await described<Service>('DescribeServices', 'services', names, 10, some => ({
      region,
      input: { cluster: cluster.clusterArn, services: some, include: ['TAGS'] },
    }));
    const byName = new Map(services.map(each => [each.serviceName, each]));
    const hosts = await hostsOf(region, cluster.clusterArn, tasks);
    const publicIps = await publicIpsOf(amazon, region, [...new Set(tasks.flatMap(interfaceOf))]);
    return tasks.map(task =>
      taskOf(region, cluster, task, {
        service: byName.get(serviceIn(task.group) ?? ''),
        host: hosts.get(task.containerInstanceArn ?? ''),
        publicIp: publicIps.get(interfaceOf(task)[0] ?? ''),
      }),
    );
  };

  /** The instances of tasks that have no network interface of their own, by the container instance's ARN. */
  const hostsOf = async (
    region: string,
    cluster: string,
    tasks: readonly Task[],
  ): Promise<ReadonlyMap<string, Ec2Instance>> => {
    const arns = [...new Set(tasks.flatMap(({ containerInstanceArn }) => containerInstanceArn ?? []))];
    if (arns.length === 0) return new Map();
    const found = await described<{ containerInstanceArn: string; ec2InstanceId?: string }>(
      'DescribeContainerInstances',
      'containerInstances',
      arns,
      100,
      containerInstances => ({ region, input: { cluster, containerInstances } }),
    );
    const ids = found.flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []);
    const instances: Ec2Instance[] = [];
    for (const values of groupsOf(ids, limits.discoveryNames))
      instances.push(...(await instancesWhere(amazon, region, [{ name: 'instance-id', values }])));
    const byId = new Map(instances.map(each => [each.id, each]));
    return new Map(
      found.flatMap(({ containerInstanceArn, ec2InstanceId = '' }) => {
        const host = byId.get(ec2InstanceId);
        return host === undefined ? [] : [[containerInstanceArn, host]];
      }),
    );
  };

  const describedClusters = (region: string, named: readonly string[]): Promise<Cluster[]> =>
    described('DescribeClusters', 'clusters', named, 100, clusters => ({
      region,
      input: { clusters, include: ['TAGS'] },
    }));

  return {
    tasks: async ({ region = ownRegion, clusters }) => {
      const named = clusters.length > 0 ? clusters : await arnsOf('ListClusters', 'clusterArns', region, {}, 100);
      const there = await describedClusters(region, named);
      const missing = clusters.filter(
        each => !there.some(({ clusterArn, clusterName }) => each === clusterArn || each === clusterName),
      );
      const all: EcsTask[] = [];
      const failures = missing.map(each => `there is no cluster ${each} in ${region}`);
      for (const cluster of there) {
        await tasksIn(region, cluster).then(
          tasks => void all.push(...tasks),
          (cause: Error) => void failures.push(`${cluster.clusterName}: ${cause.message}`),
        );
      }
      return { all, failures };
    },

    task: async ({ region = ownRegion, cluster, arn }) => {
      const [[known], tasks] = await Promise.all([
        describedClusters(region, [cluster]),
        describedTasks(region, cluster, [arn]),
      ]);
      if (known === undefined || tasks.length === 0) return undefined;
      return (await joined(region, known, tasks))[0];
    },
  };
};

/** `service:shop` is the group of a service's tasks. */
const serviceIn = (group: string | undefined): string | undefined => /^service:(.+)$/.exec(group ?? '')?.[1];

/** What is said of a task's own network interface. */
const attachedTo = ({ attachments = [] }: Task, name: string): string | undefined =>
  attachments.find(({ type }) => type === 'ElasticNetworkInterface')?.details?.find(each => each.name === name)?.value;

/** The network interface that may have a public address: of tasks on instances of EC2 none has. */
const interfaceOf = (task: Task): string[] => {
  const id = task.containerInstanceArn === undefined ? attachedTo(task, 'networkInterfaceId') : undefined;
  return id === undefined ? [] : [id];
};

type Known = {
  readonly service: Service | undefined;
  readonly host: Ec2Instance | undefined;
  readonly publicIp: string | undefined;
};

const taskOf = (region: string, cluster: Cluster, task: Task, { service, host, publicIp }: Known): EcsTask => {
  const { containers = [], containerInstanceArn } = task;
  const interfaces = containers.flatMap(({ networkInterfaces = [] }) => networkInterfaces);
  return {
    arn: task.taskArn,
    region,
    cluster: { arn: cluster.clusterArn, name: cluster.clusterName, tags: tagsOf(cluster.tags) },
    service: service && {
      arn: service.serviceArn,
      name: service.serviceName,
      status: service.status,
      tags: tagsOf(service.tags),
    },
    group: task.group,
    definition: task.taskDefinitionArn,
    desiredStatus: task.desiredStatus ?? '',
    lastStatus: task.lastStatus ?? '',
    healthStatus: task.healthStatus,
    launchType: task.launchType,
    platformFamily: task.platformFamily,
    platformVersion: task.platformVersion,
    zone: task.availabilityZone,
    privateIp:
      attachedTo(task, 'privateIPv4Address') ??
      interfaces.find(each => each.privateIpv4Address !== undefined)?.privateIpv4Address ??
      interfaces.find(each => each.ipv6Address !== undefined)?.ipv6Address,
    publicIp,
    subnetId: attachedTo(task, 'subnetId'),
    bindings: containers
      .flatMap(({ networkBindings = [] }) => networkBindings)
      .flatMap(({ containerPort, hostPort }) =>
        containerPort === undefined || hostPort === undefined ? [] : [{ containerPort, hostPort }],
      ),
    containerInstanceArn,
    host,
    tags: tagsOf(task.tags),
    ...(task.startedAt !== undefined && { startedMs: Math.round(task.startedAt * 1_000) }),
  };
};
