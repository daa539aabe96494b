import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readWriteRequest, type SentSeries } from '../core/onward/requests.ts';
import { freePort } from '../io/embedded.ts';
import { CollectorProcess, eventually } from './collector-process.ts';

// The real collector passes on what it stored: to a receiver of ours, and to Prometheus itself where that is installed.

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-onward-'));
});
const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
  rmSync(folder, { recursive: true, force: true });
});

const collectorTo = async (url: string): Promise<CollectorProcess> => {
  const collector = await CollectorProcess.on(join(folder, 'data'), {
    SLUICE_ONWARD: url,
    SLUICE_MIRROR: 'orders_total',
  });
  ending.push(() => collector.end('SIGINT'));
  await collector.start();
  return collector;
};

const push = async ({ url }: CollectorProcess): Promise<void> => {
  const answer = await fetch(`${url}/v1/push?job=shop`, { method: 'POST', body: 'orders_total{kind="b"} 42\n' });
  expect(answer.status).toBe(200);
};

test('a receiver gets what was stored, and CloudWatch is shown what was chosen', { timeout: 90_000 }, async () => {
  const got: SentSeries[] = [];
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    got.push(...readWriteRequest(Buffer.concat(chunks)));
    response.writeHead(204).end();
  });
  await new Promise<void>(done => receiver.listen(0, '127.0.0.1', done));
  ending.push(() => receiver.close());
  const collector = await collectorTo(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/api/v1/write`);
  await push(collector);
  const [series] = await eventually(
    60_000,
    async () => got,
    ({ length }) => length > 0,
  );
  expect(series?.labels).toEqual({ __name__: 'orders_total', job: 'shop', kind: 'b' });
  expect(series?.samples.map(({ bits }) => bits)).toEqual(['4045000000000000']);
  expect(collector.output).toContain('"orders_total":42,"_aws":');
});

const hasPrometheus = spawnSync('prometheus', ['--version']).status === 0;

test.skipIf(!hasPrometheus)(
  'Prometheus takes it (skipped where it is not installed)',
  { timeout: 90_000 },
  async () => {
    const port = await freePort();
    const config = join(folder, 'prometheus.yml');
    writeFileSync(config, 'global: {}\n');
    const prometheus = spawn(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--web.enable-remote-write-receiver',
      ],
      { stdio: 'ignore' },
    );
    ending.push(() => prometheus.kill());
    const collector = await collectorTo(`http://127.0.0.1:${port}/api/v1/write`);
    await push(collector);
    const found = await eventually(
      60_000,
      async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=orders_total`);
        return (await answer.json()) as { data: { result: { metric: object; value: [number, string] }[] } };
      },
      ({ data }) => data.result.length > 0,
    );
    expect(found.data.result[0]?.metric).toEqual({ __name__: 'orders_total', job: 'shop', kind: 'b' });
    expect(found.data.result[0]?.value[1]).toBe('42');
  },
);
