import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CollectorProcess } from '../paths/collector-process.ts';
import { Shop } from './town.ts';

// A small town to look at: `node test/page/demo.ts` starts a collector with targets, pushers, jobs, and some who have died.

const folder = process.env['SLUICE_DATA'] ?? mkdtempSync(join(tmpdir(), 'sluice-demo-'));
mkdirSync(folder, { recursive: true });
const rules = join(folder, 'shops.yml');
writeFileSync(
  rules,
  `groups:
- name: shops
  interval: 15s
  rules:
  - record: job:http_requests:rate1m
    expr: sum by (job) (rate(http_requests_total[1m]))
  - alert: ManyErrors
    expr: sum by (job, instance) (rate(http_requests_total{code="500"}[1m])) > 0.1
    annotations: { summary: "{{ $labels.job }} fails {{ $value | humanize }} times a second" }
`,
);
const collector = await CollectorProcess.on(folder, {
  SLUICE_RULES: rules,
  ...(process.env['SLUICE_KEYS'] && { SLUICE_KEYS: process.env['SLUICE_KEYS'] }),
});
await collector.start();
const shops = await Promise.all(Array.from({ length: 6 }, () => Shop.open()));
const jobs = ['checkout', 'checkout', 'catalogue', 'search', 'payments', 'mail'];
for (const [at, shop] of shops.entries())
  await collector.sluice('targets', 'add', shop.url, '--job', jobs[at]!, '--interval', at < 3 ? '5s' : '15s');
await collector.sluice('targets', 'add', 'http://127.0.0.1:9/metrics', '--job', 'warehouse', '--interval', '10s');
await collector.sluice('heartbeats', 'add', '--job', 'nightly-report', '--interval', '24h', '--grace', '30m');
await collector.sluice('heartbeats', 'add', '--job', 'invoices', '--interval', '10s', '--grace', '5s');
await collector.sluice('heartbeats', 'add', '--job', 'thumbnails', '--interval', '60s', '--grace', '35s');
await collector.sluice('heartbeats', 'add', '--job', 'old-import', '--interval', '1h', '--grace', '5m');
await collector.sluice('heartbeats', 'pause', '--job', 'old-import');
await collector.sluice('heartbeats', 'add', '--job', 'backup', '--interval', '60s', '--grace', '35s');
await collector.sluice('heartbeats', 'snooze', '--job', 'thumbnails', '--for', '8h');
let beat = 0;
const ping = (path: string): Promise<unknown> => fetch(`${collector.url}/ping/${path}`).then(answer => answer.text());
const push = async (): Promise<void> => {
  beat += 1;
  await collector.push('/v1/push?job=thumbnails', `thumbnails_made_total ${beat * 7}\n`);
  await collector.push('/v1/push?job=lambda-resize&instance=eu-1', `resize_seconds ${0.2 + Math.sin(beat / 9) / 10}\n`);
  if (beat % 40 < 20) await collector.push('/v1/push?job=invoices', `invoices_sent_total ${beat}\n`);
  if (beat === 2) await collector.push('/v1/push?job=nightly-report', 'report_rows 120394\n');
  if (beat % 10 === 5) await collector.push('/v1/push?job=broken', 'this is } no page\n');
  if (beat % 30 === 7) await collector.push('/v1/statsd?job=relay', 'hits:1|c\nhits:many|c\n');
  if (beat % 12 === 3) await ping('backup/start');
  // Some runs take longer, and one in nine fails.
  if (beat % 12 === 5 + ((beat / 12) & 3)) await ping(Math.floor(beat / 12) % 9 === 4 ? 'backup/2' : 'backup');
};
setInterval(() => void push(), 1_000);
setTimeout(() => void shops[4]!.down(), 60_000);
console.log(`${collector.url} ${folder}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    void collector.end('SIGTERM').then(() => process.exit(0));
  });
