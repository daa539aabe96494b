import { CreateTopicCommand, type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { startQueueMapping } from './queue-mapping.ts';
import { makeQueue } from './queues.ts';
import { account, region } from './resolver.ts';

/** What SNS sends for one message. */
type Notification = {
  readonly Type: 'Notification';
  readonly MessageId: string;
  readonly TopicArn: string;
  readonly Subject?: string;
  readonly Message: string;
  readonly Timestamp: string;
};

type LocalTopic = {
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly name: string;
  readonly queuesAt: string;
  /** Addresses of HTTP subscribers. */
  readonly subscribers: readonly string[];
  readonly print: (line: string) => void;
};

/**
 * A topic whose messages are shown on the console and posted to HTTP subscribers. They wait in a queue of the topic's
 * own, so that one that was rung before a restart is still delivered after it. Answers how to end it.
 */
export const startTopic = async ({
  sns,
  sqs,
  name,
  queuesAt,
  subscribers,
  print,
}: LocalTopic): Promise<() => Promise<void>> => {
  const queueName = `${name.slice(0, 70)}-deliveries`;
  const url = `${queuesAt}/${account}/${queueName}`;
  const arn = `arn:aws:sqs:${region}:${account}:${queueName}`;
  await makeQueue(sqs, queueName, url, { VisibilityTimeout: 30 });
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: name }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: arn }));
  return startQueueMapping({
    client: sqs,
    url,
    arn,
    batchSize: 1,
    gatherMs: 0,
    partial: false,
    concurrency: 1,
    print,
    invoke: async event => {
      for (const { body } of (event as { Records: { body: string }[] }).Records) {
        const notification = forHttp(JSON.parse(body) as Notification);
        print(textOf(notification));
        await Promise.all(subscribers.map(address => deliver(address, notification, print)));
      }
    },
  });
};

/** The embedded SNS hands on a message with a structure as it is; SNS itself sends each protocol its own part. */
const forHttp = (notification: Notification): Notification => {
  try {
    const parts = JSON.parse(notification.Message) as { default?: unknown; http?: unknown };
    const part = parts.http ?? parts.default;
    return typeof part === 'string' ? { ...notification, Message: part } : notification;
  } catch {
    return notification;
  }
};

/** The sentence for people, where the message carries one. */
const textOf = ({ Subject = '', Message }: Notification): string => {
  try {
    const { text } = JSON.parse(Message) as { text?: unknown };
    if (typeof text === 'string') return `alarm: ${text}`;
  } catch {
    // Not JSON: shown as it is.
  }
  return `alarm: ${Subject === '' ? Message : `${Subject}: ${Message}`}`;
};

/** As SNS posts it, tried a few times; a receiver that stays away is named and not waited for. */
const deliver = async (address: string, notification: Notification, print: (line: string) => void): Promise<void> => {
  const headers = {
    'content-type': 'text/plain; charset=UTF-8',
    'user-agent': 'Amazon Simple Notification Service Agent',
    'x-amz-sns-message-type': 'Notification',
    'x-amz-sns-message-id': notification.MessageId,
    'x-amz-sns-topic-arn': notification.TopicArn,
  };
  let reason = '';
  for (const waitMs of [0, 500, 2_000, 5_000]) {
    await new Promise(wait => setTimeout(wait, waitMs));
    try {
      const { ok, status } = await fetch(address, {
        method: 'POST',
        headers,
        body: JSON.stringify(notification),
        signal: AbortSignal.timeout(5_000),
      });
      if (ok) return;
      reason = `it answered ${status}`;
    } catch (error) {
      reason = (error as Error).message;
    }
  }
  print(`alarm not delivered to ${address}: ${reason}`);
};
