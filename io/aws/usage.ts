import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { ToldUse } from '../../core/key/key-use.ts';
import { limits } from '../../core/limits.ts';
import type { Usage } from '../ports.ts';
import { attributesOf, rowOf } from './attributes.ts';
import { called } from './calls.ts';
import { tables } from './contract.ts';

const { partition, sort, expires } = tables.usage;

/** What workers let in with keys: a row for each worker and key, which only that worker writes. */
export const dynamoUsage = (client: DynamoDBClient, table: string): Usage => ({
  tell: async (key, { worker, ...told }) => {
    const gone = Math.ceil((told.atMs + 10 * limits.keyShareMs) / 1_000);
    const Item = attributesOf({ ...told, [partition]: key, [sort]: worker, [expires]: gone });
    await called('usage.tell', () => client.send(new PutItemCommand({ TableName: table, Item })));
  },

  of: async key => {
    const { Items = [] } = await called('usage.of', () =>
      client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: '#key = :key',
          ExpressionAttributeNames: { '#key': partition },
          ExpressionAttributeValues: { ':key': { S: key } },
        }),
      ),
    );
    return Items.map(rowOf).map(({ [sort]: worker, atMs, samplesPerSecond, requestsPerSecond, activeSeries }) => ({
      worker: String(worker),
      atMs: Number(atMs),
      samplesPerSecond: Number(samplesPerSecond),
      requestsPerSecond: Number(requestsPerSecond),
      activeSeries: Number(activeSeries),
    })) satisfies ToldUse[];
  },
});
