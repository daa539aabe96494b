import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { textOfReject } from '../core/reject.ts';
import { decodeBatch } from '../core/segment/batch-message.ts';
import { segmentsOf } from '../core/segment/gather.ts';
import type { Ports } from '../io/ports.ts';
import { WriterMemory } from './writer-memory.ts';

type Decoded = { readonly record: SQSRecord } & Parameters<typeof segmentsOf>[0][number];

/**
 * Buffer → series: gathers whatever messages it is handed into one segment a source and hour. A message that cannot be
 * read, or cannot be stored now, stays in the queue and harms no other; what keeps failing ends in the dead letters.
 */
export const ingest = (ports: Pick<Ports, 'series' | 'log'>) => {
  const memory = new WriterMemory(ports);
  return middy<SQSEvent, SQSBatchResponse>().handler(async ({ Records }) => {
    const decoded: Decoded[] = [];
    const failed: SQSRecord[] = [];
    for (const record of Records) {
      const read = decodeBatch(record.body);
      if (read.ok) decoded.push({ record, batch: read.batch, part: read.part });
      else {
        failed.push(record);
        ports.log.write('error', 'unreadable message', {
          messageId: record.messageId,
          reject: textOfReject(read.reject),
        });
      }
    }
    const store = async (messages: readonly Decoded[]): Promise<void> => {
      if (messages.length === 0) return;
      await memory.lookUp(messages);
      const writes = segmentsOf(messages, memory.known);
      await ports.series.add(writes);
      memory.stored(writes.ends, writes.chunks);
    };
    try {
      await store(decoded);
    } catch (error) {
      ports.log.write('warn', 'stored apart', { messages: decoded.length, cause: (error as Error).message });
      // Apart, so that one message that cannot be stored does not keep the others from it.
      for (const message of decoded) {
        await store([message]).catch((cause: Error) => {
          failed.push(message.record);
          ports.log.write('error', 'not stored', { messageId: message.record.messageId, cause: cause.message });
        });
      }
    }
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
};
