import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readDuration } from '../../core/duration.ts';
import { CollectorProcess } from '../paths/collector-process.ts';
import { control, fleet } from './fleet.ts';
import { type Program, Programs, pathOf } from './programs.ts';
import { probe, rawOf, type Verdict, verdictOf, type Watched } from './watch.ts';

// node test/exporters/run.ts [--for 60m] [--interval 15s]
// Starts Debian's exporters that are installed and what they look at, has the collector scrape them all that while, and says who
// was called down although it answered. Exit code 1 where anybody was, or where a control that was really down was not.

const { values } = parseArgs({
  options: { for: { type: 'string', default: '60m' }, interval: { type: 'string', default: '15s' } },
});
const durationMs = readDuration(values.for);
const intervalMs = readDuration(values.interval);
if (durationMs === undefined || intervalMs === undefined) throw new Error('--for and --interval take a duration: 60m');

const folder = mkdtempSync(join(tmpdir(), 'sluice-exporters-'));
const programs = new Programs(folder);
const collector = await CollectorProcess.on(join(folder, 'collector'));
const say = (line: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);

const watched: Watched[] = [];
const started = new Set<string>();

/** Starts one, and has it scraped where it has a page. What is missing or does not start is said, and nothing else. */
const start = async (program: Program): Promise<void> => {
  const { name, page } = program;
  const missing = [...(pathOf(program.program) === undefined ? [program.program] : [])].concat(
    (program.needs ?? []).filter(need => !started.has(need)),
  );
  if (missing.length > 0) return say(`SKIPPED ${name}: there is no ${missing.join(', ')} here`);
  try {
    const place = await programs.start(program);
    started.add(name);
    if (page === undefined) return;
    const url = new URL(`http://127.0.0.1:${place.port}${page.path}`);
    for (const [param, value] of Object.entries(page.params?.(place) ?? {})) url.searchParams.set(param, value);
    const seen: Watched = { name, url: url.href, silentMs: [] };
    await probe(seen);
    if (seen.silentMs.length > 0) {
      const why = (programs.said.get(name) ?? '').trim().split('\n').slice(-2).join(' | ');
      return say(`SKIPPED ${name}: shows no page: ${why}`);
    }
    watched.push(seen);
  } catch (error) {
    say(`SKIPPED ${name}: ${(error as Error).message.slice(0, 400)}`);
  }
};

const finish = async (): Promise<void> => {
  await collector.end('SIGTERM');
  await programs.stopAll();
  rmSync(folder, { recursive: true, force: true });
};
process.once('SIGINT', () => void finish().then(() => process.exit(130)));
process.once('SIGTERM', () => void finish().then(() => process.exit(143)));

const progressMs = 5 * 60_000;

const verdictsSince = async (beginMs: number): Promise<Verdict[]> => {
  const range = `[${Math.ceil((Date.now() - beginMs) / 1_000) + 60}s]`;
  const ups = await rawOf(collector.url, `up${range}`);
  const counts = await rawOf(collector.url, `scrape_samples_scraped${range}`);
  return watched.map(each => {
    const isOf = ({ metric }: { metric: Readonly<Record<string, string>> }): boolean => metric['job'] === each.name;
    return verdictOf(each, intervalMs, ups.find(isOf), counts.find(isOf));
  });
};

/** So that an end before its time leaves something behind. */
const sayProgress = async (beginMs: number): Promise<void> => {
  const sum = (verdicts: readonly Verdict[], of: (each: Verdict) => number): number =>
    verdicts.reduce((total, each) => total + of(each), 0);
  const all = await verdictsSince(beginMs).catch((error: Error) => error.message);
  if (typeof all === 'string') return say(`so far: ${all}`);
  const [zeros, lies] = [sum(all, each => each['up 0']), sum(all, each => each.false)];
  say(
    `so far: ${sum(all, each => each.scrapes)} scrapes, ${zeros} of them up 0, ${lies} wrongly, ${sum(all, each => each.gaps)} missed`,
  );
};

const main = async (): Promise<number> => {
  for (const program of [...fleet, control]) await start(program);
  if (watched.length === 0) {
    say('SKIPPED: none of the exporters is here; apt-get install prometheus-node-exporter is a beginning');
    return 0;
  }
  await collector.start();
  for (const { name, url } of watched)
    await collector.sluice('targets', 'add', url, '--job', name, '--interval', values.interval);
  say(`${watched.length} exporters every ${values.interval} for ${values.for}, collector at ${collector.url}`);
  const beginMs = Date.now();
  let isControlDown = false;
  let saidMs = beginMs;
  while (Date.now() < beginMs + durationMs) {
    await wait(Math.min(intervalMs, beginMs + durationMs - Date.now()));
    await Promise.all(watched.map(probe));
    if (Date.now() - saidMs > progressMs) {
      saidMs = Date.now();
      await sayProgress(beginMs);
    }
    const share = (Date.now() - beginMs) / durationMs;
    if (!isControlDown && share > 1 / 3 && share < 2 / 3) {
      isControlDown = true;
      await programs.stop(control.name);
      say('control stopped on purpose');
    } else if (isControlDown && share >= 2 / 3 && !programs.isRunning(control.name)) {
      await programs.start(control);
      say('control started again');
    }
  }
  // What was scraped last is stored a few seconds later.
  await wait(15_000);
  const verdicts = await verdictsSince(beginMs);
  console.table(verdicts);
  console.log(await collector.sluice('status').catch((error: { stdout?: string }) => error.stdout ?? ''));
  return judge(verdicts);
};

const judge = (verdicts: readonly Verdict[]): number => {
  const others = verdicts.filter(({ exporter }) => exporter !== control.name);
  const own = verdicts.find(({ exporter }) => exporter === control.name);
  const wrong = others.filter(({ false: lies, scrapes }) => lies > 0 || scrapes === 0);
  const gaps = verdicts.reduce((sum, each) => sum + each.gaps, 0);
  say(
    `${verdicts.length} exporters, ${wrong.length} of them called down wrongly or never scraped, ${gaps} slots missed`,
  );
  const isControlGood = own === undefined || (own['up 0'] > 0 && own.false === 0);
  if (!isControlGood)
    say(`the control was down for a third of the time and the collector says: ${JSON.stringify(own)}`);
  return wrong.length === 0 && isControlGood ? 0 : 1;
};

try {
  process.exitCode = await main();
} finally {
  await finish();
}
