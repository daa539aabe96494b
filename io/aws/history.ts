import { createHash } from 'node:crypto';
import { BatchWriteItemCommand, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Alarm } from '../../core/heartbeat/alarm.ts';
import { limits } from '../../core/limits.ts';
import type { Clock, History } from '../ports.ts';
import { type Attributes, attributesOf, rowOf } from './attributes.ts';
import { called, untilDone } from './calls.ts';
import { tables } from './contract.ts';

const { partition, sort, expires } = tables.series;

// In the series table, by partition key:
//   alarms   <instant, 13 digits>#<alarm id>   a: the alarm
const key = 'alarms';

/** A sort key has at most 1,024 bytes; names may be longer, and alerts of one rule differ in their last labels only. */
const shortOf = (id: string): string =>
  id.length <= 200 ? id : `${id.slice(0, 150)}#${createHash('sha256').update(id).digest('base64url')}`;

/** What was rung, in the series table: an item an alarm, which expires. */
export const dynamoHistory = (client: DynamoDBClient, clock: Clock, table: string): History => ({
  add: async alarm => {
    const item = attributesOf({
      [partition]: key,
      [sort]: `${String(alarm.atMs).padStart(13, '0')}#${shortOf(alarm.id)}`,
      a: alarm,
      [expires]: Math.ceil((alarm.atMs + limits.alarmRetentionMs) / 1_000),
    });
    await untilDone('history.add', clock, [{ PutRequest: { Item: item } }], async left => {
      const { UnprocessedItems } = await called('history.add', () =>
        client.send(new BatchWriteItemCommand({ RequestItems: { [table]: [...left] } })),
      );
      return (UnprocessedItems?.[table] ?? []) as { PutRequest: { Item: Attributes } }[];
    });
  },

  newest: count =>
    called('history.newest', async () => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: '#p = :p',
          ExpressionAttributeNames: { '#p': partition },
          ExpressionAttributeValues: attributesOf({ ':p': key }),
          ScanIndexForward: false,
          Limit: count,
        }),
      );
      return Items.map(rowOf)
        .filter(row => Number(row[expires]) * 1_000 > clock.nowMs())
        .map(row => row['a'] as Alarm);
    }),
});
