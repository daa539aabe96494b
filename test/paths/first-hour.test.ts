import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import { CollectorProcess, Exporter, eventually, Receiver } from './collector-process.ts';

// The main job with the real parts: the synthesized stack, its bundles, the embedded queue and tables, real HTTP.

const series = 500;
const pageOf = (round: number): string =>
  Array.from(
    { length: series },
    (_, index) => `page_value{row="${index}",group="g${index % 9}"} ${index * 1_000 + round}.5`,
  ).join('\n');

let data: string;
let collector: CollectorProcess;
let exporter: Exporter;
let receiver: Receiver;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'sluice-first-hour-'));
  exporter = await Exporter.start(`${pageOf(1)}\n`);
  receiver = await Receiver.start();
  collector = await CollectorProcess.on(data, { SLUICE_SUBSCRIBE: receiver.url });
  await collector.start();
}, 90_000);

afterAll(async () => {
  await collector.end('SIGKILL');
  await exporter.down();
  await receiver.stop();
  rmSync(data, { recursive: true, force: true });
});

test('a push is read back', async () => {
  const answer = await collector.push('/v1/push?job=shop&instance=a', 'orders_total 7\n');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-sluice-receipt')).toMatch(/^[0-9a-f-]{36}\.[\w-]+$/);
  await eventually(
    15_000,
    () => collector.values('orders_total'),
    values => values['orders_total{"instance":"a","job":"shop"}'] === '7',
  );
}, 30_000);

test('a bad push is refused with line and reason, and stores nothing', async () => {
  const answer = await collector.push('/v1/push?job=shop', 'fine 1\nbroken one\n');
  expect(answer.status).toBe(400);
  expect(await answer.text()).toMatch(/line 2, column 8/);
  expect(await collector.values('fine')).toEqual({});
});

test('a registered page is read back as the exporter said it, and changes of it too', async () => {
  expect(await collector.sluice('targets', 'add', exporter.url, '--job', 'page', '--interval', '5s')).toMatch(
    /^added page\/127/,
  );
  const instance = new URL(exporter.url).host;
  const wanted = (round: number) =>
    Object.fromEntries(
      Array.from({ length: series }, (_, index) => [
        `page_value${JSON.stringify({ group: `g${index % 9}`, instance, job: 'page', row: String(index) })}`,
        `${index * 1_000 + round}.5`,
      ]),
    );
  expect(
    await eventually(
      20_000,
      () => collector.values('page_value'),
      values => Object.keys(values).length > 0,
    ),
  ).toEqual(wanted(1));
  exporter.page = `${pageOf(2)}\n`;
  await eventually(
    20_000,
    () => collector.values('page_value'),
    values => JSON.stringify(Object.entries(values).sort()) === JSON.stringify(Object.entries(wanted(2)).sort()),
  );
  const own = `{"instance":"${instance}","job":"page"}`;
  expect(await collector.values('{job="page",__name__!="page_value",__name__!="scrape_duration_seconds"}')).toEqual({
    [`up${own}`]: '1',
    [`scrape_samples_scraped${own}`]: String(series),
    [`scrape_samples_post_metric_relabeling${own}`]: String(series),
    [`scrape_series_added${own}`]: expect.stringMatching(/^(0|500)$/),
  });
  expect(await collector.sluice('targets', 'list')).toMatch(/page\/127\S+ .* 1\n$/);
}, 60_000);

test('an exporter that stops is up 0 and rings once, and once more on its return; a silent job rings at its deadline', async () => {
  await collector.sluice('heartbeats', 'add', '--job', 'nightly', '--interval', '4s', '--grace', '4s');
  expect((await collector.push('/v1/push?job=nightly', 'done 1\n')).status).toBe(200);
  await exporter.down();
  await eventually(
    30_000,
    async () => receiver.of('page'),
    alarms => alarms.length > 0,
  );
  expect(
    Object.values(
      await eventually(
        15_000,
        () => collector.values('up{job="page"}'),
        values => Object.values(values).includes('0'),
      ),
    ),
  ).toEqual(['0']);
  expect(await collector.values('page_value')).toEqual({});

  await eventually(
    20_000,
    async () => receiver.of('nightly'),
    alarms => alarms.length > 0,
  );
  const [silent] = receiver.alarms.filter(({ job }) => job === 'nightly');
  expect(silent).toMatchObject({ kind: 'DOWN', reason: 'NOT_HEARD' });
  // Silence counts from the first canary on, which is on its way as soon as somebody is awaited.
  expect(silent!.atMs - silent!.sinceMs).toBeGreaterThanOrEqual(8_000);
  expect(silent!.atMs - silent!.sinceMs).toBeLessThanOrEqual(8_000 + limits.canaryEveryMs + limits.canaryLagMs);

  await exporter.up();
  await eventually(
    40_000,
    async () => receiver.of('page'),
    alarms => alarms.length > 1,
  );
  expect(receiver.of('page')).toEqual(['DOWN SCRAPE_CONNECT', 'RESOLVED HEARD']);
  expect(receiver.of('nightly')).toEqual(['DOWN NOT_HEARD']);
  expect(collector.output).toMatch(/alarm: DOWN: nightly fell silent\. Since .* NOT_HEARD/);
}, 110_000);

test('what was acknowledged before kill -9 is there after the restart, and nothing is left behind', async () => {
  const accepted: string[] = [];
  for (let index = 0; index < 20; index += 1) {
    if ((await collector.push('/v1/push?job=crash', `survivor{n="${index}"} ${index}\n`)).ok)
      accepted.push(String(index));
  }
  await collector.end('SIGKILL');
  expect(accepted).toHaveLength(20);
  await eventually(
    5_000,
    async () => processesNaming(data),
    names => names === '',
  );
  await collector.start();
  await eventually(
    20_000,
    () => collector.values('survivor'),
    values => Object.keys(values).length === 20,
  );
  expect(await collector.values('orders_total')).toEqual({ 'orders_total{"instance":"a","job":"shop"}': '7' });
}, 90_000);

test('SIGINT ends it and everything it started', async () => {
  expect(await collector.end('SIGINT')).toBe(0);
  await eventually(
    5_000,
    async () => processesNaming(data),
    names => names === '',
  );
}, 20_000);

/** Command lines of processes that name the folder. */
const processesNaming = (folder: string): string =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter(line => line.includes(folder))
    .join('\n');
