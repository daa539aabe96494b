import {
  type AttributeValue,
  BatchWriteItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { limits } from '../../core/limits.ts';
import { type Retention, usualRetention } from '../../core/retention.ts';
import type { BlockObject, LateMark, LateSegment, Manifest } from '../../core/segment/stored.ts';
import type { Blocks, Clock, Row } from '../ports.ts';
import { attributesOf, rowOf } from './attributes.ts';
import { called, calledIf, untilDone } from './calls.ts';
import { tables } from './contract.ts';

const { partition, sort, expires } = tables.series;

// Item kinds of the series table beside those of series.ts:
//   blocks#<day>          <shard>#<hour or day>            v, o: objects, u: unmerged, a: applied, t: tail
//   late#<day>#<shard>    <source id>#<hour>#<segment key> b: samples
//   late                  <day>#<shard>                    t: token
//   merged                -                                u: until
const manifestPartition = (day: number): string => `blocks#${day}`;
const shardName = (shard: number): string => String(shard).padStart(2, '0');
/** Sorts after every hour. */
const wholeDay = 'day';
const manifestSort = ({ shard, hourMs }: Manifest): string => `${shardName(shard)}#${hourMs ?? wholeDay}`;
export const latePartition = (day: number, shard: number): string => `late#${day}#${shard}`;
export const lateSort = ({ sourceId, hourMs, key }: LateSegment): string => `${sourceId}#${hourMs}#${key}`;
export const marksPartition = 'late';
export const markSort = (day: number, shard: number): string => `${day}#${shard}`;
const mergedKey = { [partition]: 'merged', [sort]: '-' };

const epochSeconds = (ms: number): number => Math.ceil(ms / 1_000);

/** Manifests in the series table, objects in a bucket. */
export const awsBlocks = (
  { dynamo, s3, clock }: { readonly dynamo: DynamoDBClient; readonly s3: S3Client; readonly clock: Clock },
  table: string,
  bucket: string,
  retention: Retention = usualRetention,
): Blocks => {
  const used = { readUnits: 0, writeUnits: 0, gets: 0, puts: 0 };
  const ReturnConsumedCapacity = 'TOTAL' as const;

  const queried = (place: string, key: string, beginning = ''): Promise<Row[]> =>
    called(place, async () => {
      const rows: Row[] = [];
      const pages = paginateQuery(
        { client: dynamo },
        {
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: beginning === '' ? '#p = :p' : '#p = :p AND begins_with(#s, :s)',
          ExpressionAttributeNames: { '#p': partition, ...(beginning !== '' && { '#s': sort }) },
          ExpressionAttributeValues: attributesOf({ ':p': key, ...(beginning !== '' && { ':s': beginning }) }),
          ReturnConsumedCapacity,
        },
      );
      for await (const { Items = [], ConsumedCapacity } of pages) {
        used.readUnits += ConsumedCapacity?.CapacityUnits ?? 0;
        rows.push(...Items.map(rowOf));
      }
      return rows;
    });

  /** A put or a delete under a condition; false where that did not hold. */
  const putIf = (place: string, row: Row, condition: string, names: Record<string, string>, values: Row) =>
    calledIf(place, async () => {
      const ExpressionAttributeValues: Record<string, AttributeValue> = attributesOf(values);
      const { ConsumedCapacity } = await dynamo.send(
        new PutItemCommand({
          TableName: table,
          Item: attributesOf(row),
          ConditionExpression: condition,
          ExpressionAttributeNames: names,
          ...(Object.keys(values).length > 0 && { ExpressionAttributeValues }),
          ReturnConsumedCapacity,
        }),
      );
      used.writeUnits += ConsumedCapacity?.CapacityUnits ?? 0;
    });

  const deleteAll = async (place: string, keys: readonly Row[]): Promise<void> => {
    for (let at = 0; at < keys.length; at += 25) {
      await untilDone(place, clock, keys.slice(at, at + 25).map(attributesOf), async left => {
        const { UnprocessedItems, ConsumedCapacity = [] } = await called(place, () =>
          dynamo.send(
            new BatchWriteItemCommand({
              RequestItems: { [table]: left.map(Key => ({ DeleteRequest: { Key } })) },
              ReturnConsumedCapacity,
            }),
          ),
        );
        for (const each of ConsumedCapacity) used.writeUnits += each.CapacityUnits ?? 0;
        return (UnprocessedItems?.[table] ?? []).map(({ DeleteRequest }) => DeleteRequest?.Key ?? {});
      });
    }
  };

  return {
    manifestsOn: async (day, shard) => {
      const beginning = shard === undefined ? '' : `${shardName(shard)}#`;
      const rows = await queried('blocks.manifestsOn', manifestPartition(day), beginning);
      return rows.map((row): Manifest => {
        const [name, hour] = String(row[sort]).split('#');
        return {
          day,
          shard: Number(name),
          ...(hour !== wholeDay && { hourMs: Number(hour) }),
          version: Number(row['v']),
          objects: row['o'] as BlockObject[],
          unmerged: row['u'] as string[],
          applied: row['a'] as string[],
          ...(row['t'] !== undefined && { tail: row['t'] as BlockObject[] }),
        };
      });
    },

    swap: (seen, next) =>
      putIf(
        'blocks.swap',
        {
          [partition]: manifestPartition(next.day),
          [sort]: manifestSort(next),
          v: next.version,
          o: next.objects,
          u: next.unmerged,
          a: next.applied,
          t: next.tail,
          [expires]: epochSeconds((next.day + 1) * limits.catalogSpanMs + retention.hourMs),
        },
        seen === undefined ? 'attribute_not_exists(#p)' : '#v = :seen',
        seen === undefined ? { '#p': partition } : { '#v': 'v' },
        seen === undefined ? {} : { ':seen': seen.version },
      ),

    drop: async seen => {
      const gone = seen.map(manifest =>
        calledIf('blocks.drop', async () => {
          const { ConsumedCapacity } = await dynamo.send(
            new DeleteItemCommand({
              TableName: table,
              Key: attributesOf({ [partition]: manifestPartition(manifest.day), [sort]: manifestSort(manifest) }),
              ConditionExpression: 'attribute_not_exists(#p) OR #v = :seen',
              ExpressionAttributeNames: { '#p': partition, '#v': 'v' },
              ExpressionAttributeValues: attributesOf({ ':seen': manifest.version }),
              ReturnConsumedCapacity,
            }),
          );
          used.writeUnits += ConsumedCapacity?.CapacityUnits ?? 0;
        }),
      );
      return (await Promise.all(gone)).every(each => each);
    },

    put: async (key, bytes) => {
      used.puts += 1;
      await called('blocks.put', () => s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes })));
    },

    get: async (key, from, to) => {
      used.gets += 1;
      try {
        const { Body } = await s3.send(
          new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${from}-${to - 1}` }),
        );
        return await Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        return called('blocks.get', () => Promise.reject(error));
      }
    },

    lateOn: async (day, shard, sourceId) => {
      const beginning = sourceId === undefined ? '' : `${sourceId}#`;
      const rows = await queried('blocks.lateOn', latePartition(day, shard), beginning);
      return rows.map((row): LateSegment => {
        const [id = '', hour, key = ''] = String(row[sort]).split('#');
        return { day, shard, sourceId: id, hourMs: Number(hour), key, bytes: row['b'] as Uint8Array };
      });
    },

    dropLate: late =>
      deleteAll(
        'blocks.dropLate',
        late.map(each => ({ [partition]: latePartition(each.day, each.shard), [sort]: lateSort(each) })),
      ),

    lateMarks: async () =>
      (await queried('blocks.lateMarks', marksPartition)).map((row): LateMark => {
        const [day, shard] = String(row[sort]).split('#').map(Number) as [number, number];
        return { day, shard, token: String(row['t']) };
      }),

    dropMark: async ({ day, shard, token }) => {
      await calledIf('blocks.dropMark', () =>
        dynamo.send(
          new DeleteItemCommand({
            TableName: table,
            Key: attributesOf({ [partition]: marksPartition, [sort]: markSort(day, shard) }),
            ConditionExpression: '#t = :t',
            ExpressionAttributeNames: { '#t': 't' },
            ExpressionAttributeValues: attributesOf({ ':t': token }),
          }),
        ),
      );
    },

    mergedUntil: () =>
      called('blocks.mergedUntil', async () => {
        const { Item } = await dynamo.send(
          new GetItemCommand({ TableName: table, Key: attributesOf(mergedKey), ConsistentRead: true }),
        );
        return Item === undefined ? undefined : Number(rowOf(Item)['u']);
      }),

    moveMergedUntil: async (seen, untilMs) => {
      await putIf(
        'blocks.moveMergedUntil',
        { ...mergedKey, u: untilMs },
        seen === undefined ? 'attribute_not_exists(#p)' : '#u = :seen',
        seen === undefined ? { '#p': partition } : { '#u': 'u' },
        seen === undefined ? {} : { ':seen': seen },
      );
    },

    used: () => ({ ...used }),
  };
};
