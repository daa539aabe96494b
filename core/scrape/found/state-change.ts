import * as z from 'zod';
import { idOfTask } from './ecs.ts';

/** What EventBridge says happened to a task or an instance. */
export type StateChange = {
  readonly kind: 'ecs' | 'ec2';
  readonly region: string;
  /** The cluster's ARN; '' for an instance. */
  readonly cluster: string;
  readonly arn: string;
  /** As in Found. */
  readonly id: string;
  /** It runs; it was told to stop and may still answer; it is no more. */
  readonly phase: 'running' | 'leaving' | 'gone';
  readonly atMs: number;
};

/** What the rules of EventBridge let through; lib says the same. */
const stateEvents = {
  ecs: 'ECS Task State Change',
  ec2: 'EC2 Instance State-change Notification',
} as const;

const common = { region: z.string().min(1), time: z.iso.datetime().transform(time => Date.parse(time)) };

const event = z.discriminatedUnion('detail-type', [
  z.object({
    'detail-type': z.literal(stateEvents.ecs),
    ...common,
    detail: z.object({
      clusterArn: z.string(),
      taskArn: z.string(),
      lastStatus: z.string(),
      desiredStatus: z.string(),
    }),
  }),
  z.object({
    'detail-type': z.literal(stateEvents.ec2),
    ...common,
    detail: z.object({ 'instance-id': z.string(), state: z.string() }),
  }),
]);

const instancePhases: Readonly<Record<string, StateChange['phase']>> = {
  running: 'running',
  'shutting-down': 'leaving',
  stopping: 'leaving',
  stopped: 'gone',
  terminated: 'gone',
};

/** Statuses from which a task's containers have not been killed yet. */
const answering = new Set(['RUNNING', 'DEACTIVATING', 'STOPPING']);

const taskPhase = (lastStatus: string, desiredStatus: string): StateChange['phase'] | undefined => {
  if (lastStatus === 'STOPPED' || lastStatus === 'DEPROVISIONING') return 'gone';
  if (desiredStatus === 'STOPPED') return answering.has(lastStatus) ? 'leaving' : 'gone';
  if (lastStatus === 'DEACTIVATING' || lastStatus === 'STOPPING') return 'leaving';
  return lastStatus === 'RUNNING' ? 'running' : undefined;
};

/** Undefined for an event that changes nothing here, or is none of these. */
export const readStateChange = (input: unknown): StateChange | undefined => {
  const { success, data } = event.safeParse(input);
  if (!success) return undefined;
  const { region, time: atMs } = data;
  if (data['detail-type'] === stateEvents.ec2) {
    const { 'instance-id': id, state } = data.detail;
    const phase = instancePhases[state];
    return phase && { kind: 'ec2', region, cluster: '', arn: id, id, phase, atMs };
  }
  const { clusterArn: cluster, taskArn: arn, lastStatus, desiredStatus } = data.detail;
  const phase = taskPhase(lastStatus, desiredStatus);
  return phase && { kind: 'ecs', region, cluster, arn, id: idOfTask(arn), phase, atMs };
};
