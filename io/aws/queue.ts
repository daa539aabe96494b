import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { limits } from '../../core/limits.ts';
import type { Buffer, Clock, Deadlines, Delayed, Scrapes } from '../ports.ts';
import { called, untilDone } from './calls.ts';

/** SQS takes whole seconds up to 900. Rounded down: a worker waits out the rest, nobody is late by the rounding. */
const delaySecondsOf = (delayMs: number): number => Math.min(900, Math.max(0, Math.floor(delayMs / 1_000)));

/** Sends to one SQS queue, in as few calls as its limits allow, re-sending only what was not taken. */
export const sqsQueue = (client: SQSClient, clock: Clock, url: string, name: string): Buffer & Scrapes & Deadlines => ({
  send: async (messages: readonly (string | Delayed)[]) => {
    const delayed = messages.map(message => (typeof message === 'string' ? { body: message, delayMs: 0 } : message));
    for (const group of grouped(delayed)) {
      await untilDone(`${name}.send`, clock, group, async left => {
        const { Failed = [] } = await called(`${name}.send`, () =>
          client.send(
            new SendMessageBatchCommand({
              QueueUrl: url,
              Entries: left.map(({ body, delayMs }, index) => ({
                Id: String(index),
                MessageBody: body,
                ...(delayMs >= 1_000 && { DelaySeconds: delaySecondsOf(delayMs) }),
              })),
            }),
          ),
        );
        return Failed.map(({ Id }) => left[Number(Id)]!);
      });
    }
  },
});

/** At most limits.sendBatchMessages and limits.sendBatchBytes a group; bodies are ASCII, so characters are bytes. */
const grouped = (messages: readonly Delayed[]): Delayed[][] => {
  const groups: Delayed[][] = [];
  let group: Delayed[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (
      group.length === limits.sendBatchMessages ||
      (group.length > 0 && bytes + message.body.length > limits.sendBatchBytes)
    ) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(message);
    bytes += message.body.length;
  }
  return group.length > 0 ? [...groups, group] : groups;
};
