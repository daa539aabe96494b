import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type ITable,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import type { Handler } from './handler.ts';

type TableProps = {
  readonly keys: { readonly partition: string; readonly sort?: string; readonly expires?: string };
  /** The environment variable by which functions know it. */
  readonly named: string;
  readonly removalPolicy: RemovalPolicy;
  /** @default DynamoDB's own */
  readonly encryptionKey: IKey | undefined;
  /** Whether changes of its rows can wake a function. @default false */
  readonly streamed?: boolean;
};

/** A table that survives mistakes: point-in-time recovery always, deletion protection unless it is to be destroyed. */
export class Table extends Construct {
  readonly table: TableV2;
  readonly #named: string;
  readonly #encryptionKey: IKey | undefined;

  constructor(
    scope: Construct,
    id: string,
    { keys, named, removalPolicy, encryptionKey, streamed = false }: TableProps,
  ) {
    super(scope, id);
    this.#named = named;
    this.#encryptionKey = encryptionKey;
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: keys.partition, type: AttributeType.STRING },
      ...(keys.sort && { sortKey: { name: keys.sort, type: AttributeType.STRING } }),
      ...(keys.expires && { timeToLiveAttribute: keys.expires }),
      ...(streamed && { dynamoStream: StreamViewType.OLD_IMAGE }),
      billing: Billing.onDemand(),
      encryption:
        encryptionKey === undefined
          ? TableEncryptionV2.dynamoOwnedKey()
          : TableEncryptionV2.customerManagedKey(encryptionKey),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
    });
  }

  /** One row that the function can name. */
  lookedUpBy(...handlers: Handler[]): void {
    this.#grant(handlers, ['GetItem']);
  }

  /** Rows that the function can name, many at once. */
  readBy(...handlers: Handler[]): void {
    this.#grant(handlers, ['BatchGetItem']);
  }

  /** Rows that share a partition. */
  queriedBy(...handlers: Handler[]): void {
    this.#grant(handlers, ['Query']);
  }

  /** All rows. */
  listedBy(...handlers: Handler[]): void {
    this.#grant(handlers, ['Scan']);
  }

  /** Whole items, in batches. */
  writtenBy(...handlers: Handler[]): void {
    this.#grant(handlers, ['BatchWriteItem']);
  }

  /** Attributes of rows. */
  notedBy(...handlers: Handler[]): void {
    this.#grant(handlers, ['UpdateItem']);
  }

  /** Rows of the function's own. */
  rowsPutBy(...handlers: Handler[]): void {
    this.#grant(handlers, ['PutItem']);
  }

  /** Rows of the function's own, and the end of rows. */
  keptBy(...handlers: Handler[]): void {
    this.#grant(handlers, ['PutItem', 'DeleteItem']);
  }

  /** Whole rows, put and taken out as a deployment says. */
  filledBy(handler: Handler): void {
    this.#grant([handler], ['PutItem', 'UpdateItem', 'DeleteItem']);
  }

  /** Changed rows wake this function, by their keys and as they were. What it cannot take in three tries the next tick makes good. */
  changesWake(handler: Handler): void {
    handler.addEventSource(
      // TableV2 types its stream as possibly undefined, which exactOptionalPropertyTypes tells apart from absent.
      new DynamoEventSource(this.table as ITable, {
        startingPosition: StartingPosition.LATEST,
        batchSize: 100,
        retryAttempts: 3,
        bisectBatchOnError: true,
      }),
    );
  }

  #grant(handlers: readonly Handler[], actions: readonly string[]): void {
    for (const handler of handlers) {
      Grant.addToPrincipal({
        grantee: handler,
        actions: actions.map(action => `dynamodb:${action}`),
        resourceArns: [this.table.tableArn],
      }).assertSuccess();
      this.#encryptionKey?.grant(handler, 'kms:Decrypt', 'kms:DescribeKey');
      handler.knows(this.#named, this.table.tableName);
    }
  }
}
