// Feeds the readers pages that are nearly right. Each text is read plainly, by a reader that remembers and by one that
// predicts, and all three must agree; each protobuf twice. Nothing may throw or take long.
//
//   npm run fuzz:exposition -- --inputs 10000000 [--seed 1] [--slow-ms 100]

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Dialect } from '../core/exposition/dialect.ts';
import { lenientOpenMetrics, strictOpenMetrics } from '../core/exposition/openmetrics.ts';
import { PageReader } from '../core/exposition/page-reader.ts';
import { readProtobuf } from '../core/exposition/protobuf.ts';
import { textDialect } from '../core/exposition/text.ts';
import { type Format, PageMaker } from '../test/core/exposition/page-maker.ts';
import { differenceOf } from '../test/core/exposition/same-reading.ts';
import { dice } from './pages.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    'slow-ms': { type: 'string', default: '100' },
  },
});
const inputs = Number(values.inputs);
const slowMs = Number(values['slow-ms']);
const seed = Number(values.seed) * 1_000_003;
const bounds = { samples: 1_000 };

/** One target: its pages, and a reader or several that must agree about each. `fresh` readers know no page before. */
type Target = { readonly next: () => Buffer; readonly fresh: () => (page: Buffer) => Agreed };
type Agreed = { readonly isGood: boolean; readonly difference: string | undefined };

const textTarget = (format: Format, dialect: Dialect, number: number): Target => {
  const maker = new PageMaker(seed + number, format);
  return {
    next: () => maker.next(),
    fresh: () => {
      const plain = new PageReader(dialect, bounds);
      const others = [
        new PageReader(dialect, bounds, { remember: true }),
        new PageReader(dialect, bounds, { predict: true }),
      ];
      return page => {
        const read = plain.read(page);
        const differences = others.map(reader => differenceOf(read, reader.read(page)));
        return { isGood: read.rejects.length === 0, difference: differences.find(each => each !== undefined) };
      };
    },
  };
};

const pushed = Buffer.from(
  readFileSync(join(import.meta.dirname, '../test/fixtures/client-golang.pb.base64'), 'utf8'),
  'base64',
);

/** What client_golang pushes, changed a little more each time: bytes are written over, left out, put in or said again. */
const protobufTarget = (number: number): Target => {
  const roll = dice(seed + number);
  let page = pushed;
  return {
    next: () => {
      const at = roll(page.length + 1);
      const [from, length] = [roll(page.length + 1), roll(12)];
      const put = roll(2) === 0 ? page.subarray(from, from + length) : Buffer.from([roll(256), roll(256), roll(256)]);
      page = Buffer.concat([page.subarray(0, at), put.subarray(0, roll(4) * 4), page.subarray(at + roll(3))]);
      return page;
    },
    fresh: () => page => {
      const read = readProtobuf(page, bounds);
      return { isGood: read.rejects.length === 0, difference: differenceOf(read, readProtobuf(page, bounds)) };
    },
  };
};

const kinds: readonly ((number: number) => Target)[] = [
  number => textTarget('text', textDialect, number),
  number => textTarget('openmetrics', lenientOpenMetrics, number),
  number => textTarget('openmetrics', strictOpenMetrics, number),
  protobufTarget,
];

let done = 0;
let good = 0;
let slowest = { ms: 0, page: '' };
const wrong: string[] = [];

const complain = (what: string, page: Buffer): void => {
  wrong.push(`${what}: ${JSON.stringify(page.toString('latin1'))}`);
};

const msOf = (work: () => void): number => {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e6;
};

for (let number = 0; done < inputs && wrong.length < 10; number += 1) {
  const target = kinds[number % kinds.length]!(number);
  const read = target.fresh();
  for (let pages = 0; pages < 20 && done < inputs; pages += 1) {
    const page = target.next();
    let ms = msOf(() => {
      try {
        const { isGood, difference } = read(page);
        if (isGood) good += 1;
        if (difference !== undefined) complain(`readings differ, ${difference}`, page);
      } catch (error) {
        complain(`a crash, ${(error as Error).stack}`, page);
      }
    });
    if (ms > slowest.ms) {
      // The machine may have been elsewhere: what an input takes is the least of several times.
      for (let again = 0; again < 3; again += 1) {
        const readAnew = target.fresh();
        ms = Math.min(
          ms,
          msOf(() => {
            readAnew(page);
            readAnew(page);
          }),
        );
      }
      if (ms > slowest.ms) slowest = { ms, page: page.toString('latin1') };
      if (ms > slowMs) complain(`${ms.toFixed(1)} ms`, page);
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
