import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type ConsumedCapacity,
  type DynamoDBClient,
  paginateQuery,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { type Source, sourceIdOf } from '../../core/batch.ts';
import { labelOf, labelSetOf } from '../../core/labels.ts';
import { limits } from '../../core/limits.ts';
import { type Retention, schemaMsOf, usualRetention } from '../../core/retention.ts';
import { decodeCatalogChunks, encodeCatalogChunks, jobPrefixOf } from '../../core/segment/catalog.ts';
import { aloneKey } from '../../core/segment/gather.ts';
import { nameOf } from '../../core/segment/segment-open.ts';
import type { CatalogEntry, Segment } from '../../core/segment/stored.ts';
import type { Clock, Row, Series } from '../ports.ts';
import { type Attributes, attributesOf, rowOf } from './attributes.ts';
import { latePartition, lateSort, markSort, marksPartition } from './blocks.ts';
import { called, untilDone } from './calls.ts';
import { tables } from './contract.ts';
import { Remembered } from './remembered.ts';

const { partition, sort, expires } = tables.series;

// Item kinds of the series table, by partition key:
//   chunk#<id>               -                    b: label sets
//   catalog#<day>#<shard>    <job>#<source id>#<hash of the chunks>  s: the source's labels, c: chunks and names
//   s#<source id><hour>      <segment key>        b: samples
const chunkPartition = (id: string): string => `chunk#${id}`;
const catalogPartition = (day: number, shard: number): string => `catalog#${day}#${shard}`;
// Short, because every segment pays for its key: the hour as hours since 1970 in base 36.
const segmentPartition = (sourceId: string, hourMs: number): string =>
  `s#${sourceId}${(hourMs / limits.segmentSpanMs).toString(36)}`;

/** All sources of a job stand in one partition, side by side. */
const shardOf = (jobPrefix: string): number => jobPrefix.charCodeAt(0) % limits.catalogShards;

const epochSeconds = (ms: number): number => Math.ceil(ms / 1_000);

type Item = { readonly attributes: Attributes };

/** Series in one DynamoDB table. Every write is an unconditional put of what its key says: repeating it changes nothing. */
export const dynamoSeries = (
  client: DynamoDBClient,
  clock: Clock,
  table: string,
  retention: Retention = usualRetention,
): Series => {
  const used = { readUnits: 0, writeUnits: 0, gets: 0, puts: 0 };
  const count = (kind: 'readUnits' | 'writeUnits', ...consumed: readonly (ConsumedCapacity | undefined)[]): void => {
    for (const each of consumed) used[kind] += each?.CapacityUnits ?? 0;
  };
  const ReturnConsumedCapacity = 'TOTAL' as const;

  const stored = new Remembered<true>(limits.chunksRemembered, limits.chunkRenewMs);

  const write = async (place: string, items: readonly Item[]): Promise<void> => {
    // BatchWriteItem takes 25 puts and 16 MB: 25 items of 400 KB fit.
    for (let at = 0; at < items.length; at += 25) {
      await untilDone(place, clock, items.slice(at, at + 25), async left => {
        const { UnprocessedItems, ConsumedCapacity = [] } = await called(place, () =>
          client.send(
            new BatchWriteItemCommand({
              ReturnConsumedCapacity,
              RequestItems: { [table]: left.map(({ attributes }) => ({ PutRequest: { Item: attributes } })) },
            }),
          ),
        );
        count('writeUnits', ...ConsumedCapacity);
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

  /** The rows of a partition that are not past their time, of all sort keys or of those that begin so. */
  const queried = (place: string, key: string, beginning = '', ConsistentRead = false): Promise<Row[]> =>
    called(place, async () => {
      const rows: Row[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName: table,
          ConsistentRead,
          KeyConditionExpression: beginning === '' ? '#p = :p' : '#p = :p AND begins_with(#s, :s)',
          FilterExpression: '#x > :now',
          ExpressionAttributeNames: { '#p': partition, '#x': expires, ...(beginning !== '' && { '#s': sort }) },
          ExpressionAttributeValues: attributesOf({
            ':p': key,
            ':now': epochSeconds(clock.nowMs()),
            ...(beginning !== '' && { ':s': beginning }),
          }),
          ReturnConsumedCapacity,
        },
      );
      for await (const { Items = [], ConsumedCapacity } of pages) {
        count('readUnits', ConsumedCapacity);
        rows.push(...Items.map(rowOf));
      }
      return rows;
    });

  /** One item lists what this warm function does not know to be listed. */
  const addCatalog = async (catalog: readonly CatalogEntry[]): Promise<void> => {
    const listed: string[] = [];
    const items: Item[] = [];
    for (const { day, source, chunks } of catalog) {
      const [jobPrefix, sourceId] = [jobPrefixOf(labelOf(source, 'job')), sourceIdOf(source)];
      const keyOfChunk = (id: string): string => `${day} ${sourceId} ${id}`;
      const missing = chunks.filter(({ id }) => stored.get(keyOfChunk(id), clock.nowMs()) === undefined);
      if (missing.length === 0) continue;
      const bytes = encodeCatalogChunks(missing);
      const row = {
        [partition]: catalogPartition(day, shardOf(jobPrefix)),
        [sort]: `${jobPrefix}#${sourceId}#${nameOf(bytes)}`,
        s: source.map(label => [...label]),
        c: bytes,
        [expires]: epochSeconds(day * limits.catalogSpanMs + schemaMsOf(retention)),
      };
      items.push({ attributes: attributesOf(row) });
      listed.push(...missing.map(({ id }) => keyOfChunk(id)));
    }
    await write('series.addCatalog', items);
    for (const key of listed) stored.set(key, true, clock.nowMs());
  };

  const chunksOf = async (ids: readonly string[], ConsistentRead: boolean): Promise<Map<string, Uint8Array>> => {
    const found = new Map<string, Uint8Array>();
    for (let at = 0; at < ids.length; at += 100) {
      const keys = ids.slice(at, at + 100).map(id => attributesOf({ [partition]: chunkPartition(id), [sort]: '-' }));
      await untilDone('series.chunks', clock, keys, async left => {
        const answer = await called('series.chunks', () =>
          client.send(
            new BatchGetItemCommand({
              RequestItems: { [table]: { Keys: [...left], ConsistentRead } },
              ReturnConsumedCapacity,
            }),
          ),
        );
        count('readUnits', ...(answer.ConsumedCapacity ?? []));
        for (const attributes of answer.Responses?.[table] ?? []) {
          const row = rowOf(attributes);
          found.set(String(row[partition]).slice('chunk#'.length), row['b'] as Uint8Array);
        }
        return answer.UnprocessedKeys?.[table]?.Keys ?? [];
      });
    }
    return found;
  };

  return {
    add: async ({ chunks, catalog, segments }) => {
      const schemaExpires = epochSeconds(clock.nowMs() + schemaMsOf(retention));
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
      await addCatalog(catalog);
      await write(
        'series.addSegments',
        segments.map(({ sourceId, hourMs, key, bytes }) =>
          item({
            [partition]: segmentPartition(sourceId, hourMs),
            [sort]: key,
            b: bytes,
            [expires]: epochSeconds(hourMs + limits.segmentSpanMs + limits.hotRetentionMs),
          }),
        ),
      );
    },

    catalogOn: async (day, job) => {
      const prefix = job === undefined ? '' : jobPrefixOf(job);
      const shards =
        prefix === '' ? Array.from({ length: limits.catalogShards }, (_, shard) => shard) : [shardOf(prefix)];
      const rows = await Promise.all(
        shards.map(shard => queried('series.catalogOn', catalogPartition(day, shard), prefix)),
      );
      return rows.flat().map((row): CatalogEntry => {
        const source = labelSetOf(row['s'] as [string, string][]) as Source;
        return { day, source, chunks: decodeCatalogChunks(row['c'] as Uint8Array) };
      });
    },

    newestAlone: (sourceId, hourMs) =>
      called('series.newestAlone', async () => {
        const { Items = [], ConsumedCapacity } = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: '#p = :p AND begins_with(#s, :s)',
            ExpressionAttributeNames: { '#p': partition, '#s': sort },
            ExpressionAttributeValues: attributesOf({ ':p': segmentPartition(sourceId, hourMs), ':s': aloneKey }),
            ScanIndexForward: false,
            Limit: 1,
            ReturnConsumedCapacity,
          }),
        );
        count('readUnits', ConsumedCapacity);
        const [row] = Items.map(rowOf);
        return row && { sourceId, hourMs, key: String(row[sort]), bytes: row['b'] as Uint8Array };
      }),

    chunks: async ids => {
      // At half the price first. A segment may be seen a moment after its chunk was written: what is missing is asked for
      // consistently, and what is there is right, being named by what it says.
      const found = await chunksOf(ids, false);
      const missing = ids.filter(id => !found.has(id));
      return missing.length === 0 ? found : new Map([...found, ...(await chunksOf(missing, true))]);
    },

    between: async (sourceId, fromMs, toMs) => {
      const { segmentSpanMs } = limits;
      const oldestMs = Math.max(fromMs, clock.nowMs() - limits.hotRetentionMs - segmentSpanMs);
      const segments: Segment[] = [];
      for (let hourMs = Math.floor(oldestMs / segmentSpanMs) * segmentSpanMs; hourMs <= toMs; hourMs += segmentSpanMs) {
        for (const row of await queried('series.between', segmentPartition(sourceId, hourMs))) {
          segments.push({ sourceId, hourMs, key: String(row[sort]), bytes: row['b'] as Uint8Array });
        }
      }
      return segments;
    },

    ofHour: async (sourceId, hourMs) =>
      (await queried('series.ofHour', segmentPartition(sourceId, hourMs), '', true)).map(row => ({
        sourceId,
        hourMs,
        key: String(row[sort]),
        bytes: row['b'] as Uint8Array,
      })),

    addLate: async late => {
      const expiresAt = epochSeconds(clock.nowMs() + retention.rawMs);
      const rows = late.map(
        (each): Row => ({
          [partition]: latePartition(each.day, each.shard),
          [sort]: lateSort(each),
          b: each.bytes,
          [expires]: expiresAt,
        }),
      );
      const marks = new Map(
        late.map(({ day, shard, hourMs, key }) => {
          const name = markSort(day, shard);
          return [name, { [partition]: marksPartition, [sort]: name, t: `${hourMs} ${key}`, [expires]: expiresAt }];
        }),
      );
      const items = (all: readonly Row[]): Item[] => all.map(row => ({ attributes: attributesOf(row) }));
      await write('series.addLate', items(rows));
      await write('series.markLate', items([...marks.values()]));
    },

    used: () => ({ ...used }),
  };
};
