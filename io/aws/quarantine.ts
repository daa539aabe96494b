import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { messageNameOf } from '../../core/batch.ts';
import { limits } from '../../core/limits.ts';
import type { Clock, Quarantine, Quarantined } from '../ports.ts';
import { called } from './calls.ts';

/**
 * Dead letters of an SQS queue. SQS shows messages only to whoever takes them, so they are taken for limits.quarantineLookMs
 * and come back by themselves: two who look at once see a part each, and may look again.
 */
export const sqsQuarantine = (client: SQSClient, clock: Clock, url: string): Quarantine => ({
  look: async isEnough => {
    const seen = new Map<string, { readonly message: Quarantined; readonly handles: string[] }>();
    const untilMs = clock.nowMs() + limits.quarantineLookMs / 2;
    // An empty answer says little: SQS asks some of its servers only.
    for (let empty = 0; empty < 2 && seen.size < limits.quarantineListed && clock.nowMs() < untilMs; ) {
      const { Messages = [] } = await called('quarantine.look', () =>
        client.send(
          new ReceiveMessageCommand({
            QueueUrl: url,
            MaxNumberOfMessages: 10,
            VisibilityTimeout: Math.ceil(limits.quarantineLookMs / 1_000),
            MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
          }),
        ),
      );
      empty = Messages.length === 0 ? empty + 1 : 0;
      for (const { Body = '', ReceiptHandle = '', Attributes = {} } of Messages) {
        const name = messageNameOf(Body);
        const known = seen.get(name);
        known?.handles.push(ReceiptHandle);
        if (known !== undefined) continue;
        const handles = [ReceiptHandle];
        const message = { name, body: Body, sentAtMs: Number(Attributes['SentTimestamp'] ?? 0), handles };
        seen.set(name, { message, handles });
      }
      if (isEnough(new Set(seen.keys()))) break;
    }
    return [...seen.values()].map(({ message }) => message);
  },

  remove: async ({ handles }) => {
    for (const ReceiptHandle of handles)
      await called('quarantine.remove', () => client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle })));
  },
});
