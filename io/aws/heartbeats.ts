import {
  BatchGetItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { Fault } from '../../core/fault.ts';
import { type HeartbeatKey, isNewsIn, isReservedJob, missAttribute } from '../../core/heartbeat/heartbeat.ts';
import { latesOf } from '../../core/heartbeat/missed.ts';
import { pingedAt, type Run } from '../../core/heartbeat/ping.ts';
import type { CollectorRecord } from '../../core/heartbeat/silence.ts';
import { limits } from '../../core/limits.ts';
import type { Clock, Heartbeats, Row } from '../ports.ts';
import { type Attributes, attributesOf, rowOf } from './attributes.ts';
import { called, calledIf, untilDone } from './calls.ts';
import { dynamoCanaries } from './canary-ring.ts';
import { tables } from './contract.ts';
import { Remembered } from './remembered.ts';
import { scanned } from './rows.ts';

const { partition, sort } = tables.heartbeats;

/** Our own records live beside the others under names that no producer can have. */
const collectorKey: HeartbeatKey = { job: '__sluice', instance: 'check' };
/** What a run said of itself. */
const runNames = ['startedMs', 'runId', 'failedMs', 'failedDetail'] as const;
const planKey: HeartbeatKey = { job: '__sluice', instance: 'plan' };

const attributesOfKey = ({ job, instance }: HeartbeatKey): Attributes =>
  attributesOf({ [partition]: job, [sort]: instance });

const isReserved = (row: Row): boolean => isReservedJob(String(row[partition]));

/** One item a source, holding promise, evidence, state and outbox: one condition covers them all. */
export const dynamoHeartbeats = (client: DynamoDBClient, clock: Clock, table: string): Heartbeats => {
  const registered = new Remembered<boolean>(limits.heartbeatDirectorySources, limits.heartbeatDirectoryMs);

  const update = (
    place: string,
    key: HeartbeatKey,
    input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>,
  ): Promise<boolean> =>
    calledIf(place, () =>
      client.send(new UpdateItemCommand({ TableName: table, Key: attributesOfKey(key), ...input })),
    );

  /** Sets a flag on a row that exists. */
  const mark = async (place: string, key: HeartbeatKey, attribute: string, value: boolean): Promise<void> => {
    await update(place, key, {
      UpdateExpression: 'SET #flag = :value',
      ConditionExpression: 'attribute_exists(#job)',
      ExpressionAttributeNames: { '#flag': attribute, '#job': partition },
      ExpressionAttributeValues: attributesOf({ ':value': value }),
    });
  };

  /** Sets a time that only ever grows, on a row that exists; tells whether that is news to the checker. */
  const later = async (key: HeartbeatKey, attribute: 'lastAcceptMs' | 'answeredMs', atMs: number): Promise<boolean> => {
    let isNews = false;
    let lates: Readonly<Record<string, number>> = {};
    await calledIf(`heartbeats.${attribute}`, async () => {
      const { Attributes: old } = await client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: attributesOfKey(key),
          UpdateExpression: 'SET #at = :at',
          ConditionExpression: 'attribute_exists(#job) AND (attribute_not_exists(#at) OR #at < :at)',
          ExpressionAttributeNames: { '#at': attribute, '#job': partition },
          ExpressionAttributeValues: attributesOf({ ':at': atMs }),
          ReturnValues: 'ALL_OLD',
        }),
      );
      isNews = isNewsIn(old?.['state']?.S);
      // Of few rows, and of them only after a gap: the time before the sign of life is judged by what was there then.
      if (attribute === 'lastAcceptMs' && old?.['failures'] !== undefined) lates = latesOf(rowOf(old), atMs);
    });
    const missed = Object.entries(lates);
    if (missed.length > 0)
      await update('heartbeats.lates', key, {
        UpdateExpression: `SET ${missed.map(([name]) => `${name} = :${name}`).join(', ')}`,
        ConditionExpression: 'attribute_exists(#job)',
        ExpressionAttributeNames: { '#job': partition },
        ExpressionAttributeValues: attributesOf(Object.fromEntries(missed.map(([name, value]) => [`:${name}`, value]))),
      });
    return isNews;
  };

  const exists = async (key: HeartbeatKey): Promise<boolean> => {
    // Our own records are nobody's heartbeat, whatever a producer calls itself.
    if (isReservedJob(key.job)) return false;
    const id = JSON.stringify([key.job, key.instance]);
    const known = registered.get(id, clock.nowMs());
    if (known !== undefined) return known;
    const { Item } = await called('heartbeats.get', () =>
      client.send(
        new GetItemCommand({
          TableName: table,
          Key: attributesOfKey(key),
          ProjectionExpression: '#job',
          ExpressionAttributeNames: { '#job': partition },
        }),
      ),
    );
    registered.set(id, Item !== undefined, clock.nowMs());
    return Item !== undefined;
  };

  const filtered = async (
    keys: readonly HeartbeatKey[],
    holds: (key: HeartbeatKey) => Promise<boolean>,
  ): Promise<HeartbeatKey[]> => {
    const answers = await Promise.all(keys.map(holds));
    return keys.filter((_, index) => answers[index]);
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

    heard: async (keys, atMs) => filtered(await filtered(keys, exists), key => later(key, 'lastAcceptMs', atMs)),

    answered: (keys, slotMs) => filtered(keys, key => later(key, 'answeredMs', slotMs)),

    pinged: async (key, ping, atMs, detail) => {
      const run = ['lastAcceptMs', 'startedMs', 'runId', 'failedMs', 'failedDetail', 'paused'] as const;
      for (let round = 1; ; round += 1) {
        const { Item } = await called('heartbeats.pinged', () =>
          client.send(new GetItemCommand({ TableName: table, Key: attributesOfKey(key), ConsistentRead: true })),
        );
        if (Item === undefined || isReservedJob(key.job)) return { isKnown: false };
        const row = rowOf(Item) as Run;
        const { run: next, ...took } = pingedAt(row, ping, atMs, detail);
        const names = Object.fromEntries(run.map(name => [`#${name}`, name]));
        const values: Record<string, unknown> = {};
        const [sets, removes, same]: [string[], string[], string[]] = [[], [], []];
        for (const name of run) {
          if (row[name] === undefined) same.push(`attribute_not_exists(#${name})`);
          else {
            values[`:old_${name}`] = row[name];
            same.push(`#${name} = :old_${name}`);
          }
          if (next[name] === undefined) removes.push(`#${name}`);
          else {
            values[`:new_${name}`] = next[name];
            sets.push(`#${name} = :new_${name}`);
          }
        }
        const isDone = await update('heartbeats.pinged', key, {
          UpdateExpression: [
            sets.length > 0 ? `SET ${sets.join(', ')}` : '',
            removes.length > 0 ? `REMOVE ${removes.join(', ')}` : '',
          ].join(' '),
          ConditionExpression: `attribute_exists(#job) AND ${same.join(' AND ')}`,
          ExpressionAttributeNames: { ...names, '#job': partition },
          ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: attributesOf(values) }),
        });
        if (isDone) return { isKnown: true, ...took };
        if (round === limits.serviceTries)
          throw new Fault('contended', `heartbeats.pinged: the row of ${key.job} keeps changing`, { retryable: true });
      }
    },

    failed: async (key, { slotMs, ...failure }) => {
      const miss = missAttribute(slotMs, failure.intervalMs);
      const names = { '#failing': 'failing', '#last': 'lastSlotMs', '#miss': miss };
      const goesOn = await update('heartbeats.failed', key, {
        UpdateExpression:
          'SET #miss = :slot, #failing.#last = :slot, #failing.#reason = :reason, #failing.#detail = :detail',
        ConditionExpression: '#failing.#last = :before',
        ExpressionAttributeNames: { ...names, '#reason': 'reason', '#detail': 'detail' },
        ExpressionAttributeValues: attributesOf({
          ':slot': slotMs,
          ':before': slotMs - failure.intervalMs,
          ':reason': failure.reason,
          ':detail': failure.detail,
        }),
      });
      if (goesOn) return;
      await update('heartbeats.failed', key, {
        UpdateExpression: 'SET #failing = :failing, #miss = :slot',
        ConditionExpression: 'attribute_not_exists(#failing) OR #failing.#last < :slot',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: attributesOf({
          ':failing': { ...failure, firstSlotMs: slotMs, lastSlotMs: slotMs },
          ':slot': slotMs,
        }),
      });
    },

    refused: async (keys, refusal) => {
      await filtered(await filtered(keys, exists), async key => {
        await update('heartbeats.refused', key, {
          UpdateExpression: 'SET #refused = :refused',
          ConditionExpression: 'attribute_exists(#job)',
          ExpressionAttributeNames: { '#refused': 'refused', '#job': partition },
          ExpressionAttributeValues: attributesOf({ ':refused': refusal }),
        });
        return true;
      });
    },

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
            Item: attributesOf({
              [partition]: collectorKey.job,
              [sort]: collectorKey.instance,
              epoch: next.epoch,
              record: next,
            }),
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
