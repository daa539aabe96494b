import { type DynamoDBClient, GetItemCommand, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { limits } from '../../core/limits.ts';
import { decodeRecord, encodeRecord, type GroupRecord } from '../../core/rules/record.ts';
import type { Clock, Rules } from '../ports.ts';
import { attributesOf, rowOf } from './attributes.ts';
import { called, calledIf } from './calls.ts';
import { tables } from './contract.ts';

const { partition, sort, expires } = tables.series;

// Item kind of the series table beside those of series.ts and blocks.ts:
//   rules    <group id>    v: version, b: record
const rulesPartition = 'rules';

/** Records of rules in the series table; one that nobody writes any more expires. */
export const dynamoRules = (
  client: DynamoDBClient,
  clock: Clock,
  table: string,
  files: Rules['files'] = [],
): Rules => ({
  files,
  all: () =>
    called('rules.all', async () => {
      const records: GroupRecord[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName: table,
          KeyConditionExpression: '#p = :p',
          FilterExpression: '#x > :now',
          ExpressionAttributeNames: { '#p': partition, '#x': expires },
          ExpressionAttributeValues: attributesOf({ ':p': rulesPartition, ':now': Math.ceil(clock.nowMs() / 1_000) }),
        },
      );
      for await (const { Items = [] } of pages)
        for (const item of Items) records.push(decodeRecord(rowOf(item)['b'] as Uint8Array));
      return records;
    }),

  get: id =>
    called('rules.get', async () => {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName: table,
          Key: attributesOf({ [partition]: rulesPartition, [sort]: id }),
          ConsistentRead: true,
        }),
      );
      if (Item === undefined) return undefined;
      const row = rowOf(Item);
      return { record: decodeRecord(row['b'] as Uint8Array), version: Number(row['v']) };
    }),

  swap: async (id, seenVersion, record) => {
    const version = seenVersion + 1;
    const isSwapped = await calledIf('rules.swap', () =>
      client.send(
        new PutItemCommand({
          TableName: table,
          Item: attributesOf({
            [partition]: rulesPartition,
            [sort]: id,
            v: version,
            b: encodeRecord(record),
            [expires]: Math.ceil((clock.nowMs() + limits.ruleRecordMs) / 1_000),
          }),
          ConditionExpression: seenVersion === 0 ? 'attribute_not_exists(#p)' : '#v = :seen',
          ExpressionAttributeNames: seenVersion === 0 ? { '#p': partition } : { '#v': 'v' },
          ...(seenVersion > 0 && { ExpressionAttributeValues: attributesOf({ ':seen': seenVersion }) }),
        }),
      ),
    );
    return isSwapped ? version : undefined;
  },
});
