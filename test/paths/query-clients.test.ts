import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../io/embedded.ts';
import { CollectorProcess, eventually } from './collector-process.ts';

// Programs that other people wrote ask the collector: Prometheus's promtool, VictoriaMetrics' vmalert.

const promtool = '/usr/bin/promtool';
const vmalert = '/usr/bin/vmalert';
const missing = [promtool, vmalert].filter(program => !existsSync(program));
if (missing.length > 0) console.log(`skipped: no ${missing.join(' and no ')}`);

const folder = mkdtempSync(join(tmpdir(), 'sluice-clients-'));
let collector: CollectorProcess;

const run = async (...words: string[]): Promise<string> => (await promisify(execFile)(promtool, words)).stdout;

beforeAll(async () => {
  if (missing.length === 2) return;
  collector = await CollectorProcess.on(join(folder, 'data'));
  await collector.start();
  const lines = ['orders_total{kind="web"} 7', 'orders_total{kind="shop"} 5', 'warmth 21.5'];
  const pushed = await fetch(`${collector.url}/v1/push?job=shop`, { method: 'POST', body: `${lines.join('\n')}\n` });
  expect(pushed.status).toBe(200);
  await eventually(
    20_000,
    () => collector.values('{job="shop"}'),
    values => Object.keys(values).length === 3,
  );
}, 90_000);

afterAll(async () => {
  await collector?.end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(missing.includes(promtool))('promtool', () => {
  test('queries an instant', async () => {
    const text = await run('query', 'instant', collector.url, 'sum by (kind) (orders_total) > 6');
    expect(text).toMatch(/^\{kind="web"\} => 7 @\[[\d.]+\]\n$/);
    expect(await run('query', 'instant', collector.url, '1 / 0')).toMatch(/^scalar: \+Inf @\[[\d.]+\]\n$/);
  });

  test('queries a range', async () => {
    const seconds = Math.floor(Date.now() / 1_000);
    const span = [`--start=${seconds - 60}`, `--end=${seconds}`, '--step=15s'];
    const text = await run('query', 'range', ...span, collector.url, 'max(warmth * 2)');
    expect(text).toContain('{} =>\n43 @[');
  });

  test('asks for series and labels', async () => {
    expect((await run('query', 'series', '--match=orders_total', collector.url)).trim().split('\n').sort()).toEqual([
      '{__name__="orders_total", job="shop", kind="shop"}',
      '{__name__="orders_total", job="shop", kind="web"}',
    ]);
    expect(await run('query', 'labels', collector.url, 'kind')).toBe('shop\nweb\n');
  });

  test('shows what is wrong with a query', async () => {
    const failed = await run('query', 'instant', collector.url, 'sum(').catch(
      (error: { stderr: string }) => error.stderr,
    );
    expect(failed).toContain('parse error: unclosed left parenthesis');
  });
});

test.skipIf(missing.includes(vmalert))('vmalert evaluates rules on it', { timeout: 60_000 }, async () => {
  const rules = join(folder, 'rules.yml');
  const lines = [
    ...['groups:', '- name: shop', '  rules:'],
    ...['  - alert: Warm', '    expr: warmth > 20', '    annotations: { value: "{{ $value }} in {{ $labels.job }}" }'],
    ...['  - alert: Gone', '    expr: absent(orders_total{kind="mail"})'],
    ...['  - alert: Never', '    expr: rate(orders_total[5m]) > 100'],
  ];
  writeFileSync(rules, lines.join('\n'));
  type Alert = {
    readonly labels: { readonly alertname: string };
    readonly annotations: Readonly<Record<string, string>>;
  };
  const rung = new Map<string, Alert>();
  const notified = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    for (const alert of JSON.parse(Buffer.concat(chunks).toString()) as Alert[])
      rung.set(alert.labels.alertname, alert);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(notified, 'listening');
  const child = spawn(
    vmalert,
    [
      `-datasource.url=${collector.url}`,
      `-rule=${rules}`,
      `-httpListenAddr=127.0.0.1:${await freePort()}`,
      `-notifier.url=http://127.0.0.1:${(notified.address() as AddressInfo).port}`,
      '-evaluationInterval=1s',
    ],
    { stdio: 'ignore' },
  );
  try {
    await eventually(
      30_000,
      async () => [...rung.keys()],
      names => names.length >= 2,
    );
    expect([...rung.keys()].sort()).toEqual(['Gone', 'Warm']);
    expect(rung.get('Warm')?.annotations).toEqual({ value: '21.5 in shop' });
    expect(rung.get('Gone')?.labels).toMatchObject({ kind: 'mail' });
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    notified.close();
  }
});
