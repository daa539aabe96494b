import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { HeartbeatKey } from '../../core/heartbeat/heartbeat.ts';
import type { CollectorRecord } from '../../core/heartbeat/silence.ts';
import type { Heartbeats } from '../ports.ts';
import { attributesOf, rowOf } from './attributes.ts';
import { called, calledIf } from './calls.ts';
import { attributesOfKey, updating } from './heartbeat-rows.ts';

/** Our own records live beside the others under names that no producer can have. */
const collectorKey: HeartbeatKey = { job: '__sluice', instance: 'check' };
const planKey: HeartbeatKey = { job: '__sluice', instance: 'plan' };

/** How far the checker and the planner came. */
export const dynamoCollectorRecords = (
  client: DynamoDBClient,
  table: string,
): Pick<Heartbeats, 'collector' | 'swept' | 'planned' | 'plannedUntil'> => {
  const update = updating(client, table);

  return {
    collector: async () => {
      const { Item } = await called('heartbeats.collector', () =>
        client.send(new GetItemCommand({ TableName: table, Key: attributesOfKey(collectorKey), ConsistentRead: true })),
      );
      return Item === undefined ? undefined : (rowOf(Item)['record'] as CollectorRecord);
    },

    swept: (seen, next) =>
      calledIf('heartbeats.swept', () =>
        client.send(
          new PutItemCommand({
            TableName: table,
            Item: { ...attributesOfKey(collectorKey), ...attributesOf({ epoch: next.epoch, record: next }) },
            ConditionExpression: seen === undefined ? 'attribute_not_exists(epoch)' : 'epoch = :epoch',
            ...(seen !== undefined && { ExpressionAttributeValues: attributesOf({ ':epoch': seen.epoch }) }),
          }),
        ),
      ),

    planned: async () => {
      const { Item } = await called('heartbeats.planned', () =>
        client.send(new GetItemCommand({ TableName: table, Key: attributesOfKey(planKey), ConsistentRead: true })),
      );
      return Item === undefined ? undefined : (rowOf(Item)['untilMs'] as number);
    },

    plannedUntil: async untilMs => {
      await update('heartbeats.plannedUntil', planKey, {
        UpdateExpression: 'SET untilMs = :until',
        ConditionExpression: 'attribute_not_exists(untilMs) OR untilMs < :until',
        ExpressionAttributeValues: attributesOf({ ':until': untilMs }),
      });
    },
  };
};
