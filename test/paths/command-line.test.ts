import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CollectorProcess, eventually } from './collector-process.ts';

// Keys and status by the command line, on a real collector that asks for keys.

let data: string;
let collector: CollectorProcess;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'sluice-command-line-'));
  collector = await CollectorProcess.on(data, { SLUICE_KEYS: 'required' });
  await collector.start();
}, 90_000);
afterAll(async () => {
  await collector.end('SIGINT');
  rmSync(data, { recursive: true, force: true });
});

const push = async (job: string, headers: Record<string, string> = {}): Promise<number> => {
  const answer = await fetch(`${collector.url}/v1/push?job=${job}`, { method: 'POST', body: 'orders 1\n', headers });
  await answer.body?.cancel();
  return answer.status;
};

test('a key is made, good for its jobs, listed without its secret, and revoked', async () => {
  expect(await push('shop')).toBe(401);
  const key = (await collector.sluice('keys', 'create', '--job', 'shop')).trim();
  expect(key).toMatch(/^[A-Za-z0-9]{64}$/);
  expect(await push('shop', { authorization: `Bearer ${key}` })).toBe(200);
  expect(await push('bank', { authorization: `Bearer ${key}` })).toBe(403);
  const listed = await collector.sluice('keys', 'list');
  expect(listed).toContain(`${key.slice(0, 16)}  shop`);
  expect(listed).not.toContain(key.slice(16));
  expect(await collector.sluice('keys', 'revoke', key.slice(0, 16))).toBe(`revoked ${key.slice(0, 16)}\n`);
  await expect(collector.sluice('keys', 'revoke', key.slice(0, 16))).rejects.toThrow('no key begins with');
  expect(collector.output).not.toContain(key.slice(16));
});

test('status tells what came in, what was refused, and that it all adds up', async () => {
  const status = await eventually(
    20_000,
    async () => JSON.parse(await collector.sluice('status', '--json')) as Record<string, number>,
    ({ Accepted = 0, Stored = 0 }) => Accepted > 0 && Stored === Accepted,
  );
  expect(status).toMatchObject({ Accepted: 1, Stored: 1, Pushes: 1, Refused: 2, buffered: 0 });
  const text = await collector.sluice('status');
  expect(text).toContain('1 accepted');
  expect(text).toContain('= 1 stored + 0 merged + 0 quarantined + 0 on their way');
  expect(text).toContain('targets     none');
}, 30_000);
