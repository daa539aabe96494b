import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { Fault } from '../../core/fault.ts';
import { type HeartbeatKey, isNewsIn, isReservedJob, missAttribute } from '../../core/heartbeat/heartbeat.ts';
import { latesOf } from '../../core/heartbeat/missed.ts';
import { pingedAt, type Run } from '../../core/heartbeat/ping.ts';
import { limits } from '../../core/limits.ts';
import type { Clock, Heartbeats } from '../ports.ts';
import { attributesOf, rowOf } from './attributes.ts';
import { called, calledIf } from './calls.ts';
import { tables } from './contract.ts';
import { attributesOfKey, updating } from './heartbeat-rows.ts';
import { Remembered } from './remembered.ts';

const { partition } = tables.heartbeats;

/** What a run said of itself. */
export const runNames = ['startedMs', 'runId', 'failedMs', 'failedDetail'] as const;

/** What sources are known by: that they were heard, what they said, and what they failed at. */
export const dynamoEvidence = (
  client: DynamoDBClient,
  clock: Clock,
  table: string,
): Pick<Heartbeats, 'heard' | 'answered' | 'pinged' | 'failed' | 'refused'> => {
  const registered = new Remembered<boolean>(limits.heartbeatDirectorySources, limits.heartbeatDirectoryMs);
  const update = updating(client, table);

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
    heard: async (keys, atMs) => filtered(await filtered(keys, exists), key => later(key, 'lastAcceptMs', atMs)),

    answered: (keys, slotMs) => filtered(keys, key => later(key, 'answeredMs', slotMs)),

    pinged: async (key, ping, atMs, detail) => {
      const run = ['lastAcceptMs', ...runNames, 'paused'] as const;
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
  };
};
