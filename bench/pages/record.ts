import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Page, pack } from './pages.ts';

// Records what the benches measure: pages of three real exporters, Debian's prometheus-node-exporter, prometheus and
// victoria-metrics, the latter two scraping the first and themselves, all on loopback.
//
//     node bench/pages/record.ts [--minutes 60] [--folder DIR]       records, then packs
//     node bench/pages/record.ts --pack DIR                          packs what a broken-off run left

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, folder: { type: 'string' }, pack: { type: 'string' } },
});
const everyMs = 15_000;

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

/** Labels whose values tell where a page was recorded; what they say instead. */
const personal: readonly (readonly [label: string, instead: string])[] = [
  ['nodename', 'host'],
  ['domainname', '(none)'],
  ['release', '6.1.0'],
  ['version', '1.0'],
  ['address', '02:00:00:00:00:01'],
  ['broadcast', 'ff:ff:ff:ff:ff:ff'],
];

/** Names of this machine have no business in a recording. */
const scrubbed = (text: string, folder: string): string =>
  personal.reduce(
    (all, [label, instead]) =>
      all.replace(new RegExp(`^(node_(?:uname|network|os)_info\\{.*\\b${label}=")[^"]*`, 'gm'), `$1${instead}`),
    text.replaceAll(folder, '/var/lib/recording'),
  );

const started: ChildProcess[] = [];
const start = (command: string, args: readonly string[]): void => {
  started.push(spawn(command, args, { stdio: 'ignore' }));
};

const record = async (folder: string, minutes: number): Promise<void> => {
  const [node, prometheus, victoria] = [await freePort(), await freePort(), await freePort()];
  const targets = (own: number) =>
    JSON.stringify({
      global: { scrape_interval: '15s' },
      scrape_configs: [
        { job_name: 'node', static_configs: [{ targets: [`127.0.0.1:${node}`] }] },
        { job_name: 'self', static_configs: [{ targets: [`127.0.0.1:${own}`] }] },
      ],
    });
  // JSON is YAML.
  writeFileSync(join(folder, 'prometheus.yml'), targets(prometheus));
  writeFileSync(join(folder, 'victoria.yml'), targets(victoria));
  start('prometheus-node-exporter', [`--web.listen-address=127.0.0.1:${node}`]);
  start('prometheus', [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/prometheus-data`,
    `--web.listen-address=127.0.0.1:${prometheus}`,
  ]);
  start('victoria-metrics', [
    `-promscrape.config=${folder}/victoria.yml`,
    `-storageDataPath=${folder}/victoria-data`,
    `-httpListenAddr=127.0.0.1:${victoria}`,
  ]);
  const ports = { node, prometheus, victoria };
  for (const name of Object.keys(ports)) mkdirSync(join(folder, name), { recursive: true });
  const untilMs = Date.now() + minutes * 60_000 + everyMs;
  await wait(5_000);
  for (let slotMs = Math.ceil(Date.now() / everyMs) * everyMs; slotMs < untilMs; slotMs += everyMs) {
    await wait(Math.max(0, slotMs - Date.now()));
    for (const [name, port] of Object.entries(ports)) {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined);
      if (answer?.ok) writeFileSync(join(folder, name, `${slotMs}.prom`), scrubbed(await answer.text(), folder));
      else process.stderr.write(`no page of ${name} at ${slotMs}\n`);
    }
  }
};

const packAll = (folder: string): void => {
  for (const name of ['node', 'prometheus', 'victoria']) {
    const pages = readdirSync(join(folder, name))
      .sort()
      .map(
        (file): Page => ({
          timestampMs: Number.parseInt(file, 10),
          text: readFileSync(join(folder, name, file), 'utf8'),
        }),
      );
    const bytes = pack(pages);
    writeFileSync(join(import.meta.dirname, `${name}.pages.br`), bytes);
    process.stdout.write(`${name}: ${pages.length} pages, ${bytes.length} bytes\n`);
  }
};

if (values.pack !== undefined) packAll(values.pack);
else {
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'recording-'));
  try {
    await record(folder, Number(values.minutes));
  } finally {
    for (const child of started) child.kill();
  }
  packAll(folder);
}
