import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { messageNameOf } from '../../core/batch.ts';
import { labelSetOf } from '../../core/labels.ts';
import { batchesOf } from '../../core/protocol/gather.ts';
import { encodeBatch } from '../../core/segment/batch-message.ts';
import { outputs } from '../../io/aws/contract.ts';
import { CollectorProcess, eventually } from './collector-process.ts';

// What was put aside, by the command line, on a real collector.

let data: string;
let collector: CollectorProcess;
let deadLetters: (body: string) => Promise<unknown>;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'sluice-quarantine-'));
  collector = await CollectorProcess.on(data);
  await collector.start();
  const local = JSON.parse(readFileSync(join(data, 'local.json'), 'utf8'));
  const client = new SQSClient({
    endpoint: local.endpoints.sqs,
    region: local.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  deadLetters = MessageBody =>
    client.send(new SendMessageCommand({ QueueUrl: local.outputs[outputs.deadLetters], MessageBody }));
}, 90_000);
afterAll(async () => {
  await collector.end('SIGINT');
  rmSync(data, { recursive: true, force: true });
});

test('is listed, shown, replayed once however often it lies there, and thrown away', async () => {
  expect(await collector.sluice('quarantine', 'list')).toBe('nothing is quarantined\n');
  const labels = labelSetOf([
    ['__name__', 'orders'],
    ['job', 'shop'],
  ]);
  const [body = ''] = batchesOf([{ labels, value: 3, increment: {} }], {
    id: 'd',
    via: 'push',
    acceptedAtMs: Date.now(),
  }).flatMap(encodeBatch);
  const name = messageNameOf(body);
  // As it is after a replay that was cut off.
  await Promise.all([deadLetters(body), deadLetters(body), deadLetters('nonsense')]);
  const listed = JSON.parse(await collector.sluice('quarantine', 'list', '--json')) as Record<string, unknown>[];
  expect(listed.find(each => each['name'] === name)).toMatchObject({ job: 'shop', samples: 1 });
  expect(listed.find(each => each['name'] === messageNameOf('nonsense'))?.['problem']).toContain('bad_message');
  const shown = await collector.sluice('quarantine', 'show', name);
  expect(shown).toMatch(/^orders\{\} 3 20/m);
  expect(await collector.sluice('quarantine', 'show', messageNameOf('nonsense'))).toContain('begins with "nonsense"');
  const status = JSON.parse(
    await collector.sluice('status', '--json').catch((error: { stdout: string }) => error.stdout),
  ) as Record<string, unknown>;
  expect(status).toMatchObject({ quarantinedMessages: 3 });

  await expect(collector.sluice('quarantine', 'replay', messageNameOf('nonsense'))).rejects.toThrow('cannot be read');
  const replayed = await collector.sluice('quarantine', 'replay', '--all');
  expect(replayed).toContain(`replayed ${name}`);
  expect(replayed).toContain('left 1 that cannot be read');
  const values = await eventually(
    20_000,
    () => collector.values('orders'),
    found => Object.keys(found).length > 0,
  );
  expect(Object.values(values)).toEqual(['3']);
  expect(await collector.sluice('quarantine', 'remove', messageNameOf('nonsense'))).toContain('removed');
  await eventually(
    20_000,
    () => collector.sluice('quarantine', 'list'),
    text => text === 'nothing is quarantined\n',
  );
}, 120_000);

test('a receipt of a real collector says queued, and stored a few seconds later', async () => {
  const answer = await collector.push('/v1/push?job=shop', 'm 1\n');
  const { receipt } = (await answer.json()) as { receipt: string };
  expect(answer.headers.get('x-sluice-receipt')).toBe(receipt);
  const ask = async () => (await (await fetch(`${collector.url}/v1/receipts/${receipt}`)).json()) as { state: string };
  expect((await ask()).state).toBe('queued');
  await eventually(20_000, ask, ({ state }) => state === 'stored');
}, 30_000);
