// Feeds the readers pages that are nearly right: each is read plainly, by a reader that remembers and by one that
// predicts, and all three must agree; nothing may throw or take long.
//
//   npm run fuzz:exposition -- --inputs 10000000 [--seed 1] [--slow-ms 100]

import { parseArgs } from 'node:util';
import type { Dialect } from '../core/exposition/dialect.ts';
import { lenientOpenMetrics, strictOpenMetrics } from '../core/exposition/openmetrics.ts';
import { PageReader } from '../core/exposition/page-reader.ts';
import { textDialect } from '../core/exposition/text.ts';
import { PageMaker } from '../test/core/exposition/page-maker.ts';
import { differenceOf } from '../test/core/exposition/same-reading.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    'slow-ms': { type: 'string', default: '100' },
  },
});
const inputs = Number(values.inputs);
const slowMs = Number(values['slow-ms']);
const bounds = { samples: 1_000 };
const dialects = [
  ['text', textDialect],
  ['openmetrics', lenientOpenMetrics],
  ['openmetrics', strictOpenMetrics],
] as const;

let done = 0;
let good = 0;
let slowest = { ms: 0, page: '' };
const wrong: string[] = [];

const complain = (what: string, page: Buffer): void => {
  wrong.push(`${what}: ${JSON.stringify(page.toString('latin1'))}`);
};

const msOf = (dialect: Dialect, bytes: Buffer): number => {
  const start = process.hrtime.bigint();
  const reader = new PageReader(dialect, bounds, { predict: true });
  reader.read(bytes);
  reader.read(bytes);
  return Number(process.hrtime.bigint() - start) / 1e6;
};

for (let target = 0; done < inputs && wrong.length < 10; target += 1) {
  const [format, dialect] = dialects[target % dialects.length]!;
  const maker = new PageMaker(Number(values.seed) * 1_000_003 + target, format);
  const plain = new PageReader(dialect, bounds);
  const others = [
    new PageReader(dialect, bounds, { remember: true }),
    new PageReader(dialect, bounds, { predict: true }),
  ];
  for (let page = 0; page < 20 && done < inputs; page += 1) {
    const bytes = maker.next();
    const start = process.hrtime.bigint();
    try {
      const expected = plain.read(bytes);
      if (expected.rejects.length === 0) good += 1;
      for (const reader of others) {
        const difference = differenceOf(expected, reader.read(bytes));
        if (difference !== undefined) complain(`readers differ, ${difference}`, bytes);
      }
    } catch (error) {
      complain(`a crash, ${(error as Error).stack}`, bytes);
    }
    let ms = Number(process.hrtime.bigint() - start) / 1e6;
    if (ms > slowest.ms) {
      // The machine may have been elsewhere: what an input takes is the least of several times.
      for (let again = 0; again < 3; again += 1) ms = Math.min(ms, msOf(dialect, bytes));
      if (ms > slowest.ms) slowest = { ms, page: bytes.toString('latin1') };
      if (ms > slowMs) complain(`${ms.toFixed(1)} ms`, bytes);
    }
    done += 1;
    if (done % Math.ceil(inputs / 10) !== 0) continue;
    // Only what is left after collecting can tell whether memory grows.
    globalThis.gc?.();
    const { heapUsed, rss, arrayBuffers } = process.memoryUsage();
    const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    console.log(
      `${done} inputs, ${good} without a reject, heap ${mib(heapUsed)}, buffers ${mib(arrayBuffers)}, resident ${mib(rss)}`,
    );
  }
}

console.log(`slowest: ${slowest.ms.toFixed(2)} ms: ${JSON.stringify(slowest.page).slice(0, 200)}`);
for (const each of wrong) console.log(`WRONG ${each}`);
console.log(`${done} inputs, ${wrong.length} wrong`);
process.exitCode = wrong.length === 0 ? 0 : 1;
