import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scrapeOnce, textOf, timeoutMs } from './scraping.ts';
import { behaviours, pathOf, startNasty } from './server.ts';

// The same server, scraped by Prometheus (Debian's `prometheus`) and by us: what each makes of it, and where they differ.
// node test/nasty/compare.ts [--all]

const port = 19_390;
const base = `http://127.0.0.1:${port}`;

/** Prometheus 2.42 does not know these. */
const ours = new Set(['fallback_scrape_protocol', 'metric_relabel']);

const configOf = (nastyPort: number): object => ({
  global: { scrape_interval: '2s', scrape_timeout: `${timeoutMs}ms` },
  scrape_configs: behaviours.map((behaviour, index) => {
    const { row = {} } = behaviour;
    const known = Object.entries(row).filter(([name]) => !ours.has(name));
    return {
      job_name: `job${index}`,
      metrics_path: decodeURI(pathOf(behaviour)),
      follow_redirects: false,
      ...Object.fromEntries(known),
      ...('metric_relabel' in row && { metric_relabel_configs: row['metric_relabel'] }),
      static_configs: [{ targets: [`127.0.0.1:${nastyPort}`] }],
    };
  }),
});

type Matrix = readonly { readonly metric: Record<string, string>; readonly values: readonly [number, string][] }[];

/** The newest sample of each series, from three hours ago to a quarter of an hour ahead. */
const newest = async (job: string) => {
  const parameters = { query: `{job="${job}"}[195m]`, time: String(Date.now() / 1_000 + 900) };
  const answer = await fetch(`${base}/api/v1/query?${new URLSearchParams(parameters)}`);
  const { data } = (await answer.json()) as { data: { result: Matrix } };
  return data.result.map(({ metric, values }) => ({ metric, at: values.at(-1)![0], value: values.at(-1)![1] }));
};

const nasty = await startNasty();
const folder = mkdtempSync(join(tmpdir(), 'nasty-prometheus-'));
writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(configOf(nasty.port)));
const prometheus = spawn(
  'prometheus',
  [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ],
  { stdio: ['ignore', 'inherit', 'inherit'] },
);
try {
  await new Promise(done => setTimeout(done, 9_000));
  let differing = 0;
  for (const [index, behaviour] of behaviours.entries()) {
    const own = await scrapeOnce(behaviour, nasty.port);
    const found = await newest(`job${index}`);
    const nowSeconds = Date.now() / 1_000;
    const values = new Map(found.map(({ metric, value }) => [metric['__name__'] ?? '', value]));
    const stored = found
      .filter(({ metric }) => !/^(up|scrape_.*)$/.test(metric['__name__'] ?? ''))
      .map(({ metric, at, value }) => textOf(metric, Number(value.replace('Inf', 'Infinity')), at - nowSeconds))
      .sort();
    const theirs = { up: Number(values.get('up')), scraped: Number(values.get('scrape_samples_scraped')), stored };
    const { reason, ...mine } = own;
    const same =
      JSON.stringify([theirs.up, theirs.scraped, theirs.stored]) ===
      JSON.stringify([mine.up, mine.scraped, mine.stored]);
    if (!same) differing += 1;
    if (!same || process.argv.includes('--all'))
      console.log(
        `${same ? 'same  ' : 'DIFFER'} ${behaviour.name}\n   prometheus ${JSON.stringify(theirs)}\n   sluice     ${JSON.stringify(mine)} ${reason ?? ''}${behaviour.otherwise ? `\n   because Prometheus ${behaviour.otherwise}` : ''}`,
      );
  }
  console.log(`${behaviours.length} behaviours, ${differing} differ`);
} finally {
  prometheus.kill();
  nasty.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
