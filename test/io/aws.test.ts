import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe } from 'vitest';
import { awsBlocks } from '../../io/aws/blocks.ts';
import { systemClock } from '../../io/aws/connect.ts';
import { tables } from '../../io/aws/contract.ts';
import { dynamoExemplars } from '../../io/aws/exemplars.ts';
import { dynamoFamilies } from '../../io/aws/families.ts';
import { dynamoHeartbeats } from '../../io/aws/heartbeats.ts';
import { dynamoHistory } from '../../io/aws/history.ts';
import { sqsQueue } from '../../io/aws/queue.ts';
import { dynamoRefusals } from '../../io/aws/refusals.ts';
import { dynamoRules } from '../../io/aws/rules.ts';
import { dynamoSeries } from '../../io/aws/series.ts';
import { dynamoTargets } from '../../io/aws/targets.ts';
import { blocksContract } from './blocks.contract.ts';
import { awsClient, type Engine, hasDynoxide, makeTable, startDynalite, startDynoxide } from './embedded.ts';
import { exemplarsContract } from './exemplars.contract.ts';
import { familiesContract } from './families.contract.ts';
import { heartbeatsContract } from './heartbeats.contract.ts';
import { historyContract } from './history.contract.ts';
import { queueContract } from './queue.contract.ts';
import { refusalsContract } from './refusals.contract.ts';
import { rulesContract } from './rules.contract.ts';
import { seriesContract } from './series.contract.ts';
import { targetsContract } from './targets.contract.ts';

const engines = [
  { name: 'dynoxide', start: startDynoxide, here: hasDynoxide },
  { name: 'dynalite', start: startDynalite, here: true },
];

describe.each(engines.filter(({ here }) => here))('$name', ({ name, start }) => {
  let engine: Engine;
  let objects: FauxqsServer;
  let s3: S3Client;
  let names: { heartbeats: string; targets: string; series: string; usage: string };

  beforeAll(async () => {
    engine = await start();
    objects = await startFauxqs({ port: 0, logger: false });
    s3 = new S3Client({ ...awsClient(objects.address), forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: 'blocks' }));
    names = {
      heartbeats: await makeTable(engine.client, 'heartbeats', tables.heartbeats),
      targets: await makeTable(engine.client, 'targets', tables.targets),
      series: await makeTable(engine.client, 'series', tables.series),
      usage: await makeTable(engine.client, 'usage', tables.usage),
    };
  });
  afterAll(async () => {
    s3.destroy();
    await objects.stop();
    await engine.stop();
  });

  heartbeatsContract(name, () => dynamoHeartbeats(engine.client, systemClock, names.heartbeats));
  targetsContract(name, () => dynamoTargets(engine.client, names.targets));
  blocksContract(name, () => ({
    blocks: awsBlocks({ dynamo: engine.client, s3, clock: systemClock }, names.series, 'blocks'),
    series: dynamoSeries(engine.client, systemClock, names.series),
    nowMs: Date.now(),
  }));
  seriesContract(name, () => ({ port: dynamoSeries(engine.client, systemClock, names.series), nowMs: Date.now() }));
  exemplarsContract(name, () => ({
    port: dynamoExemplars(engine.client, systemClock, names.series),
    nowMs: Math.floor(Date.now() / 86_400_000) * 86_400_000 + 43_200_000,
  }));
  refusalsContract(name, () => ({ port: dynamoRefusals(engine.client, names.usage), nowMs: Date.now() }));
  rulesContract(name, () => dynamoRules(engine.client, systemClock, names.series));
  historyContract(name, () => ({ port: dynamoHistory(engine.client, systemClock, names.series), nowMs: Date.now() }));
  familiesContract(name, () => ({ port: dynamoFamilies(engine.client, systemClock, names.series), nowMs: Date.now() }));
});

describe('fauxqs', () => {
  let server: FauxqsServer;
  let client: SQSClient;
  let queues = 0;

  beforeAll(async () => {
    server = await startFauxqs({ port: 0, logger: false });
    client = new SQSClient(awsClient(server.address));
  });
  afterAll(async () => {
    client.destroy();
    await server.stop();
  });

  queueContract('fauxqs', () => {
    queues += 1;
    const name = `queue-${queues}`;
    const url = client.send(new CreateQueueCommand({ QueueName: name, Attributes: { MaximumMessageSize: '1048576' } }));
    const port = (async () => sqsQueue(client, systemClock, (await url).QueueUrl!, 'buffer'))();
    return {
      port: { send: async messages => (await port).send(messages as never) },
      take: async () => {
        const bodies: string[] = [];
        for (;;) {
          const { Messages = [] } = await client.send(
            new ReceiveMessageCommand({ QueueUrl: (await url).QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
          );
          if (Messages.length === 0) return bodies;
          bodies.push(...Messages.map(({ Body = '' }) => Body));
        }
      },
    };
  });
});
