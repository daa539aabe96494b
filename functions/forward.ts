import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Batch } from '../core/batch.ts';
import { writeRequestsOf } from '../core/onward/write-request.ts';
import { textOfReject } from '../core/reject.ts';
import { decodeBatch } from '../core/segment/batch-message.ts';
import type { Ports } from '../io/ports.ts';
import { measured } from './middleware/measured.ts';

/**
 * What was stored → another collector. A receiver that is down or overloaded gets it again, all of it, which changes
 * nothing there; what it refuses for good is counted, said and let go: asking again would not help.
 */
export const forward = (ports: Pick<Ports, 'onward' | 'log' | 'measures'>) =>
  middy<SQSEvent, SQSBatchResponse>()
    .use(measured(ports))
    .handler(async ({ Records }) => {
      const { onward, log, measures } = ports;
      const batches: Batch[] = [];
      const readable: string[] = [];
      const failed: string[] = [];
      for (const { messageId, body } of Records) {
        const read = decodeBatch(body);
        if (read.ok) {
          batches.push(read.batch);
          readable.push(messageId);
        } else {
          failed.push(messageId);
          log.write('error', 'unreadable message', { messageId, reject: textOfReject(read.reject) });
        }
      }
      try {
        for (const body of writeRequestsOf(batches)) {
          const refusal = await onward.write(body);
          if (refusal === undefined) continue;
          measures.tell({ OnwardRefused: 1 });
          log.write('error', 'refused by the receiver', refusal);
        }
      } catch (error) {
        failed.push(...readable);
        log.write('warn', 'not taken by the receiver', { cause: (error as Error).message });
      }
      return { batchItemFailures: failed.map(itemIdentifier => ({ itemIdentifier })) };
    });
