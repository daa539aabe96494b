import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CollectorProcess } from '../test/paths/collector-process.ts';

// How evenly the running collector scrapes, seen from the targets: requests in bins of 100 ms, the fullest against the mean,
// over whole rounds of the interval. Bins of all rounds are laid over each other, and looked at one by one too.
//
//     node bench/spread.ts [--targets 1400] [--interval 10] [--rounds 6]

const { values: words } = parseArgs({
  options: {
    targets: { type: 'string', default: '1400' },
    interval: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '6' },
  },
});
const [targets, intervalSeconds, rounds] = [words.targets, words.interval, words.rounds].map(Number) as [
  number,
  number,
  number,
];
const binMs = 100;
const bound = 1.5;

const arrivals: number[] = [];
const server = createServer((_request, response) => {
  arrivals.push(Date.now());
  response.setHeader('content-type', 'text/plain; version=0.0.4');
  response.end('a 1\nb 2\n');
});
await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
const { port } = server.address() as AddressInfo;

const folder = mkdtempSync(join(tmpdir(), 'sluice-spread-'));
const collector = await CollectorProcess.on(join(folder, 'data'));
await collector.start();
try {
  const list = Array.from({ length: targets }, (_, index) => ({
    targets: [`127.0.0.1:${port}`],
    labels: { instance: `t${index}`, __scrape_interval__: `${intervalSeconds}s` },
  }));
  writeFileSync(join(folder, 'targets.json'), JSON.stringify(list));
  await collector.sluice('targets', 'import', join(folder, 'targets.json'), '--job', 'spread');
  // What changes is ordered by itself at first; the next spans are loops.
  const settledMs = Math.ceil((Date.now() + 185_000) / 1_000) * 1_000;
  await new Promise(done => setTimeout(done, settledMs - Date.now()));
  await new Promise(done => setTimeout(done, 1_000 * (intervalSeconds * rounds + 1)));
  const intervalMs = 1_000 * intervalSeconds;
  const counts = new Uint32Array((intervalMs * rounds) / binMs);
  for (const atMs of arrivals) {
    const bin = Math.floor((atMs - settledMs) / binMs);
    if (bin >= 0 && bin < counts.length) counts[bin]! += 1;
  }
  const together = new Uint32Array(intervalMs / binMs);
  for (const [bin, count] of counts.entries()) together[bin % together.length]! += count;
  const sum = counts.reduce((total, count) => total + count, 0);
  const share = (bins: Uint32Array): number => Math.max(...bins) / (sum / bins.length);
  const sorted = [...counts].sort((a, b) => b - a);
  console.log(
    `${sum} scrapes of ${targets * rounds} in ${rounds} rounds of ${intervalSeconds} s: the fullest bin of 100 ms has ${share(together).toFixed(2)} times the mean over all rounds, ` +
      `${share(counts).toFixed(2)} times in a single one, ${(sorted[Math.floor(counts.length / 100)]! / (sum / counts.length)).toFixed(2)} at the 99th percentile`,
  );
  console.log((await collector.sluice('status')).trim());
  if (share(together) > bound) process.exitCode = 1;
} finally {
  await collector.end('SIGINT');
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
