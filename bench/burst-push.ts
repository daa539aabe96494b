import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { burst } from '../test/paths/burst.ts';
import { CollectorProcess } from '../test/paths/collector-process.ts';

// What becomes of a burst on this machine: 4,000 results and 1,400 producers, each all at once, and 1,000 datagrams of StatsD through a
// relay beside them? Fails unless every 2xx is stored, and stored once. `npm run bench:burst [results] [producers] [datagrams]`

const [results = 4_000, producers = 1_400, datagrams = 1_000] = process.argv.slice(2).map(Number);
const data = mkdtempSync(join(tmpdir(), 'sluice-burst-'));
const collector = await CollectorProcess.on(data);
try {
  await collector.start();
  const told = await burst(collector, results, producers, datagrams);
  const rate = (count: number, ms: number): string => `${Math.round(count / (ms / 1_000))} a second`;
  for (const [name, { acknowledged, refused, given, ms }] of [
    ['results', told.results],
    ['producers', told.producers],
  ] as const)
    console.log(
      `${name}: ${acknowledged} acknowledged in ${(ms / 1_000).toFixed(1)} s (${rate(acknowledged, ms)}), ${refused} refused on the way, ${given} given up`,
    );
  console.log(
    `stored: ${told.stored.results} results, ${told.stored.producers} producers, each once: ${told.stored.once}`,
  );
  console.log(`datagrams: ${told.datagrams.sent} sent, ${told.datagrams.came} came, ${told.datagrams.stored} stored`);
  console.log(`balance: ${JSON.stringify(told.balance)}`);
  if (!told.stored.once || told.datagrams.stored !== told.datagrams.came) process.exitCode = 1;
} finally {
  await collector.end('SIGINT');
  rmSync(data, { recursive: true, force: true });
}
