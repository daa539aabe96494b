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

test('a key may be for some protocols, and take forged jobs as its own', async () => {
  await expect(collector.sluice('keys', 'create', '--protocols', 'smoke')).rejects.toThrow('protocols.0');
  const made = await collector.sluice('keys', 'create', '--job', 'cart', '--protocols', 'statsd,push', '--rename');
  const headers = { 'dd-api-key': made.trim() };
  const send = async (path: string, body: string): Promise<number> => {
    const answer = await fetch(`${collector.url}${path}`, { method: 'POST', body, headers });
    await answer.body?.cancel();
    return answer.status;
  };
  expect(await send('/v1/statsd', 'hits:1|c')).toBe(200);
  expect(await send('/v1/push?job=bank', 'x 1\n')).toBe(200);
  expect(await send('/write', 'm v=1')).toBe(403);
  expect(await collector.sluice('keys', 'list')).toContain('statsd push');
  expect(await collector.sluice('keys', 'revoke', made.slice(0, 16))).toContain('revoked');
}, 60_000);

test('status tells what came in, what was refused, and that it all adds up', async () => {
  const status = await eventually(
    20_000,
    async () => JSON.parse(await collector.sluice('status', '--json')) as Record<string, number>,
    ({ Accepted = 0, Stored = 0 }) => Accepted > 0 && Stored === Accepted,
  );
  expect(status).toMatchObject({ Accepted: 3, Stored: 3, Pushes: 3, Refused: 3, buffered: 0 });
  const asked = await fetch(`${collector.url}/api/v1/query?query=up`);
  // The catalog at least was looked at, in the real table.
  expect(Number(asked.headers.get('x-sluice-read-units'))).toBeGreaterThan(0);
  expect(asked.headers.get('x-sluice-object-reads')).toBe('0');
  const text = await collector.sluice('status');
  expect(text).toContain('3 accepted');
  expect(text).toContain('push shop: 1 samples in 1 pushes, refused ');
  expect(text).toContain('statsd cart: 1 samples in 1 pushes, refused 0 pushes');
  expect(text).toContain('= 3 stored + 0 merged + 0 quarantined + 0 on their way');
  expect(text).toContain('targets     none');
}, 30_000);
