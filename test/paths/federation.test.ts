import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../io/embedded.ts';
import { memoryBuilding } from './building.ts';
import { CollectorProcess, eventually } from './collector-process.ts';

const startMs = Date.UTC(2026, 5, 1);

const shop = async () => {
  const house = memoryBuilding({ startMs });
  const lines = ['b_total{kind="web"} 1234567', 'a 0.00001', 'b_total{kind="a\\"b"} 5', 'c +Inf', 'd NaN'];
  await house.push('/v1/push?job=shop', `${lines.join('\n')}\n`);
  await house.push('/v1/push?job=shop&instance=i', 'a 2\n');
  await house.pass(10_000);
  return house;
};

describe('/federate', () => {
  test('gives the newest samples by metric and labels, with their times', async () => {
    const house = await shop();
    const page = await house.read(`/federate?${new URLSearchParams({ 'match[]': '{job="shop"}' })}`);
    expect([page.statusCode, page.headers?.['content-type']]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(page.body).toBe(
      [
        '# TYPE a untyped',
        `a{instance="i",job="shop"} 2 ${startMs}`,
        `a{job="shop",instance=""} 1e-05 ${startMs}`,
        '# TYPE b_total untyped',
        `b_total{job="shop",kind="a\\"b",instance=""} 5 ${startMs}`,
        `b_total{job="shop",kind="web",instance=""} 1.234567e+06 ${startMs}`,
        '# TYPE c untyped',
        `c{job="shop",instance=""} +Inf ${startMs}`,
        '# TYPE d untyped',
        `d{job="shop",instance=""} NaN ${startMs}`,
        '',
      ].join('\n'),
    );
  });

  test('gives what several selectors give once, and nothing that is five minutes old', async () => {
    const house = await shop();
    const both = '/federate?match[]=a&match[]=%7B__name__%3D~%22a%7Cc%22%7D';
    expect(
      String((await house.read(both)).body)
        .split('\n')
        .filter(line => !line.startsWith('#')),
    ).toHaveLength(4);
    await house.pass(290_000);
    expect((await house.read(both)).body).toBe('');
  });

  test('wants selectors', async () => {
    const house = await shop();
    expect((await house.read('/federate')).statusCode).toBe(400);
    expect((await house.read('/federate?match[]=a%7B')).statusCode).toBe(400);
  });
});

const prometheus = process.env['PROMETHEUS'] ?? '/usr/bin/prometheus';
const there = existsSync(prometheus);
if (!there) console.log(`skipped: no Prometheus at ${prometheus}, set PROMETHEUS`);

describe.skipIf(!there)('a real Prometheus', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-federation-'));
  let collector: CollectorProcess;
  let url = '';
  let end = async (): Promise<void> => {};
  const found = async (query: string): Promise<Record<string, string>> => {
    const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
    const { data } = (await answer.json()) as {
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return Object.fromEntries((data?.result ?? []).map(({ metric, value }) => [JSON.stringify(metric), value[1]]));
  };

  beforeAll(async () => {
    if (!there) return;
    collector = await CollectorProcess.on(join(folder, 'data'));
    await collector.start();
    const { host } = new URL(collector.url);
    const lines = [
      'global: { scrape_interval: 1s }',
      `remote_read: [{ url: '${collector.url}/api/v1/read', read_recent: true }]`,
      'scrape_configs:',
      '- job_name: federation',
      '  honor_labels: true',
      '  metrics_path: /federate',
      `  params: { 'match[]': ['{job="shop",kind!=""}'] }`,
      `  static_configs: [{ targets: ['${host}'] }]`,
    ];
    writeFileSync(join(folder, 'prometheus.yml'), lines.join('\n'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const words = ['--config.file', join(folder, 'prometheus.yml'), '--storage.tsdb.path', join(folder, 'tsdb')];
    const child = spawn(prometheus, [...words, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
    end = async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    };
    await collector.push('/v1/push?job=shop', 'orders{kind="web"} 7\nonly_here 3\n');
    await eventually(
      20_000,
      () => collector.values('orders'),
      values => Object.keys(values).length === 1,
    );
    await eventually(
      20_000,
      () =>
        fetch(`${url}/-/ready`).then(
          answer => answer.ok,
          () => false,
        ),
      isReady => isReady,
    );
  }, 90_000);

  afterAll(async () => {
    await end();
    await collector?.end('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  });

  test('federates', { timeout: 30_000 }, async () => {
    const values = await eventually(
      20_000,
      () => found('orders'),
      each => Object.keys(each).length === 1,
    );
    expect(values).toEqual({ '{"__name__":"orders","job":"shop","kind":"web"}': '7' });
    const up = await eventually(
      20_000,
      () => found('up{job="federation"}'),
      each => Object.keys(each).length === 1,
    );
    expect(Object.values(up)).toEqual(['1']);
  });

  test('reads what only the collector has', { timeout: 30_000 }, async () => {
    expect(await found('only_here * 2')).toEqual({ '{"job":"shop"}': '6' });
    expect(await found('{__name__=~"only_.*"}')).toEqual({ '{"__name__":"only_here","job":"shop"}': '3' });
    expect(await found('only_there')).toEqual({});
  });
});
