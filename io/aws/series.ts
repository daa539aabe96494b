import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { type Source, sourceIdOf } from '../../core/batch.ts';
import { labelSetOf } from '../../core/labels.ts';
import { limits } from '../../core/limits.ts';
import type { CatalogEntry, Segment } from '../../core/segment/stored.ts';
import type { Clock, Row, Series } from '../ports.ts';
import { called, untilDone } from './calls.ts';
import { tables } from './contract.ts';
import { Remembered } from './remembered.ts';
import { type Attributes, attributesOf, rowOf } from './rows.ts';

const { partition, sort, expires } = tables.series;

// Item kinds of the series table, by partition key:
//   chunk#<id>               -                    b: label sets
//   catalog#<day>#<shard>    <source id>#<chunk>  s: the source's labels
//   seg#<source id>#<hour>   <segment key>        b: samples
const chunkPartition = (id: string): string => `chunk#${id}`;
const catalogPartition = (day: number, shard: number): string => `catalog#${day}#${shard}`;
const segmentPartition = (sourceId: string, hourMs: number): string => `seg#${sourceId}#${hourMs}`;

const shardOf = (sourceId: string): number => sourceId.charCodeAt(0) % limits.catalogShards;

const epochSeconds = (ms: number): number => Math.ceil(ms / 1_000);

type Item = { readonly attributes: Attributes };

/** Series in one DynamoDB table. Every write is an unconditional put of what its key says: repeating it changes nothing. */
export const dynamoSeries = (client: DynamoDBClient, clock: Clock, table: string): Series => {
  const stored = new Remembered<true>(limits.chunksRemembered, limits.chunkRenewMs);

  const write = async (place: string, items: readonly Item[]): Promise<void> => {
    // BatchWriteItem takes 25 puts and 16 MB: 25 items of 400 KB fit.
    for (let at = 0; at < items.length; at += 25) {
      await untilDone(place, clock, items.slice(at, at + 25), async left => {
        const { UnprocessedItems } = await called(place, () =>
          client.send(
            new BatchWriteItemCommand({
              RequestItems: { [table]: left.map(({ attributes }) => ({ PutRequest: { Item: attributes } })) },
            }),
          ),
        );
        return (UnprocessedItems?.[table] ?? []).map(({ PutRequest }) => ({ attributes: PutRequest?.Item ?? {} }));
      });
    }
  };

  /** Writes only what this warm function does not know to be there. */
  const writeOnce = async (place: string, items: ReadonlyMap<string, Item>): Promise<void> => {
    const missing = [...items].filter(([key]) => stored.get(key, clock.nowMs()) === undefined);
    await write(
      place,
      missing.map(([, item]) => item),
    );
    for (const [key] of missing) stored.set(key, true, clock.nowMs());
  };

  const queried = (place: string, key: string): Promise<Row[]> =>
    called(place, async () => {
      const rows: Row[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName: table,
          KeyConditionExpression: '#p = :p',
          FilterExpression: '#x > :now',
          ExpressionAttributeNames: { '#p': partition, '#x': expires },
          ExpressionAttributeValues: attributesOf({ ':p': key, ':now': epochSeconds(clock.nowMs()) }),
        },
      );
      for await (const { Items = [] } of pages) rows.push(...Items.map(rowOf));
      return rows;
    });

  return {
    add: async ({ chunks, catalog, segments }) => {
      const schemaExpires = epochSeconds(clock.nowMs() + limits.schemaRetentionMs);
      const item = (row: Row): Item => ({ attributes: attributesOf(row) });
      await writeOnce(
        'series.addChunks',
        new Map(
          chunks.map(({ id, bytes }) => {
            const key = chunkPartition(id);
            return [key, item({ [partition]: key, [sort]: '-', b: bytes, [expires]: schemaExpires })];
          }),
        ),
      );
      await writeOnce(
        'series.addCatalog',
        new Map(
          catalog.map(({ day, source, chunkId }) => {
            const sourceId = sourceIdOf(source);
            const [pk, sk] = [catalogPartition(day, shardOf(sourceId)), `${sourceId}#${chunkId}`];
            const expiresAt = epochSeconds(day * limits.catalogSpanMs + limits.schemaRetentionMs);
            return [
              `${pk} ${sk}`,
              item({ [partition]: pk, [sort]: sk, s: source.map(label => [...label]), [expires]: expiresAt }),
            ];
          }),
        ),
      );
      await write(
        'series.addSegments',
        segments.map(({ sourceId, hourMs, key, bytes }) =>
          item({
            [partition]: segmentPartition(sourceId, hourMs),
            [sort]: key,
            b: bytes,
            [expires]: epochSeconds(hourMs + limits.segmentSpanMs + limits.rawRetentionMs),
          }),
        ),
      );
    },

    catalogOn: async day => {
      const shards = await Promise.all(
        Array.from({ length: limits.catalogShards }, (_, shard) =>
          queried('series.catalogOn', catalogPartition(day, shard)),
        ),
      );
      return shards.flat().map((row): CatalogEntry => {
        const [, chunkId = ''] = String(row[sort]).split('#');
        return { day, source: labelSetOf(row['s'] as [string, string][]) as Source, chunkId };
      });
    },

    chunks: async ids => {
      const found = new Map<string, Uint8Array>();
      for (let at = 0; at < ids.length; at += 100) {
        const keys = ids.slice(at, at + 100).map(id => attributesOf({ [partition]: chunkPartition(id), [sort]: '-' }));
        await untilDone('series.chunks', clock, keys, async left => {
          const answer = await called('series.chunks', () =>
            // Consistently: a segment that is seen a moment after its chunk was written must not miss it.
            client.send(
              new BatchGetItemCommand({ RequestItems: { [table]: { Keys: [...left], ConsistentRead: true } } }),
            ),
          );
          for (const attributes of answer.Responses?.[table] ?? []) {
            const row = rowOf(attributes);
            found.set(String(row[partition]).slice('chunk#'.length), row['b'] as Uint8Array);
          }
          return answer.UnprocessedKeys?.[table]?.Keys ?? [];
        });
      }
      return found;
    },

    between: async (sourceId, fromMs, toMs) => {
      const { segmentSpanMs } = limits;
      const oldestMs = Math.max(fromMs, clock.nowMs() - limits.rawRetentionMs - segmentSpanMs);
      const segments: Segment[] = [];
      for (let hourMs = Math.floor(oldestMs / segmentSpanMs) * segmentSpanMs; hourMs <= toMs; hourMs += segmentSpanMs) {
        for (const row of await queried('series.between', segmentPartition(sourceId, hourMs))) {
          segments.push({ sourceId, hourMs, key: String(row[sort]), bytes: row['b'] as Uint8Array });
        }
      }
      return segments;
    },
  };
};
