import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CollectorProcess, eventually, Receiver } from '../test/paths/collector-process.ts';

// How long after a producer's process was killed its alarm is received, on the collector that `npm start` starts: interval 15 s,
// grace 20 s. `npm run bench:detection -- --minutes 60`; exit code 1 where it is later than 45 s (p99) or 50 s (ever), or
// where anybody is accused who lives.

const { values: asked } = parseArgs({
  options: { minutes: { type: 'string', default: '20' }, producers: { type: 'string', default: '8' } },
});
const untilMs = Date.now() + Number(asked.minutes) * 60_000;
const second = 1_000;

/** What a producer is: a process that pushes every 15 s, and does nothing about its death. */
const program = `
  const beat = () => fetch(process.argv[1], { method: 'POST', body: 'beats_total 1\\n' }).catch(() => undefined);
  beat();
  setInterval(beat, 15_000);
`;

const wait = (ms: number): Promise<void> => new Promise(done => setTimeout(done, ms));
const data = mkdtempSync(join(tmpdir(), 'sluice-detection-'));
const receiver = await Receiver.start();
const collector = await CollectorProcess.on(data, { SLUICE_SUBSCRIBE: receiver.url });
const living = new Set<ChildProcess>();
const detectionsMs: number[] = [];

/** Alarms of one job, those in groups among them, once each. */
const toldOf = (job: string): string[] => {
  type Member = { readonly id: string; readonly job: string; readonly kind: string };
  const all = receiver.alarms.flatMap(alarm => (alarm as { readonly members?: Member[] }).members ?? [alarm as Member]);
  return [...new Map(all.filter(alarm => alarm.job === job).map(({ id, kind }) => [id, kind])).values()];
};

const liveAndDie = async (job: string): Promise<void> => {
  const url = `${collector.url}/v1/push?job=${job}`;
  // Each death is to be told, however many there are.
  await collector.sluice('heartbeats', 'add', '--job', job, '--interval', '15s', '--grace', '20s', '--flapping', 'off');
  for (let told = 0; Date.now() < untilMs; told += 2) {
    const child = spawn(process.execPath, ['-e', program, url], { stdio: 'ignore' });
    living.add(child);
    await eventually(
      120 * second,
      async () => toldOf(job).length,
      count => count >= told,
    );
    await wait(20 * second + Math.random() * 30 * second);
    if (toldOf(job).length !== told) throw new Error(`${job} was accused and lives: ${toldOf(job).join(', ')}`);
    child.kill('SIGKILL');
    living.delete(child);
    const diedMs = Date.now();
    while (toldOf(job).length === told && Date.now() < diedMs + 300 * second) await wait(50);
    detectionsMs.push(Date.now() - diedMs);
    console.log(
      `${new Date().toISOString()} ${job} told ${((Date.now() - diedMs) / second).toFixed(1)} s after its death`,
    );
  }
};

try {
  await collector.start();
  await Promise.all(Array.from({ length: Number(asked.producers) }, (_, index) => liveAndDie(`beat-${index}`)));
  const sorted = detectionsMs.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) / second;
  const ofCollector = receiver.alarms.filter(({ job }) => job === '').length;
  console.log(
    `${sorted.length} deaths in ${asked.minutes} min: p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} s; ${ofCollector} collector alarms`,
  );
  if (at(0.99) > 45 || at(1) > 50) process.exitCode = 1;
} finally {
  for (const child of living) child.kill('SIGKILL');
  await collector.end('SIGKILL');
  await receiver.stop();
  rmSync(data, { recursive: true, force: true });
}
