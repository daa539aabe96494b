import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { QueueEncryption, Queue as SqsQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Handler } from './handler.ts';

export type QueueProps = {
  /** The environment variable by which functions know it. */
  readonly named: string;
  /** The timeout of the function that drains it. */
  readonly handledWithin: Duration;
  readonly keptFor: Duration;
};

export type Draining = {
  readonly messages: number;
  /** How long to wait for a full batch. @default not at all */
  readonly gatheredFor?: Duration;
  /** Most functions at once. */
  readonly atOnce: number;
};

/** Receives before a message counts as poison. Throttling alone must not get there (RELIABILITY 2, row 11). */
const maxReceiveCount = 10;

/** A queue with its dead letters: encrypted, TLS only, one message up to SQS's 1 MiB. */
export class Queue extends Construct {
  readonly queue: SqsQueue;
  readonly deadLetters: SqsQueue;
  readonly #named: string;

  constructor(scope: Construct, id: string, { named, handledWithin, keptFor }: QueueProps) {
    super(scope, id);
    const safe = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, maxMessageSizeBytes: 1_048_576 };
    this.#named = named;
    this.deadLetters = new SqsQueue(this, 'DeadLetters', { ...safe, retentionPeriod: Duration.days(14) });
    this.queue = new SqsQueue(this, 'Queue', {
      ...safe,
      retentionPeriod: keptFor,
      // Six times the function's timeout, as AWS advises: a batch that is being worked on is not handed out again.
      visibilityTimeout: Duration.seconds(6 * handledWithin.toSeconds()),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount },
    });
  }

  /** These functions may send to it. */
  fedBy(...handlers: Handler[]): void {
    for (const handler of handlers) {
      this.queue.grantSendMessages(handler);
      handler.knows(this.#named, this.queue.queueUrl);
    }
  }

  /** This function gets what is sent, failing message by message. No filter: a filter deletes what it does not match. */
  drainedBy(handler: Handler, { messages, gatheredFor, atOnce }: Draining): void {
    handler.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: messages,
        ...(gatheredFor && { maxBatchingWindow: gatheredFor }),
        maxConcurrency: atOnce,
        reportBatchItemFailures: true,
      }),
    );
  }
}
