import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { Invoke } from './functions.ts';
import { region } from './resolver.ts';

type QueueMapping = {
  readonly client: SQSClient;
  readonly url: string;
  readonly arn: string;
  readonly invoke: Invoke;
  readonly batchSize: number;
  readonly gatherMs: number;
  /** Whether the function says which messages failed, as against all or none. */
  readonly partial: boolean;
  readonly concurrency: number;
  readonly print: (line: string) => void;
};

/** How long invocations under way are waited for in the end. */
const patienceMs = 2_000;

/**
 * How many batches a function gets at once. One that gathers works on what it gets: more of it at once than there are cores
 * comes to nothing but colder code and colder memories, while those that wait for an instant, such as scrapes, come late.
 */
export const batchesAtOnce = (gatherMs: number, most: number, cores: number): number =>
  gatherMs > 0 ? Math.min(most, cores) : most;

/** Lambda's payload limit; a batch is handed over before it would be exceeded. */
const batchBytes = 6_000_000;

/** Hands a queue's messages to a function, as an event source mapping does. Answers how to end it. */
export const startQueueMapping = (mapping: QueueMapping): (() => Promise<void>) => {
  const ended = new AbortController();
  const running = new Set<Promise<void>>();

  const loop = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      try {
        const batch = await gather(mapping, ended.signal);
        if (batch.length === 0) continue;
        const work = hand(mapping, batch).finally(() => running.delete(work));
        running.add(work);
        while (running.size >= mapping.concurrency) await Promise.race(running);
      } catch (error) {
        if (ended.signal.aborted) break;
        mapping.print(`queue: ${(error as Error).message}`);
        await new Promise(wait => setTimeout(wait, 500));
      }
    }
  };
  const looping = loop();
  return async () => {
    ended.abort();
    await looping;
    // What takes longer, as scrapes that loop do, comes again after the next start.
    await Promise.race([Promise.all(running), new Promise(wait => setTimeout(wait, patienceMs))]);
  };
};

/** Waits for a first message, then for as many more as the batch and the window allow. */
const gather = async ({ client, url, batchSize, gatherMs }: QueueMapping, signal: AbortSignal): Promise<Message[]> => {
  const batch: Message[] = [];
  let bytes = 0;
  let untilMs = Number.POSITIVE_INFINITY;
  while (batch.length < batchSize && bytes < batchBytes - 1_048_576) {
    const leftMs = untilMs - Date.now();
    if (leftMs <= 0) break;
    const WaitTimeSeconds = batch.length === 0 ? 20 : Math.min(20, Math.floor(leftMs / 1_000));
    const { Messages = [] } = await client
      .send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: Math.min(10, batchSize - batch.length),
          WaitTimeSeconds,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
        { abortSignal: signal },
      )
      .catch(error => {
        // What is in hand when the end comes is still handed over.
        if (signal.aborted) return { Messages: [] };
        throw error;
      });
    if (signal.aborted) break;
    if (batch.length === 0 && Messages.length > 0) untilMs = Date.now() + gatherMs;
    batch.push(...Messages);
    bytes += Messages.reduce((sum, { Body = '' }) => sum + Body.length, 0);
    if (Messages.length === 0 && WaitTimeSeconds === 0 && batch.length > 0) {
      const restMs = untilMs - Date.now();
      if (restMs > 0) await new Promise(wait => setTimeout(wait, Math.min(restMs, 100)));
    }
  }
  return batch;
};

/** Calls the function; deletes what it took. What it did not take comes again once its visibility ends. */
const hand = async (
  { client, url, arn, invoke, partial, print }: QueueMapping,
  batch: readonly Message[],
): Promise<void> => {
  const records: SQSRecord[] = batch.map(message => ({
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: 'local',
      ApproximateFirstReceiveTimestamp: '0',
      ...message.Attributes,
    },
    messageAttributes: {},
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: arn,
    awsRegion: region,
  }));
  let failed: ReadonlySet<string>;
  try {
    const answer = (await invoke({ Records: records })) as SQSBatchResponse | undefined;
    failed = new Set(partial ? (answer?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier) : []);
  } catch (error) {
    print(`invocation failed: ${(error as Error).message}`);
    return;
  }
  const taken = batch.filter(({ MessageId = '' }) => !failed.has(MessageId));
  for (let at = 0; at < taken.length; at += 10) {
    const Entries = taken.slice(at, at + 10).map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
  }
};
