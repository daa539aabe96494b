import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { RedeliveringQueue } from '../../io/memory/redelivering-queue.ts';
import { serviceError } from './dynamo.ts';
import { fate } from './life.ts';

/** SQS as far as sending needs it: throttled, timed out after it took effect, entries of a batch that failed. */
export const simulatedSqs = (queue: Pick<RedeliveringQueue, 'put'>): SQSClient =>
  ({
    send: async (command: unknown) => {
      if (!(command instanceof SendMessageBatchCommand)) throw new Error('the simulated SQS only takes batches');
      const strike = await fate('sqs.SendMessageBatch');
      if (strike === 'before') throw serviceError('RequestThrottled');
      const entries = command.input.Entries ?? [];
      const failed = strike === 'part' ? entries.filter((_, index) => index % 2 === 0) : [];
      for (const entry of entries) if (!failed.includes(entry)) queue.put(entry.MessageBody ?? '');
      await fate.answered?.('sqs.SendMessageBatch');
      if (strike === 'after') throw serviceError('TimeoutError');
      return { Failed: failed.map(({ Id }) => ({ Id, SenderFault: false, Code: 'InternalError' })) };
    },
  }) as unknown as SQSClient;
