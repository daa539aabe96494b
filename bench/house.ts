import { BatchWriteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import type { Batch } from '../core/batch.ts';
import { usualRetention } from '../core/retention.ts';
import { encodeBatch } from '../core/segment/batch-message.ts';
import { compact } from '../functions/compact.ts';
import { ingest } from '../functions/ingest.ts';
import { SeriesReader } from '../functions/reading.ts';
import { RollupReader } from '../functions/rollup-reading.ts';
import { awsBlocks } from '../io/aws/blocks.ts';
import { tables } from '../io/aws/contract.ts';
import { dynamoFamilies } from '../io/aws/families.ts';
import { dynamoSeries } from '../io/aws/series.ts';
import { VirtualClock } from '../io/memory/clock.ts';
import { awsClient, hasDynoxide, makeTable, startDynalite, startDynoxide } from '../test/io/embedded.ts';
import { itemBytes, writeUnitsOf } from './item-sizes.ts';

/** Bytes and write units of items by kind: `s`, `chunk`, `catalog`, `blocks`, `late`, `merged`. */
export type Written = Map<string, { items: number; bytes: number; units: number }>;

/** The shipped handlers and ports on the embedded DynamoDB and S3, counting every item they write. */
export const startHouse = async () => {
  const engine = await (hasDynoxide ? startDynoxide() : startDynalite());
  const objects = await startFauxqs({ port: 0, logger: false });
  const s3 = new S3Client({ ...awsClient(objects.address), forcePathStyle: true });
  let houses = 0;
  return {
    engineName: hasDynoxide ? 'dynoxide' : 'dynalite',
    /** A house with a table and a bucket of its own. */
    house: async (startMs: number, workers = 1) => {
      houses += 1;
      const table = await makeTable(engine.client, `series-${houses}`, tables.series);
      const bucket = `blocks-${houses}`;
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      const clock = new VirtualClock(startMs);
      const written: Written = new Map();
      const client = counting(engine.client, written);
      const log = {
        write: (level: string, text: string, details = {}) =>
          level === 'error' && failures.push(`${text} ${JSON.stringify(details)}`),
      };
      const failures: string[] = [];
      const portsOf = () => ({
        clock,
        log,
        measures: { tell: () => {}, about: () => {}, flush: () => {} },
        mirror: { chosen: [], show: () => {} },
        passedOn: undefined,
        series: dynamoSeries(client, clock, table),
        retention: usualRetention,
        families: dynamoFamilies(client, clock, table),
        blocks: awsBlocks({ dynamo: client, s3, clock }, table, bucket),
      });
      const all = Array.from({ length: workers }, portsOf);
      const ingests = all.map(ports => ingest(ports));
      let turn = 0;
      let handlerMs = 0;
      return {
        written,
        failures,
        used: () => all.map(({ series }) => series.used()),
        handlerMs: () => handlerMs,
        at: (nowMs: number) => clock.moveTo(nowMs),
        /** Hands batches to one of the workers, as the queue would. */
        store: async (batches: readonly Batch[]) => {
          const Records = batches.flatMap(encodeBatch).map((body, at) => ({ messageId: String(at), body }));
          const began = cpuMs();
          const handler = ingests[(turn * 7) % workers]!;
          turn += 1;
          const { batchItemFailures } = (await handler({ Records } as never, {} as never)) as {
            batchItemFailures: unknown[];
          };
          handlerMs += cpuMs() - began;
          if (batchItemFailures.length > 0) throw new Error(`not stored: ${failures.join()}`);
        },
        merge: async () => {
          const ports = portsOf();
          const began = cpuMs();
          await compact(ports)({} as never, {} as never);
          if (failures.length > 0) throw new Error(failures.join());
          const [a, b] = [ports.series.used(), ports.blocks.used()];
          return { ...b, readUnits: a.readUnits + b.readUnits, ms: cpuMs() - began };
        },
        reader: () => new SeriesReader(portsOf()),
        rollupReader: () => new RollupReader(portsOf()),
      };
    },
    stop: async () => {
      s3.destroy();
      await objects.stop();
      await engine.stop();
    },
  };
};

/** CPU time, because the machine may have others to serve. */
export const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** The same client, each item it puts weighed by DynamoDB's rules. */
const counting = (client: DynamoDBClient, written: Written): DynamoDBClient =>
  new Proxy(client, {
    get: (target, name, receiver) => {
      if (name !== 'send') return Reflect.get(target, name, receiver);
      return (command: Parameters<DynamoDBClient['send']>[0]) => {
        const items =
          command instanceof PutItemCommand
            ? [command.input.Item]
            : command instanceof BatchWriteItemCommand
              ? Object.values(command.input.RequestItems ?? {}).flatMap(all =>
                  all.map(({ PutRequest }) => PutRequest?.Item),
                )
              : [];
        for (const item of items) {
          if (item === undefined) continue;
          const kind = item[tables.series.partition]?.S?.split('#')[0] ?? '';
          const sum = written.get(kind) ?? { items: 0, bytes: 0, units: 0 };
          written.set(kind, sum);
          const bytes = itemBytes(item);
          sum.items += 1;
          sum.bytes += bytes;
          sum.units += writeUnitsOf(bytes);
        }
        return target.send(command);
      };
    },
  });
