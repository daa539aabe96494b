import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CollectorProcess, eventually } from './collector-process.ts';

// Secrets of targets on a real collector: granted by the stack, enforced at home, shown to their own hosts, in no line it prints.

let folder: string;
let collector: CollectorProcess;
let server: Server;
let port = 0;
const shown = new Map<string, string | undefined>();

const password = 'correct-horse-battery';

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '';
    shown.set(path, request.headers.authorization);
    if (request.headers.authorization === undefined) response.writeHead(401).end();
    else response.setHeader('content-type', 'text/plain').end(`m{path="${path}"} 1\n`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  folder = mkdtempSync(join(tmpdir(), 'sluice-scrape-secrets-'));
  const hosts = [`127.0.0.1:${port}`];
  const secrets = {
    'scrapes/shop': { text: password, hosts },
    '/scrapes/bank': { text: password, hosts },
    'scrapes/other': { text: password, hosts: ['other.example'] },
  };
  writeFileSync(join(folder, 'given.json'), JSON.stringify(secrets));
  collector = await CollectorProcess.on(join(folder, 'data'), { SLUICE_SECRETS: join(folder, 'given.json') });
  await collector.start();
}, 90_000);
afterAll(async () => {
  await collector.end('SIGINT');
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

test('a target is shown its own secret, and another is down with the reason', async () => {
  const config = {
    global: { scrape_interval: '5s', scrape_timeout: '4s' },
    scrape_configs: [
      {
        job_name: 'shop',
        metrics_path: '/shop',
        basic_auth: { username: 'u', password: 'left behind' },
        static_configs: [{ targets: [`127.0.0.1:${port}`] }],
      },
    ],
  };
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  expect(await collector.sluice('targets', 'import', join(folder, 'prometheus.yml'))).toContain(
    'took 1 targets, 1 notes',
  );
  const add = (path: string, job: string, auth: string) =>
    collector.sluice(
      'targets',
      'add',
      `http://127.0.0.1:${port}${path}`,
      '--job',
      job,
      '--interval',
      '5s',
      '--auth',
      auth,
    );
  await add('/bank', 'bank', 'bearer:/scrapes/bank');
  await add('/other', 'other', 'bearer:scrapes/other');
  const up = await eventually(
    40_000,
    () => collector.values('up'),
    values => Object.keys(values).length === 3,
  );
  const instance = `127.0.0.1:${port}`;
  expect(up).toEqual({
    [`up${JSON.stringify({ instance, job: 'shop' })}`]: '1',
    [`up${JSON.stringify({ instance, job: 'bank' })}`]: '1',
    [`up${JSON.stringify({ instance, job: 'other' })}`]: '0',
  });
  expect(shown.get('/shop')).toBe(`Basic ${Buffer.from(`u:${password}`).toString('base64')}`);
  expect(shown.get('/bank')).toBe(`Bearer ${password}`);
  expect(shown.has('/other')).toBe(false);
  const list = await (await fetch(`${collector.url}/api/v1/targets`)).text();
  expect(list).toContain('SCRAPE_AUTH: the secret scrapes/other is not for 127.0.0.1');
  expect(list + collector.output).not.toContain(password);
}, 70_000);
