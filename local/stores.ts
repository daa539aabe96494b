import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { FauxqsServer } from 'fauxqs';
import type { Properties } from './assembly.ts';
import { makeBucket } from './buckets.ts';
import { nameOfArn } from './naming.ts';
import { makeQueue, releaseInflight } from './queues.ts';
import { type Resolver, region } from './resolver.ts';
import { type GivenSecret, LocalSecrets } from './secrets.ts';
import { makeTable, sweepExpired } from './tables.ts';
import { startTopic } from './topics.ts';

/** Where the services listen, and the queue server where it is ours. */
export type Engines = {
  readonly endpoints: {
    readonly dynamodb: string;
    readonly sqs: string;
    readonly sns: string;
    readonly s3: string;
  };
  readonly queueServer: FauxqsServer | undefined;
};

type StoresSettings = {
  /** Where everything that must survive is kept. */
  readonly dataFolder: string;
  readonly engines: Engines;
  /** Secrets that targets name, as the user gave them. */
  readonly givenSecrets: Readonly<Record<string, GivenSecret>>;
  /** HTTP subscribers of every topic. */
  readonly subscribers: readonly string[];
  readonly print: (line: string) => void;
  readonly atEnd: (undo: () => void | Promise<void>) => void;
  readonly resolver: Resolver;
  /** Resolved properties of all resources of a type, by logical id. */
  readonly all: (type: string) => [string, Properties][];
};

const sweepEveryMs = 3_600_000;

/** What holds things: each resource of the template that does, on the engine for its type. */
export class Stores {
  readonly #settings: StoresSettings;
  readonly dynamo: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly #sns: SNSClient;
  readonly #s3: S3Client;
  #secretsAt: string | undefined;

  constructor(settings: StoresSettings) {
    this.#settings = settings;
    const { dynamodb, sqs, sns, s3 } = settings.engines.endpoints;
    const client = { region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
    this.dynamo = new DynamoDBClient({ ...client, endpoint: dynamodb });
    this.sqs = new SQSClient({ ...client, endpoint: sqs });
    this.#sns = new SNSClient({ ...client, endpoint: sns });
    this.#s3 = new S3Client({ ...client, endpoint: s3, forcePathStyle: true });
    settings.atEnd(() => {
      for (const each of [this.dynamo, this.sqs, this.#sns, this.#s3]) each.destroy();
    });
  }

  /** Where secrets are handed out, if the template has any. */
  get secretsAt(): string | undefined {
    return this.#secretsAt;
  }

  /** Tables, queues, buckets, secrets and topics, with what they held before. */
  async make(): Promise<void> {
    const { dataFolder, givenSecrets, subscribers, print, atEnd, engines, resolver, all } = this.#settings;
    const { endpoints, queueServer } = engines;
    // Queues that others name as their dead letters must be there first.
    const queues = all('AWS::SQS::Queue').sort(
      ([, a], [, b]) => Number('RedrivePolicy' in a) - Number('RedrivePolicy' in b),
    );
    for (const [id, properties] of queues) {
      const [url, name] = [
        String(resolver.resolve({ Ref: id })),
        String(resolver.resolve({ 'Fn::GetAtt': [id, 'QueueName'] })),
      ];
      await makeQueue(this.sqs, name, url, properties);
      if (queueServer !== undefined) await releaseInflight(queueServer, this.sqs, name, url);
    }
    const tables = [...all('AWS::DynamoDB::GlobalTable'), ...all('AWS::DynamoDB::Table')];
    for (const [id, properties] of tables)
      await makeTable(this.dynamo, String(resolver.resolve({ Ref: id })), properties);
    const sweep = setInterval(() => {
      for (const [id, properties] of tables) {
        sweepExpired(this.dynamo, String(resolver.resolve({ Ref: id })), properties, Date.now()).catch((error: Error) =>
          print(`expiry at ${endpoints.dynamodb}: ${error.message}`),
        );
      }
    }, sweepEveryMs);
    atEnd(() => clearInterval(sweep));
    for (const [id] of all('AWS::S3::Bucket')) await makeBucket(this.#s3, String(resolver.resolve({ Ref: id })));
    const secrets = all('AWS::SecretsManager::Secret');
    if (secrets.length > 0 || Object.keys(givenSecrets).length > 0) {
      const kept = new LocalSecrets(dataFolder, givenSecrets);
      for (const [id, properties] of secrets) kept.make(String(resolver.resolve({ Ref: id })), properties);
      this.#secretsAt = await kept.listen();
      atEnd(() => kept.stop());
    }
    for (const [id] of all('AWS::SNS::Topic')) {
      const name = nameOfArn(String(resolver.resolve({ Ref: id })));
      atEnd(await startTopic({ sns: this.#sns, sqs: this.sqs, name, queuesAt: endpoints.sqs, subscribers, print }));
    }
  }
}
