import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { Invoke } from './functions.ts';

type Item = Record<string, AttributeValue>;
type Change = {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly key: string;
  readonly before?: Item;
  readonly after?: Item;
};

type StreamMapping = {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly keys: readonly string[];
  readonly invoke: Invoke;
  readonly batchSize: number;
  readonly print: (line: string) => void;
  readonly everyMs?: number;
};

/**
 * A table's stream, imitated on any engine: the small table is read about once a second and compared with what it was.
 * The first look is where it begins from. Answers how to end it.
 */
export const startStreamMapping = (mapping: StreamMapping): (() => Promise<void>) => {
  const { invoke, batchSize, print, everyMs = 1_000 } = mapping;
  let ended = false;
  const loop = async (): Promise<void> => {
    let before: ReadonlyMap<string, Item> | undefined;
    while (!ended) {
      try {
        const after = await itemsOf(mapping);
        const changes = before === undefined ? [] : changesBetween(before, after);
        for (let at = 0; at < changes.length; at += batchSize) {
          await invoke({ Records: changes.slice(at, at + batchSize).map(change => recordOf(change, mapping)) });
        }
        before = after;
      } catch (error) {
        // What was not handed over shows as a change again at the next look.
        if (!ended) print(`stream: ${(error as Error).message}`);
      }
      for (let waitedMs = 0; waitedMs < everyMs && !ended; waitedMs += 50)
        await new Promise(wait => setTimeout(wait, 50));
    }
  };
  const looping = loop();
  return async () => {
    ended = true;
    await looping;
  };
};

const itemsOf = async ({ client, table, keys }: StreamMapping): Promise<Map<string, Item>> => {
  const items = new Map<string, Item>();
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table, ConsistentRead: true })) {
    for (const item of Items) items.set(JSON.stringify(keys.map(key => item[key])), item);
  }
  return items;
};

const changesBetween = (before: ReadonlyMap<string, Item>, after: ReadonlyMap<string, Item>): Change[] => {
  const changes: Change[] = [];
  for (const [key, item] of after) {
    const old = before.get(key);
    if (old === undefined) changes.push({ eventName: 'INSERT', key, after: item });
    else if (canonical(old) !== canonical(item)) changes.push({ eventName: 'MODIFY', key, before: old, after: item });
  }
  for (const [key, item] of before) if (!after.has(key)) changes.push({ eventName: 'REMOVE', key, before: item });
  return changes;
};

/** The same for the same item, whatever order its attributes come in. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    each !== null && typeof each === 'object' && !Array.isArray(each) && !(each instanceof Uint8Array)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );

const recordOf = ({ eventName, before, after }: Change, { table, keys }: StreamMapping): object => ({
  eventName,
  eventSource: 'aws:dynamodb',
  eventVersion: '1.1',
  eventSourceARN: `table/${table}/stream/local`,
  dynamodb: {
    Keys: Object.fromEntries(keys.map(key => [key, (after ?? before)?.[key]])),
    ...(after && { NewImage: after }),
    ...(before && { OldImage: before }),
    StreamViewType: 'NEW_AND_OLD_IMAGES',
  },
});
