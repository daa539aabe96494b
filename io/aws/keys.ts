import { DeleteItemCommand, type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { limits } from '../../core/limits.ts';
import type { Clock, Keys, Row } from '../ports.ts';
import { attributesOf, rowOf } from './attributes.ts';
import { called } from './calls.ts';
import { tables } from './contract.ts';
import { Remembered } from './remembered.ts';
import { scanned } from './rows.ts';

const { partition } = tables.keys;

/** Push keys, as hashes. Names that are no key are remembered as well: a flood of them must not become a flood of reads. */
export const dynamoKeys = (client: DynamoDBClient, clock: Clock, table: string): Keys => {
  const remembered = new Remembered<{ readonly row: Row | undefined }>(limits.keysRemembered, limits.keyCacheMs);
  return {
    get: async id => {
      const known = remembered.get(id, clock.nowMs());
      if (known !== undefined) return known.row;
      const { Item } = await called('keys.get', () =>
        client.send(
          new GetItemCommand({ TableName: table, Key: attributesOf({ [partition]: id }), ConsistentRead: true }),
        ),
      );
      const row = Item && rowOf(Item);
      remembered.set(id, { row }, clock.nowMs());
      return row;
    },

    all: () => scanned(client, table, 'keys.all'),

    put: async row => {
      await called('keys.put', () => client.send(new PutItemCommand({ TableName: table, Item: attributesOf(row) })));
    },

    remove: async id => {
      const { Attributes } = await called('keys.remove', () =>
        client.send(
          new DeleteItemCommand({ TableName: table, Key: attributesOf({ [partition]: id }), ReturnValues: 'ALL_OLD' }),
        ),
      );
      return Attributes !== undefined;
    },
  };
};
