import { randomBytes } from 'node:crypto';
import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { HeartbeatKey } from '../../core/heartbeat/heartbeat.ts';
import { limits } from '../../core/limits.ts';
import type { Heartbeats } from '../ports.ts';
import { attributesOf, rowOf } from './attributes.ts';
import { called, calledIf } from './calls.ts';
import { attributesOfKey } from './heartbeat-rows.ts';

const canaryKey: HeartbeatKey = { job: '__sluice', instance: 'canary' };
/** A canary's place in the ring holds its slot and how many milliseconds after it, below this, it was accepted. */
const canaryScale = 100_000;

/** The newest acceptances of canaries in one item, within one write unit, and beside them the secret of those who send them. */
export const dynamoCanaries = (
  client: DynamoDBClient,
  table: string,
): Pick<Heartbeats, 'canarySecret' | 'canaryHeard' | 'canaries'> => {
  const Key = attributesOfKey(canaryKey);
  let secret: string | undefined;
  return {
    canarySecret: async () => {
      secret ??= await called('heartbeats.canarySecret', async () => {
        const { Attributes } = await client.send(
          new UpdateItemCommand({
            TableName: table,
            Key,
            UpdateExpression: 'SET #secret = if_not_exists(#secret, :new)',
            ExpressionAttributeNames: { '#secret': 'secret' },
            ExpressionAttributeValues: attributesOf({ ':new': randomBytes(32).toString('hex') }),
            ReturnValues: 'ALL_NEW',
          }),
        );
        return String(Attributes?.['secret']?.S);
      });
      return secret;
    },

    canaryHeard: async (slot, atMs) => {
      await calledIf('heartbeats.canaryHeard', () =>
        client.send(
          new UpdateItemCommand({
            TableName: table,
            Key,
            UpdateExpression: 'SET #place = :heard',
            ConditionExpression: 'attribute_not_exists(#place) OR #place < :heard',
            ExpressionAttributeNames: { '#place': `c${slot % limits.canariesKept}` },
            // One number, so that the whole ring stays within one write unit and the slot decides what is newer.
            ExpressionAttributeValues: attributesOf({
              ':heard': slot * canaryScale + Math.max(0, Math.min(canaryScale - 1, atMs - slot * limits.canaryEveryMs)),
            }),
          }),
        ),
      );
    },

    canaries: async () => {
      const { Item } = await called('heartbeats.canaries', () =>
        client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true })),
      );
      const ring = Item === undefined ? [] : Object.entries(rowOf(Item)).filter(([name]) => /^c[0-9]+$/.test(name));
      return ring
        .map(
          ([, heard]) => Math.floor(Number(heard) / canaryScale) * limits.canaryEveryMs + (Number(heard) % canaryScale),
        )
        .sort((a, b) => a - b);
    },
  };
};
