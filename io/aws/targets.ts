import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Targets } from '../ports.ts';
import { attributesOf, rowOf } from './attributes.ts';
import { called, calledIf } from './calls.ts';
import { tables } from './contract.ts';
import { scanned } from './rows.ts';

const { partition } = tables.targets;

/** The registry: rows that users write, on which we only ever set `problem` and `checkedAtMs`. */
export const dynamoTargets = (client: DynamoDBClient, table: string): Targets => ({
  all: () => scanned(client, table, 'targets.all'),

  get: async id => {
    const { Item } = await called('targets.get', () =>
      client.send(
        new GetItemCommand({ TableName: table, Key: attributesOf({ [partition]: id }), ConsistentRead: true }),
      ),
    );
    return Item && rowOf(Item);
  },

  note: async (id, problem, atMs) => {
    await calledIf('targets.note', () =>
      client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: attributesOf({ [partition]: id }),
          UpdateExpression:
            problem === null ? 'REMOVE problem, checkedAtMs' : 'SET problem = :problem, checkedAtMs = :atMs',
          ConditionExpression: 'attribute_exists(#id)',
          ExpressionAttributeNames: { '#id': partition },
          ...(problem !== null && { ExpressionAttributeValues: attributesOf({ ':problem': problem, ':atMs': atMs }) }),
        }),
      ),
    );
  },

  put: async row => {
    await called('targets.put', () => client.send(new PutItemCommand({ TableName: table, Item: attributesOf(row) })));
  },

  remove: async id => {
    const { Attributes } = await called('targets.remove', () =>
      client.send(
        new DeleteItemCommand({ TableName: table, Key: attributesOf({ [partition]: id }), ReturnValues: 'ALL_OLD' }),
      ),
    );
    return Attributes !== undefined;
  },
});
