import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { RedeliveringQueue } from '../../io/memory/redelivering-queue.ts';
import type { Clock } from '../../io/ports.ts';
import { sdkCall } from './service.ts';

/** SQS as far as sending needs it: throttled, timed out after it took effect, entries of a batch that failed. */
export const simulatedSqs = (queue: Pick<RedeliveringQueue, 'put'>, clock: Clock): SQSClient =>
  ({
    send: (command: unknown) => {
      if (!(command instanceof SendMessageBatchCommand)) throw new Error('the simulated SQS only takes batches');
      const entries = command.input.Entries ?? [];
      return sdkCall(clock, 'sqs.SendMessageBatch', strike => {
        const failed = strike === 'part' ? entries.filter((_, index) => index % 2 === 0) : [];
        for (const entry of entries) if (!failed.includes(entry)) queue.put(entry.MessageBody ?? '');
        return { Failed: failed.map(({ Id }) => ({ Id, SenderFault: false, Code: 'InternalError' })) };
      });
    },
  }) as unknown as SQSClient;
