import { BatchWriteItemCommand, type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { sourceIdOf } from '../../core/batch.ts';
import { type Exemplar, eachOnce, identityOf } from '../../core/exemplars.ts';
import { limits } from '../../core/limits.ts';
import { type Retention, usualRetention } from '../../core/retention.ts';
import { decodeExemplars, encodeExemplars } from '../../core/segment/exemplars-codec.ts';
import { nameOf } from '../../core/segment/segment-open.ts';
import type { Clock, Exemplars, Row } from '../ports.ts';
import { attributesOf, rowOf } from './attributes.ts';
import { called, untilDone } from './calls.ts';
import { tables } from './contract.ts';
import { Remembered } from './remembered.ts';

const { partition, sort, expires } = tables.series;

// In the series table, by partition key:
//   ex#<source id><day>   <hour>#<name of the bytes>   b: exemplars of that hour
const dayOf = (ms: number): number => Math.floor(ms / limits.catalogSpanMs);
const partitionOf = (sourceId: string, day: number): string => `ex#${sourceId}${day.toString(36)}`;
const hourOf = (ms: number): number => Math.floor(ms / limits.segmentSpanMs);
/** Hours since 1970, which sort as they are for as long as they have six digits. */
const hourSort = (hour: number): string => `${hour}#`;

/** Exemplars in the series table: what one ingest was told of a source and hour in one item, named by what it says. */
export const dynamoExemplars = (
  client: DynamoDBClient,
  clock: Clock,
  table: string,
  retention: Retention = usualRetention,
): Exemplars => {
  const stored = new Remembered<true>(limits.exemplarsRemembered, limits.chunkRenewMs);
  const keyOf = (sourceId: string, exemplar: Exemplar): string => `${sourceId} ${identityOf(exemplar)}`;

  const itemsOf = (sourceId: string, exemplars: readonly Exemplar[]): Row[] => {
    const hours = Map.groupBy(exemplars, ({ timestampMs }) => hourOf(timestampMs));
    return [...hours].flatMap(([hour, own]) =>
      encodeExemplars(own).map(bytes => ({
        [partition]: partitionOf(sourceId, dayOf(hour * limits.segmentSpanMs)),
        [sort]: `${hourSort(hour)}${nameOf(bytes)}`,
        b: bytes,
        [expires]: Math.ceil(((hour + 1) * limits.segmentSpanMs + retention.rawMs) / 1_000),
      })),
    );
  };

  return {
    add: async told => {
      const missing = told.map(({ source, exemplars }) => {
        const sourceId = sourceIdOf(source);
        const isNew = (each: Exemplar): boolean => stored.get(keyOf(sourceId, each), clock.nowMs()) === undefined;
        return { sourceId, exemplars: exemplars.filter(isNew) };
      });
      const items = missing.flatMap(({ sourceId, exemplars }) => itemsOf(sourceId, exemplars));
      // BatchWriteItem takes 25 puts and 16 MB.
      for (let at = 0; at < items.length; at += 25) {
        const puts = items.slice(at, at + 25).map(item => ({ PutRequest: { Item: attributesOf(item) } }));
        await untilDone('exemplars.add', clock, puts, async left => {
          const { UnprocessedItems } = await called('exemplars.add', () =>
            client.send(new BatchWriteItemCommand({ RequestItems: { [table]: [...left] } })),
          );
          return (UnprocessedItems?.[table] ?? []) as typeof puts;
        });
      }
      for (const { sourceId, exemplars } of missing)
        for (const exemplar of exemplars) stored.set(keyOf(sourceId, exemplar), true, clock.nowMs());
    },

    between: async (sourceId, fromMs, toMs) => {
      const oldestMs = Math.max(fromMs, clock.nowMs() - retention.rawMs);
      const found: Exemplar[] = [];
      for (let day = dayOf(oldestMs); day <= dayOf(toMs); day += 1) {
        await called('exemplars.between', async () => {
          const pages = paginateQuery(
            { client },
            {
              TableName: table,
              KeyConditionExpression: '#p = :p AND #s BETWEEN :first AND :last',
              FilterExpression: '#x > :now',
              ExpressionAttributeNames: { '#p': partition, '#s': sort, '#x': expires },
              ExpressionAttributeValues: attributesOf({
                ':p': partitionOf(sourceId, day),
                ':first': hourSort(hourOf(oldestMs)),
                // The sign after `#`: what comes after everything of the hour.
                ':last': `${hourOf(toMs)}$`,
                ':now': clock.nowMs() / 1_000,
              }),
            },
          );
          for await (const { Items = [] } of pages) {
            for (const { b } of Items.map(rowOf)) {
              const read = decodeExemplars(b as Uint8Array);
              // An observation among many: what is broken is left out.
              if (read.ok) found.push(...read.exemplars);
            }
          }
        });
      }
      return eachOnce(found).filter(({ timestampMs }) => timestampMs >= oldestMs && timestampMs <= toMs);
    },
  };
};
