import { Duration } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type CfnQueue, QueueEncryption, Queue as SqsQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Handler } from './handler.ts';

type QueueProps = {
  /** The environment variable by which functions know it. */
  readonly named: string;
  /** How long a message waits at most. What keeps failing must reach the dead letters before: see drainedBy. */
  readonly keptFor: Duration;
  /** @default SQS's own */
  readonly encryptionKey: IKey | undefined;
};

type Draining = {
  /** Most messages handed over together. */
  readonly messages: number;
  /** How long to wait for so many. @default not at all */
  readonly gatheredForSeconds?: number;
  /** Most functions at once. */
  readonly atOnce: number;
};

/** Receives before a message counts as poison. Throttling alone must not get there (RELIABILITY 2, row 11). */
const maxReceiveCount = 10;

/** SQS keeps nothing longer. */
const longest = Duration.days(14);

/** A queue with its dead letters: encrypted, TLS only, one message up to SQS's 1 MiB. */
export class Queue extends Construct {
  readonly queue: SqsQueue;
  readonly deadLetters: SqsQueue;
  readonly #named: string;
  readonly #keptFor: Duration;
  readonly #encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, { named, keptFor, encryptionKey }: QueueProps) {
    super(scope, id);
    const safe = {
      ...(encryptionKey === undefined
        ? { encryption: QueueEncryption.SQS_MANAGED }
        : { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }),
      enforceSSL: true,
      maxMessageSizeBytes: 1_048_576,
    };
    this.#encryptionKey = encryptionKey;
    this.#named = named;
    this.#keptFor = keptFor;
    this.deadLetters = new SqsQueue(this, 'DeadLetters', { ...safe, retentionPeriod: longest });
    this.queue = new SqsQueue(this, 'Queue', {
      ...safe,
      retentionPeriod: keptFor,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount },
    });
  }

  /** These functions may send to it. */
  fedBy(...handlers: Handler[]): void {
    for (const handler of handlers) {
      Grant.addToPrincipal({
        grantee: handler,
        actions: ['sqs:SendMessage'],
        resourceArns: [this.queue.queueArn],
      }).assertSuccess();
      // Decrypt too: SQS proves by it that the key will open what it sealed.
      this.#encryptionKey?.grant(handler, 'kms:Decrypt', 'kms:GenerateDataKey');
      handler.knows(this.#named, this.queue.queueUrl);
    }
  }

  /** These functions may look at what was put aside, and nothing more: looking hides it for a while. */
  deadLettersSeenBy(named: string, ...handlers: Handler[]): void {
    for (const handler of handlers) {
      Grant.addToPrincipal({
        grantee: handler,
        actions: ['sqs:ReceiveMessage'],
        resourceArns: [this.deadLetters.queueArn],
      }).assertSuccess();
      this.#encryptionKey?.grant(handler, 'kms:Decrypt');
      handler.knows(named, this.deadLetters.queueUrl);
    }
  }

  /** This function may ask how many messages it holds. */
  countedBy(handler: Handler): void {
    Grant.addToPrincipal({
      grantee: handler,
      actions: ['sqs:GetQueueAttributes'],
      resourceArns: [this.queue.queueArn],
    }).assertSuccess();
    handler.knows(this.#named, this.queue.queueUrl);
  }

  /**
   * This function gets what is sent, failing message by message. A batch it is at work on is hidden from others for six
   * times its timeout, as AWS advises. No filter: a filter deletes what it does not match.
   */
  drainedBy(handler: Handler, { messages, gatheredForSeconds = 0, atOnce }: Draining): void {
    const hiddenSeconds = 6 * handler.timeoutSeconds;
    const failingSeconds = maxReceiveCount * hiddenSeconds;
    if (this.#keptFor.toSeconds() <= failingSeconds) {
      const got = `keptFor: ${this.#keptFor.toSeconds()} s`;
      throw new Error(`${got}, but a message fails for ${failingSeconds} s before it reaches the dead letters`);
    }
    (this.queue.node.defaultChild as CfnQueue).visibilityTimeout = hiddenSeconds;
    handler.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: messages,
        ...(gatheredForSeconds > 0 && { maxBatchingWindow: Duration.seconds(gatheredForSeconds) }),
        maxConcurrency: atOnce,
        reportBatchItemFailures: true,
      }),
    );
  }
}
