// What does a burst cost: 1,400 targets whose pages grow from 18 KB to 240 KB, one interval of 15 s a round, five rounds?
//
//   node bench/scrape-burst.ts [--targets 1400] [--from 18] [--to 240] [--rounds 5] [--only handlers,sluice,prometheus,victoria]
//
// handlers    the shipped scrape and ingest handlers in this process: a loop's share of the targets, in memory, with what a worker
//             gathers handed over at once, and together as a deployed one does
// sluice      the whole local collector as `npm start` runs it, its queues and tables included
// prometheus, victoria   Debian's packages, on the same pages from the same server, one after the other
//
// CPU is that of the process and its children, by the kernel's books; samples are those the server gave out.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BatchWriteItemCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { limits } from '../core/limits.ts';
import { loopEndAfter } from '../core/scrape/loops.ts';
import { CollectorProcess } from '../test/paths/collector-process.ts';
import { booksOf, report, threadsOf } from './burst-books.ts';
import { handlers } from './burst-handlers.ts';
import type { Burst } from './burst-pages.ts';

const { values: words } = parseArgs({
  options: {
    targets: { type: 'string', default: '1400' },
    from: { type: 'string', default: '18' },
    to: { type: 'string', default: '240' },
    rounds: { type: 'string', default: '5' },
    /** Seconds of freshness in `handlers`. */
    freshness: { type: 'string', default: '0,120' },
    /** Whether targets are replicas in `handlers`, or each has its own series. */
    alike: { type: 'string', default: 'true,false' },
    /** MiB of the scrape worker in `handlers`. */
    memory: { type: 'string', default: '160' },
    only: { type: 'string', default: 'handlers,sluice,prometheus,victoria' },
  },
});
const burst: Burst = {
  targets: Number(words.targets),
  fromBytes: 1_024 * Number(words.from),
  toBytes: 1_024 * Number(words.to),
  rounds: Number(words.rounds),
};
const intervalSeconds = 15;
const folder = mkdtempSync(join(tmpdir(), 'sluice-burst-'));

const sleep = (ms: number): Promise<void> => new Promise(done => setTimeout(done, ms));

const startPages = async (): Promise<{ readonly url: string; readonly child: ChildProcess }> => {
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, 'burst-pages.ts'),
      ...[words.targets, words.from, words.to, words.rounds, String(intervalSeconds)],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { url: `http://127.0.0.1:${String(line).trim()}`, child };
};

type Counts = {
  readonly scrapes: number;
  readonly samples: number;
  readonly bytes: number;
  /** Also of before the burst, whoever scraped. */
  readonly all: { readonly scrapes: number; readonly samples: number };
};

const countsAt = async (url: string, path: 'counts' | 'end'): Promise<Counts> =>
  (await (await fetch(`${url}/${path}`)).json()) as Counts;

/** Lets the rounds pass; `pid` is who scrapes. `stored` waits until all that was received is stored. */
const watch = async (
  name: string,
  pid: number,
  url: string,
  stored: (counts: Counts) => Promise<string>,
): Promise<void> => {
  // One interval to know its targets.
  await sleep(1_000 * intervalSeconds);
  await fetch(`${url}/begin`);
  const before = booksOf(pid);
  const threadsBefore = threadsOf(pid);
  await sleep(1_000 * intervalSeconds * burst.rounds);
  const counts = await countsAt(url, 'end');
  const { scrapes, samples, bytes } = counts;
  const said = await stored(counts);
  const after = booksOf(pid);
  report(
    name,
    after.seconds - before.seconds,
    samples,
    `${scrapes} of ${burst.targets * burst.rounds} scrapes, ${(bytes / 1e6).toFixed(0)} MB, ${samples} samples, at most ${after.megabytes.toFixed(0)} MB of memory${said}`,
  );
  if (name !== 'sluice') return;
  const grown = [...threadsOf(pid)]
    .map(([called, seconds]) => [called, seconds - (threadsBefore.get(called) ?? 0)] as const)
    .sort((a, b) => b[1] - a[1])
    .filter(([, seconds]) => seconds > 0.2);
  for (const [called, seconds] of grown) report(`  ${called}`, seconds, samples, `${seconds.toFixed(1)} s`);
};

const instances = Array.from({ length: burst.targets }, (_, index) => `t${index}`);

/** Takes all targets out, as the console would. */
const forget = async (data: string): Promise<void> => {
  const { endpoints, outputs, region } = JSON.parse(readFileSync(join(data, 'local.json'), 'utf8')) as {
    endpoints: { dynamodb: string };
    outputs: { TargetsTable: string };
    region: string;
  };
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint: endpoints.dynamodb, region, credentials });
  const TableName = outputs.TargetsTable;
  const { Items = [] } = await client.send(new ScanCommand({ TableName }));
  for (let at = 0; at < Items.length; at += 25) {
    const requests = Items.slice(at, at + 25).map(({ id }) => ({ DeleteRequest: { Key: { id: id! } } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }));
  }
  client.destroy();
};

/** Once nobody is scraped any more: what is stored is what was served, to the sample. */
const exactly = async (
  allCounts: () => Promise<Counts['all']>,
  status: () => Promise<Record<string, number>>,
  own: number,
  end: () => Promise<void>,
): Promise<void> => {
  await end();
  let scrapes = -1;
  for (const untilMs = Date.now() + 240_000; Date.now() < untilMs; ) {
    const all = await allCounts();
    const { Stored = 0, ScrapesMissed = 0, buffered = 0 } = await status();
    if (all.scrapes === scrapes && buffered === 0) {
      const expected = all.samples + own * all.scrapes;
      console.log(
        `                   in the end ${all.scrapes} scrapes, ${expected} samples with ${own} of each scrape's own, ${Stored} stored, ${ScrapesMissed} scrapes missed`,
      );
      if (Stored !== expected) process.exitCode = 1;
      return;
    }
    scrapes = all.scrapes;
    await sleep(intervalSeconds * 1_000);
  }
  console.log('                   it did not come to rest within four minutes');
  process.exitCode = 1;
};

const sluice = async (url: string): Promise<void> => {
  const { host } = new URL(url);
  const data = join(folder, 'sluice');
  const collector = await CollectorProcess.on(data);
  await collector.start();
  /** What others scraped of the same pages before. */
  const { all: others } = await countsAt(url, 'counts');
  /** Series that each scrape has besides its page. */
  const own = 5;
  const ownOf = ({ scrapes, samples }: Counts['all']): Counts['all'] => ({
    scrapes: scrapes - others.scrapes,
    samples: samples - others.samples,
  });
  try {
    const { pid } = JSON.parse(readFileSync(join(data, 'local.json'), 'utf8')) as { pid: number };
    const list = instances.map(instance => ({
      targets: [host],
      labels: { instance, __metrics_path__: `/${instance}`, __scrape_interval__: `${intervalSeconds}s` },
    }));
    writeFileSync(join(folder, 'targets.json'), JSON.stringify(list));
    console.log(
      `            ${(await collector.sluice('targets', 'import', join(folder, 'targets.json'), '--job', 'burst')).trim()}`,
    );
    // New targets are scraped one by one until the next loops are ordered: what is asked is what a fleet costs that is there.
    const loopsMs = loopEndAfter(Date.now() + limits.planAheadMs);
    console.log(`            loops begin in ${Math.round((loopsMs - Date.now()) / 1_000)} s`);
    await sleep(loopsMs - Date.now());
    // It exits with 2 where somebody is in trouble, and says the same.
    const status = async (): Promise<Record<string, number>> =>
      JSON.parse(
        await collector
          .sluice('status', '--json')
          .catch((error: { readonly stdout: string }) => error.stdout || '{"buffered":1}'),
      );
    await watch('sluice', pid, url, async counts => {
      const beganMs = Date.now();
      const all = ownOf(counts.all);
      // Those of the last seconds are on their way, and are no more than some empty pages by then.
      const least = all.samples + own * (all.scrapes - burst.targets);
      for (;;) {
        const { Stored = 0, ScrapesMissed = 0, ScrapeLateness = 0 } = await status();
        const behind = Date.now() - beganMs;
        if (Stored >= least || behind > 120_000)
          return `; stored ${(behind / 1_000).toFixed(0)} s after the end, ${ScrapesMissed} missed, at most ${Math.round(ScrapeLateness)} ms late`;
        await sleep(2_000);
      }
    });
    await exactly(
      async () => ownOf((await countsAt(url, 'counts')).all),
      status,
      own,
      () => forget(data),
    );
  } finally {
    await collector.end('SIGINT');
  }
};

const configOf = (host: string): string => {
  const file = join(folder, 'prometheus.yml');
  const config = {
    global: { scrape_interval: `${intervalSeconds}s`, scrape_timeout: '10s' },
    scrape_configs: [
      {
        job_name: 'burst',
        static_configs: instances.map(instance => ({
          targets: [host],
          labels: { instance, __metrics_path__: `/${instance}` },
        })),
      },
    ],
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
};

const peer = async (
  name: string,
  url: string,
  command: string,
  argumentsOf: (config: string) => string[],
): Promise<void> => {
  const child = spawn(command, argumentsOf(configOf(new URL(url).host)), { stdio: ['ignore', 'ignore', 'ignore'] });
  try {
    await watch(name, child.pid!, url, async () => '');
  } finally {
    child.kill('SIGKILL');
  }
};

/** The same bench with other words, which win, in a process of its own. */
const apart = async (...others: string[]): Promise<void> => {
  const child = spawn(process.execPath, [import.meta.filename, ...process.argv.slice(2), ...others], {
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${others.join(' ')} ended with ${code}`);
};

const only = words.only.split(',');
try {
  if (only.includes('handlers')) {
    const forms = words.freshness
      .split(',')
      .flatMap(freshness => words.alike.split(',').map(alike => [freshness, alike]));
    for (const [freshness, alike] of forms) {
      if (forms.length === 1)
        await handlers(burst, {
          freshnessMs: 1_000 * Number(freshness),
          memoryMiB: Number(words.memory),
          intervalSeconds,
          alike: alike === 'true',
        });
      // Each in a process of its own, as a worker is: what one form taught the compiler makes the next one slower.
      else await apart('--only', 'handlers', '--freshness', freshness!, '--alike', alike!);
    }
  }
  if (only.some(name => name !== 'handlers')) {
    const { url, child } = await startPages();
    try {
      if (only.includes('prometheus'))
        await peer('prometheus', url, 'prometheus', config => [
          `--config.file=${config}`,
          `--storage.tsdb.path=${join(folder, 'prometheus')}`,
          '--web.listen-address=127.0.0.1:19391',
        ]);
      if (only.includes('victoria'))
        await peer('victoria', url, 'victoria-metrics', config => [
          `-promscrape.config=${config}`,
          `-storageDataPath=${join(folder, 'victoria')}`,
          '-httpListenAddr=127.0.0.1:19392',
        ]);
      if (only.includes('sluice')) await sluice(url);
    } finally {
      child.kill();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
