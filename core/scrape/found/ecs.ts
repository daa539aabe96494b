import type { Ec2Instance } from './ec2.ts';
import { addressOf, type Found, hasTags, metaLabels, portOf, type Tags, type WantedPort } from './found.ts';

/** A task as ECS describes it, with the cluster and the service it belongs to and the instance it runs on. */
export type EcsTask = {
  readonly arn: string;
  readonly region: string;
  readonly cluster: { readonly arn: string; readonly name: string; readonly tags: Tags };
  readonly service?:
    | { readonly arn: string; readonly name: string; readonly status?: string | undefined; readonly tags: Tags }
    | undefined;
  readonly group?: string | undefined;
  readonly definition?: string | undefined;
  readonly desiredStatus: string;
  readonly lastStatus: string;
  readonly healthStatus?: string | undefined;
  readonly launchType?: string | undefined;
  readonly platformFamily?: string | undefined;
  readonly platformVersion?: string | undefined;
  readonly zone?: string | undefined;
  /** Of its own network interface; none where it has the instance's. */
  readonly privateIp?: string | undefined;
  /** Of its own network interface, as tasks of Fargate may have it. */
  readonly publicIp?: string | undefined;
  readonly subnetId?: string | undefined;
  /** Ports of its containers as the instance has them. */
  readonly bindings: readonly { readonly containerPort: number; readonly hostPort: number }[];
  readonly containerInstanceArn?: string | undefined;
  readonly host?: Ec2Instance | undefined;
  readonly tags: Tags;
  readonly startedMs?: number | undefined;
};

type WantedTasks = WantedPort & {
  /** Names of services; none is all tasks. */
  readonly services: readonly string[];
  /** Of the task, its service or its cluster. */
  readonly tags: Tags;
};

/** Whether a task is there to be scraped: it runs, and is to go on running. */
export const isRunning = ({ desiredStatus, lastStatus }: EcsTask): boolean =>
  desiredStatus === 'RUNNING' && lastStatus === 'RUNNING';

/** The last part of an ARN: what a task is called in its cluster. */
export const idOfTask = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** The target that a task is, whatever its state; undefined for one that is not wanted, or has no address (discovery/aws/ecs.go). */
export const foundTask = (task: EcsTask, wanted: WantedTasks): Found | undefined => {
  const { cluster, service, host } = task;
  // What is nearest to the task says it.
  const tags = { ...cluster.tags, ...service?.tags, ...task.tags };
  if (!hasTags(tags, wanted.tags)) return undefined;
  if (wanted.services.length > 0 && !wanted.services.includes(service?.name ?? '')) return undefined;
  const port = portOf(wanted, tags);
  const ip = task.privateIp ?? host?.privateIp;
  if (port === undefined || ip === undefined) return undefined;
  const bound = task.bindings.find(({ containerPort }) => containerPort === port)?.hostPort;
  const own = task.privateIp === undefined ? (bound ?? port) : port;
  const labels = metaLabels(
    '__meta_ecs_',
    {
      cluster: cluster.name,
      cluster_arn: cluster.arn,
      service: service?.name,
      service_arn: service?.arn,
      service_status: service?.status,
      task_group: task.group,
      task_arn: task.arn,
      task_definition: task.definition,
      region: task.region,
      availability_zone: task.zone,
      ip_address: ip,
      subnet_id: task.subnetId ?? host?.primarySubnetId,
      launch_type: task.launchType,
      desired_status: task.desiredStatus,
      last_status: task.lastStatus,
      health_status: task.healthStatus,
      platform_family: task.platformFamily,
      platform_version: task.platformVersion,
      network_mode: task.privateIp === undefined ? 'bridge' : 'awsvpc',
      container_instance_arn: task.containerInstanceArn,
      ec2_instance_id: host?.id,
      ec2_instance_type: host?.type,
      ec2_instance_private_ip: host?.privateIp,
      ec2_instance_public_ip: host?.publicIp,
      public_ip: task.privateIp === undefined ? host?.publicIp : task.publicIp,
    },
    ['tag_cluster_', cluster.tags],
    ['tag_service_', service?.tags ?? {}],
    ['tag_task_', task.tags],
    ['tag_ec2_', host?.tags ?? {}],
  );
  return { id: idOfTask(task.arn), address: addressOf(ip, own), labels, startedMs: task.startedMs };
};
