import { BatchWriteItemCommand, type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import type { Family } from '../../core/batch.ts';
import { familyIdOf, type ToldFamily } from '../../core/families.ts';
import { limits } from '../../core/limits.ts';
import type { Clock, Families, Row } from '../ports.ts';
import { attributesOf, rowOf } from './attributes.ts';
import { called, untilDone } from './calls.ts';
import { tables } from './contract.ts';
import { Remembered } from './remembered.ts';

const { partition, sort, expires } = tables.series;

// In the series table, by partition key:
//   families#<shard>   <family id>   n: name, t: type, h: help, u: unit, m: when it was told
const partitionOf = (shard: number): string => `families#${shard}`;
const shardOf = (id: string): number => id.charCodeAt(0) % limits.catalogShards;

/** Families in the series table, an item each: producers may tell them in any company, and none is written for another. */
export const dynamoFamilies = (client: DynamoDBClient, clock: Clock, table: string): Families => {
  const stored = new Remembered<true>(limits.chunksRemembered, limits.chunkRenewMs);
  return {
    add: async told => {
      const missing = told.filter(family => stored.get(familyIdOf(family), clock.nowMs()) === undefined);
      // BatchWriteItem takes 25 puts and 16 MB.
      for (let at = 0; at < missing.length; at += 25) {
        const puts = missing.slice(at, at + 25).map(family => ({ PutRequest: { Item: attributesOf(itemOf(family)) } }));
        await untilDone('families.add', clock, puts, async left => {
          const { UnprocessedItems } = await called('families.add', () =>
            client.send(new BatchWriteItemCommand({ RequestItems: { [table]: [...left] } })),
          );
          return (UnprocessedItems?.[table] ?? []) as typeof puts;
        });
      }
      for (const family of missing) stored.set(familyIdOf(family), true, clock.nowMs());
    },

    all: async () => {
      const shards = Array.from({ length: limits.catalogShards }, (_, shard) =>
        called('families.all', async () => {
          const rows: Row[] = [];
          const pages = paginateQuery(
            { client },
            {
              TableName: table,
              KeyConditionExpression: '#p = :p',
              FilterExpression: '#x > :now',
              ExpressionAttributeNames: { '#p': partition, '#x': expires },
              ExpressionAttributeValues: attributesOf({ ':p': partitionOf(shard), ':now': clock.nowMs() / 1_000 }),
            },
          );
          for await (const { Items = [] } of pages) rows.push(...Items.map(rowOf));
          return rows;
        }),
      );
      return (await Promise.all(shards))
        .flat()
        .map(familyIn)
        .sort((a, b) => b.atMs - a.atMs);
    },
  };
};

const itemOf = (family: ToldFamily): Row => {
  const id = familyIdOf(family);
  return {
    [partition]: partitionOf(shardOf(id)),
    [sort]: id,
    n: family.name,
    t: family.type,
    h: family.help,
    u: family.unit,
    m: family.atMs,
    [expires]: Math.ceil((family.atMs + limits.familyRetentionMs) / 1_000),
  };
};

const familyIn = ({ n, t, h, u, m }: Row): ToldFamily => ({
  name: String(n),
  type: t as Family['type'],
  ...(h !== undefined && { help: String(h) }),
  ...(u !== undefined && { unit: String(u) }),
  atMs: Number(m),
});
