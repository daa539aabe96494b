import { exec, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labelSetOf } from '../../core/labels.ts';
import { writeRequestsOf } from '../../core/onward/write-request.ts';
import { batchesOf } from '../../core/protocol/gather.ts';
import { CollectorProcess, eventually } from './collector-process.ts';

// The command line against a real collector: what came, who sends it, what is wrong, out and in again.

const checkout = join(import.meta.dirname, '../..');
const data = mkdtempSync(join(tmpdir(), 'sluice-verbs-'));
let collector: CollectorProcess;

beforeAll(async () => {
  collector = await CollectorProcess.on(data);
  await collector.start();
  await collector.push('/v1/push?job=shop', 'orders_total 7\nbasket 19\n');
  await eventually(
    30_000,
    () => collector.values('basket'),
    values => Object.keys(values).length > 0,
  );
}, 120_000);
afterAll(async () => {
  await collector.end('SIGTERM');
  rmSync(data, { recursive: true, force: true });
}, 30_000);

test('a query is told, and drawn over time', async () => {
  expect(await collector.sluice('query', 'basket')).toContain('19');
  const drawn = await collector.sluice('query', '--range', '5m', 'basket');
  expect(drawn).toContain('basket{job="shop"}  last 19');
  expect(drawn).toContain('┤');
  const told = await collector.sluice('query', '--range', '5m', '--no-plot', 'basket');
  expect(told).toMatch(/^\d{4}-.*Z {2}basket\{job="shop"\} {2}19$/m);
  await expect(collector.sluice('query', '--range', 'soon', 'basket')).rejects.toThrow('takes a duration');
}, 60_000);

test('what came is told, and who sends most', async () => {
  const [line = ''] = (await collector.sluice('tail', '--once', '--json', 'basket')).split('\n');
  expect(JSON.parse(line)).toMatchObject({ metric: { __name__: 'basket', job: 'shop' }, value: '19' });
  const top = JSON.parse(await collector.sluice('top', '--json')) as { sources: unknown[]; metrics: unknown[] };
  expect(top.sources).toMatchObject([{ job: 'shop', series: 2 }]);
  expect(top.metrics).toContainEqual({ metric: 'basket', series: 1 });
}, 60_000);

test('the doctor finds nothing wrong, or says what it is and how to put it right', async () => {
  type Finding = { what: string; state: string; found: string; fix?: string };
  const look = async (): Promise<Finding[]> => JSON.parse(await collector.sluice('doctor', '--json')) as Finding[];
  expect((await look()).filter(({ state }) => state !== 'ok')).toEqual([]);
  await collector.sluice('heartbeats', 'add', '--job', 'hasty', '--interval', '60s', '--grace', '1s');
  expect((await look()).filter(({ state }) => state !== 'ok')).toMatchObject([
    {
      what: 'heartbeat',
      state: 'warn',
      found: 'hasty/* has a grace of 1 s',
      fix: expect.stringContaining('--grace 35s'),
    },
  ]);
}, 60_000);

test('a wrong word gets the nearest right one, at every depth', async () => {
  await expect(collector.sluice('hartbeats', 'list')).rejects.toThrow('Did you mean heartbeats?');
  await expect(collector.sluice('heartbeats', 'lst')).rejects.toThrow('Did you mean list?');
  await expect(collector.sluice('query', '--rnage', '5m', 'up')).rejects.toThrow('Did you mean --range?');
}, 60_000);

test.each(['bash', 'zsh', 'fish'])('%s is completed', async shell => {
  const script = await collector.sluice('completion', shell);
  for (const word of ['backfill', 'heartbeats', 'pause', '--interval']) expect(script).toContain(word);
});

/** Runs a verb and interrupts it once it has said something; answers its exit code. */
const interrupted = (words: readonly string[]): Promise<number | null> =>
  new Promise(done => {
    const child = spawn(process.execPath, [join(checkout, 'bin/sluice.ts'), ...words], {
      cwd: checkout,
      env: { ...process.env, SLUICE_DATA: data },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setInterval(() => {
      try {
        readFileSync(`${words[1]}.sluice-progress`);
        child.kill('SIGINT');
        clearInterval(timer);
      } catch {
        // Not begun yet.
      }
    }, 20);
    child.once('exit', code => {
      clearInterval(timer);
      done(code);
    });
  });

test('the past is brought in, interrupted and resumed, and taken out again: nothing is doubled, nothing lost', async () => {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const [series, each] = [20, 3_000];
  const lines: string[] = ['# TYPE past gauge'];
  for (let at = 0; at < series; at += 1)
    for (let sample = 0; sample < each; sample += 1)
      lines.push(`past{job="archive",sensor="${at}"} ${(at * sample) % 97} ${nowSeconds - 50_000 + sample * 15}`);
  const file = join(data, 'past.om');
  writeFileSync(file, `${lines.join('\n')}\n# EOF\n`);
  const code = await interrupted(['backfill', file]);
  expect([130, 0]).toContain(code);
  const said = await collector.sluice('backfill', file);
  expect(said).toBe(`brought in ${(series * each).toLocaleString('en')} samples\n`);
  const query = 'sum(count_over_time(past[1d]))';
  const counted = await eventually(
    60_000,
    () => collector.values(query),
    values => Object.values(values)[0] === String(series * each),
  );
  expect(Object.values(counted)).toEqual([String(series * each)]);
  const out = join(data, 'out.om');
  await collector.sluice('export', 'past{sensor="7"}', '--range', '1d', '--out', out);
  const exported = readFileSync(out, 'utf8').split('\n');
  const wanted = lines
    .filter(line => line.includes('sensor="7"'))
    .map(line => line.split(' ').slice(1).join(' '))
    .sort();
  expect(
    exported
      .filter(line => line.startsWith('past'))
      .map(line => line.split(' ').slice(1).join(' '))
      .sort(),
  ).toEqual(wanted);
  expect(exported.at(-2)).toBe('# EOF');
  // What was written out is valid, and can be brought in again without becoming more.
  expect(await collector.sluice('lint', out)).toContain('valid');
  await collector.sluice('backfill', out);
}, 180_000);

test('requests of remote write are brought in as a spool holds them, interrupted and resumed', async () => {
  const [requests, each] = [400, 100];
  const nowMs = Date.now();
  const parts: Uint8Array[] = [];
  for (let request = 0; request < requests; request += 1) {
    const labels = labelSetOf([
      ['__name__', 'spooled'],
      ['job', 'archive'],
      ['sensor', String(request % 20)],
    ]);
    const samples = Array.from({ length: each }, (_, at) => ({
      labels,
      value: at,
      timestampMs: nowMs - 40_000_000 + (Math.floor(request / 20) * each + at) * 15_000,
    }));
    const [body] = writeRequestsOf(batchesOf(samples, { id: 'x', via: 'push', acceptedAtMs: 0 }));
    parts.push(Uint8Array.from([(body!.length & 0x7f) | 0x80, body!.length >> 7]), body!);
    expect(body!.length).toBeGreaterThan(127);
  }
  const file = join(data, 'spool.snappy');
  writeFileSync(file, Buffer.concat(parts));
  expect([130, 0]).toContain(await interrupted(['backfill', file]));
  const said = JSON.parse(await collector.sluice('backfill', '--json', file)) as object;
  expect(said).toEqual({ samples: requests * each, refused: 0 });
  const counted = await eventually(
    60_000,
    () => collector.values('sum(count_over_time(spooled[1d]))'),
    values => Object.values(values)[0] === String(requests * each),
  );
  expect(Object.values(counted)).toEqual([String(requests * each)]);
}, 180_000);

test('a heartbeat is added, snoozed, paused and removed, each told to machines', async () => {
  const say = async (...words: string[]): Promise<unknown> =>
    JSON.parse(await collector.sluice('heartbeats', ...words, '--job', 'nightly', '--json'));
  expect(await say('add', '--interval', '1h', '--grace', '5m')).toMatchObject({ job: 'nightly', interval: '1h' });
  const { until } = (await say('snooze', '--for', '2d')) as { until: string };
  expect(Date.parse(until)).toBeGreaterThan(Date.now() + 47 * 3_600_000);
  expect(await say('snooze', '--for', '0s')).toMatchObject({ until: null });
  await expect(say('snooze', '--for', '32d')).rejects.toThrow('at most 31d');
  expect(await say('pause')).toMatchObject({ paused: true });
  expect(await say('resume')).toMatchObject({ paused: false });
  expect(await say('remove')).toMatchObject({ removed: true });
  await expect(say('snooze')).rejects.toThrow('no heartbeat for job nightly');
}, 60_000);

test('an export may go into a pipe that is closed early', async () => {
  const piped = `${process.execPath} ${join(checkout, 'bin/sluice.ts')} export '{__name__=~".+"}' | head -1`;
  const { stdout, stderr } = await promisify(exec)(piped, { env: { ...process.env, SLUICE_DATA: data } });
  expect(stdout).toMatch(/^[a-z_]+\{/);
  expect(stderr).toBe('');
}, 60_000);

test('what is no past is refused with its reason', async () => {
  const file = join(data, 'now.txt');
  writeFileSync(file, 'basket 1\n');
  await expect(collector.sluice('backfill', file)).rejects.toThrow('without a time');
  writeFileSync(file, 'basket } 1\n');
  await expect(collector.sluice('backfill', file)).rejects.toThrow('not sent');
  await expect(collector.sluice('backfill', join(data, 'none'))).rejects.toThrow('cannot be read');
}, 60_000);
