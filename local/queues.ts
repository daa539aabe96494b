import { Server } from 'node:net';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import type { Properties } from './assembly.ts';
import { region } from './resolver.ts';

/**
 * Starts the embedded SQS and SNS, whose messages live in the folder. It has no say over its address and would listen
 * to the whole network, so the one listen call it makes is led to loopback.
 */
export const startQueues = async (dataDir: string): Promise<FauxqsServer> => {
  const listen = Server.prototype.listen as (...input: unknown[]) => Server;
  Server.prototype.listen = function (this: Server, options: unknown, ...rest: unknown[]): Server {
    const onLoopback = typeof options === 'object' && options !== null ? { ...options, host: '127.0.0.1' } : options;
    return listen.call(this, onLoopback, ...rest);
  } as Server['listen'];
  try {
    return await startFauxqs({ port: 0, logger: false, dataDir, defaultRegion: region });
  } finally {
    Server.prototype.listen = listen as Server['listen'];
  }
};

/** Template properties that are queue attributes of the same name. */
const attributeNames = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
];

/** Makes a queue, or brings one from an earlier start to what the template says now. */
export const makeQueue = async (
  client: SQSClient,
  name: string,
  url: string,
  properties: Properties,
): Promise<void> => {
  const attributes: Record<string, string> = {};
  for (const attribute of attributeNames)
    if (properties[attribute] !== undefined) attributes[attribute] = String(properties[attribute]);
  if (properties['RedrivePolicy'] !== undefined)
    attributes['RedrivePolicy'] = JSON.stringify(properties['RedrivePolicy']);
  try {
    await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  } catch (error) {
    if ((error as Error).name !== 'QueueNameExists' && !(error as Error).name.includes('QueueAlreadyExists'))
      throw error;
  }
  await client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }));
};

/**
 * Nobody works on anything yet: what the last process had in its hands when it was killed is handed out again in a
 * second. Not at once: fauxqs 2.4.1 with its data on disk fails on a visibility of 0 and loses sight of the message.
 */
export const releaseInflight = async (
  server: FauxqsServer,
  client: SQSClient,
  name: string,
  url: string,
): Promise<void> => {
  for (const { receiptHandle } of server.inspectQueue(name)?.messages.inflight ?? []) {
    const release = { QueueUrl: url, ReceiptHandle: receiptHandle, VisibilityTimeout: 1 };
    await client.send(new ChangeMessageVisibilityCommand(release)).catch((error: Error) => {
      // Its time was over by itself meanwhile.
      if (error.name !== 'MessageNotInflight') throw error;
    });
  }
};

/** How long the oldest message of a queue has been there, whether it waits or is at work; 0 of an empty queue. */
export const ageOfOldest = (server: FauxqsServer, name: string, nowMs: number): number => {
  const { ready = [], delayed = [], inflight = [] } = server.inspectQueue(name)?.messages ?? {};
  const sentMs = [...ready, ...delayed, ...inflight.map(({ message }) => message)].map(each => each.sentTimestamp);
  return Math.max(0, ...sentMs.map(ms => nowMs - ms));
};
