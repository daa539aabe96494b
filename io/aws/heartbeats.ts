import { BatchGetItemCommand, DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type HeartbeatKey, isReservedJob } from '../../core/heartbeat/heartbeat.ts';
import type { Clock, Heartbeats, Row } from '../ports.ts';
import { attributesOf, rowOf } from './attributes.ts';
import { called, untilDone } from './calls.ts';
import { dynamoCanaries } from './canary-ring.ts';
import { dynamoCollectorRecords } from './collector-records.ts';
import { tables } from './contract.ts';
import { dynamoEvidence, runNames } from './heartbeat-evidence.ts';
import { attributesOfKey, updating } from './heartbeat-rows.ts';
import { scanned } from './rows.ts';

const { partition } = tables.heartbeats;

const isReserved = (row: Row): boolean => isReservedJob(String(row[partition]));

/** One item a source, holding promise, evidence, state and outbox: one condition covers them all. */
export const dynamoHeartbeats = (client: DynamoDBClient, clock: Clock, table: string): Heartbeats => {
  const update = updating(client, table);

  /** Sets a flag on a row that exists. */
  const mark = async (place: string, key: HeartbeatKey, attribute: string, value: boolean): Promise<void> => {
    await update(place, key, {
      UpdateExpression: 'SET #flag = :value',
      ConditionExpression: 'attribute_exists(#job)',
      ExpressionAttributeNames: { '#flag': attribute, '#job': partition },
      ExpressionAttributeValues: attributesOf({ ':value': value }),
    });
  };

  return {
    all: async () => (await scanned(client, table, 'heartbeats.all')).filter(row => !isReserved(row)),

    get: async keys => {
      const rows: Row[] = [];
      // BatchGetItem takes 100 keys, none of them twice.
      const unique = [
        ...new Map(keys.map(key => [JSON.stringify([key.job, key.instance]), attributesOfKey(key)])).values(),
      ];
      for (let at = 0; at < unique.length; at += 100) {
        await untilDone('heartbeats.get', clock, unique.slice(at, at + 100), async left => {
          const answer = await called('heartbeats.get', () =>
            client.send(
              new BatchGetItemCommand({ RequestItems: { [table]: { Keys: [...left], ConsistentRead: true } } }),
            ),
          );
          rows.push(...(answer.Responses?.[table] ?? []).map(rowOf));
          return answer.UnprocessedKeys?.[table]?.Keys ?? [];
        });
      }
      return rows;
    },

    ...dynamoEvidence(client, clock, table),

    pause: (key, paused) => mark('heartbeats.pause', key, 'paused', paused),

    snooze: async (key, untilMs) => {
      const until = untilMs === undefined ? undefined : new Date(untilMs).toISOString();
      await update('heartbeats.snooze', key, {
        UpdateExpression: until === undefined ? 'REMOVE #snooze' : 'SET #snooze = :until',
        ConditionExpression: 'attribute_exists(#job)',
        ExpressionAttributeNames: { '#snooze': 'snoozeUntil', '#job': partition },
        ...(until !== undefined && { ExpressionAttributeValues: attributesOf({ ':until': until }) }),
      });
    },

    retire: (key, retired) => mark('heartbeats.retire', key, 'retired', retired),

    change: (seen, { flip, forgetsRun, ...set }) => {
      const names: Record<string, string> = { '#epoch': 'epoch', '#pending': 'pending' };
      const values: Record<string, unknown> = {
        ':epoch': seen.epoch + 1,
        ':flips': flip === undefined ? [] : [flip],
        ':none': [],
      };
      const sets = ['#epoch = :epoch', '#pending = list_append(if_not_exists(#pending, :none), :flips)'];
      for (const [name, value] of Object.entries(set)) {
        names[`#s_${name}`] = name;
        values[`:s_${name}`] = value;
        sets.push(`#s_${name} = :s_${name}`);
      }
      const unchanged = (name: string, value: number | undefined): string => {
        names[`#c_${name}`] = name;
        if (value === undefined) return `attribute_not_exists(#c_${name})`;
        values[`:c_${name}`] = value;
        return `#c_${name} = :c_${name}`;
      };
      const condition = [
        unchanged('epoch', seen.epoch === 0 ? undefined : seen.epoch),
        unchanged('lastAcceptMs', seen.lastAcceptMs),
        unchanged('answeredMs', seen.answeredMs),
        'attribute_exists(#job)',
      ].join(' AND ');
      return update('heartbeats.change', seen.key, {
        UpdateExpression: `SET ${sets.join(', ')}${forgetsRun ? ` REMOVE ${runNames.join(', ')}` : ''}`,
        ConditionExpression: condition,
        ExpressionAttributeNames: { ...names, '#job': partition },
        ExpressionAttributeValues: attributesOf(values),
      });
    },

    announced: async (key, epoch) => {
      // Entries are announced oldest first, so the one to take out is at the head, or already gone.
      await update('heartbeats.announced', key, {
        UpdateExpression: 'REMOVE #pending[0]',
        ConditionExpression: '#pending[0].#epoch = :epoch',
        ExpressionAttributeNames: { '#pending': 'pending', '#epoch': 'epoch' },
        ExpressionAttributeValues: attributesOf({ ':epoch': epoch }),
      });
    },

    note: async (key, problem, atMs) => {
      await update('heartbeats.note', key, {
        UpdateExpression:
          problem === null ? 'REMOVE problem, checkedAtMs' : 'SET problem = :problem, checkedAtMs = :atMs',
        ConditionExpression: 'attribute_exists(#job)',
        ExpressionAttributeNames: { '#job': partition },
        ...(problem !== null && { ExpressionAttributeValues: attributesOf({ ':problem': problem, ':atMs': atMs }) }),
      });
    },

    expect: async (key, promise) => {
      const all = Object.entries(promise).filter(([, value]) => value !== undefined);
      const sets = all.filter(([, value]) => value !== null);
      const removes = all.filter(([, value]) => value === null);
      await update('heartbeats.expect', key, {
        UpdateExpression: [
          ...(sets.length > 0 ? [`SET ${sets.map(([name]) => `#${name} = :${name}`).join(', ')}`] : []),
          ...(removes.length > 0 ? [`REMOVE ${removes.map(([name]) => `#${name}`).join(', ')}`] : []),
        ].join(' '),
        ExpressionAttributeNames: Object.fromEntries(all.map(([name]) => [`#${name}`, name])),
        ...(sets.length > 0 && {
          ExpressionAttributeValues: attributesOf(Object.fromEntries(sets.map(([name, value]) => [`:${name}`, value]))),
        }),
      });
    },

    put: async row => {
      await called('heartbeats.put', () =>
        client.send(new PutItemCommand({ TableName: table, Item: attributesOf(row) })),
      );
    },

    remove: async key => {
      const { Attributes } = await called('heartbeats.remove', () =>
        client.send(new DeleteItemCommand({ TableName: table, Key: attributesOfKey(key), ReturnValues: 'ALL_OLD' })),
      );
      return Attributes !== undefined;
    },

    ...dynamoCanaries(client, table),

    ...dynamoCollectorRecords(client, table),
  };
};
