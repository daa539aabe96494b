// How fast are pages read? Million samples and megabytes a second, medians, all readers in one run on one thread.
//
//   npm run bench:parse
//
// cold       a reader that knows nothing, as a push is read: every series becomes labels
// plain      a reader that knows the series by their bytes from the pages before
// predicted  the same, each page laid beside the one before
// npm 1      parse-prometheus-text-format · npm 2: prom2javascript; both are given strings, decoding is not counted
// go         Prometheus's own parser, series looked up as a scrape does · go labels: labels built

import parsePrometheusText from 'parse-prometheus-text-format';
import { getMetricsFromIterator } from 'prom2javascript';
import { PageReader, type Remembering } from '../core/exposition/page-reader.ts';
import { readText, textDialect } from '../core/exposition/text.ts';
import { buildGoParser } from './go-parser.ts';
import { histograms, type Pages, recorded, unsteady } from './pages.ts';

const bounds = { samples: 200_000 };

/** One way to read a target's pages; answers how much it found, so that nothing is optimized away. */
type Way = { readonly name: string; readonly read: () => Promise<number> | number };

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

const ours = (name: string, { pages }: Pages, remembering: Remembering | undefined): Way => {
  const reader = new PageReader(textDialect, bounds, remembering);
  return {
    name,
    read: () => {
      let samples = 0;
      for (const page of pages) {
        const { value, rejects } = remembering === undefined ? readText(page, bounds) : reader.read(page);
        if (rejects.length > 0) throw new Error(`${name}: ${rejects[0]!.reason}`);
        samples += value.count;
      }
      return samples;
    },
  };
};

const npmWays = ({ pages }: Pages): Way[] => {
  const texts = pages.map(page => page.toString());
  const lines = texts.map(text => text.split('\n'));
  return [
    {
      name: 'npm 1',
      read: () => {
        let families = 0;
        for (const text of texts) families += parsePrometheusText(text).length;
        return families;
      },
    },
    {
      name: 'npm 2',
      read: async () => {
        let families = 0;
        for (const page of lines) families += Object.keys(await getMetricsFromIterator(page.values())).length;
        return families;
      },
    },
  ];
};

/** Those that can read these pages at all; of the others it is said. */
const able = async (ways: readonly Way[], pages: string): Promise<Way[]> => {
  const can: Way[] = [];
  for (const way of ways) {
    try {
      await way.read();
      can.push(way);
    } catch (error) {
      console.log(`  ${way.name} cannot read ${pages}: ${(error as Error).message.slice(0, 80)}`);
    }
  }
  return can;
};

/** What every reader of ours makes of the pages must be the same, to the last bit and label. */
const check = (target: Pages): void => {
  const plain = new PageReader(textDialect, bounds, { remember: true });
  const predicted = new PageReader(textDialect, bounds, { predict: true });
  for (const page of target.pages) {
    const cold = readText(page, bounds).value;
    for (const reader of [plain, predicted]) {
      const { columns, families } = reader.read(page).value;
      const same =
        Buffer.from(columns.values.buffer, columns.values.byteOffset, columns.values.byteLength).equals(
          Buffer.from(cold.columns.values.buffer, cold.columns.values.byteOffset, cold.columns.values.byteLength),
        ) &&
        JSON.stringify(columns.series) === JSON.stringify(cold.columns.series) &&
        JSON.stringify(families) === JSON.stringify(cold.families);
      if (!same) throw new Error(`${target.name}: two readers differ`);
    }
  }
};

/** Samples a second of each way, the ways taking turns round by round, the first third to warm up. */
const race = async (ways: readonly Way[], samples: number, rounds: number): Promise<Map<string, number>> => {
  const rates = new Map(ways.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, read } of ways) {
      const start = process.hrtime.bigint();
      await read();
      rates.get(name)!.push((samples / Number(process.hrtime.bigint() - start)) * 1e9);
    }
  }
  return new Map([...rates].map(([name, all]) => [name, median(all.slice(Math.floor(rounds / 3)))]));
};

const format = (rate: number | undefined): string => (rate === undefined ? '-' : (rate / 1e6).toFixed(2));
const row = (cells: readonly string[]): string =>
  cells.map((cell, at) => (at === 0 ? cell.padEnd(34) : cell.padStart(12))).join('');

const go = buildGoParser();
if (typeof go === 'string') console.log(`skipped: Prometheus's own parser, ${go}\n`);

const targets = [recorded('node'), recorded('prometheus'), recorded('victoria'), histograms()];

console.log('million samples a second\n');
console.log(row(['', 'samples', 'bytes', 'cold', 'plain', 'predicted', 'npm 1', 'npm 2', 'go', 'go labels']));
const ratios: string[][] = [];
for (const target of targets) {
  check(target);
  const samples = target.pages.reduce((sum, page) => sum + readText(page, bounds).value.count, 0);
  const bytes = target.pages.reduce((sum, page) => sum + page.length, 0);
  const rates = await race(
    [
      ours('cold', target, undefined),
      ours('plain', target, { remember: true }),
      ours('predicted', target, { predict: true }),
      ...(await able(npmWays(target), target.name)),
    ],
    samples,
    15,
  );
  // More rounds of the quick ones alone: they need them to warm up.
  for (const [name, rate] of await race(
    [ours('plain', target, { remember: true }), ours('predicted', target, { predict: true })],
    samples,
    90,
  ))
    rates.set(name, rate);
  if (typeof go !== 'string') {
    for (const [name, mode] of [
      ['go', 'cached'],
      ['go labels', 'labels'],
    ] as const) {
      const run = go.rates(mode, target, 60);
      if (run.samples !== samples)
        throw new Error(`${target.name}: Prometheus reads ${run.samples} samples, we ${samples}`);
      rates.set(name, median(run.rates.slice(20)));
    }
  }
  const rate = (name: string): number | undefined => rates.get(name);
  const pages = target.pages.length;
  const names = ['cold', 'plain', 'predicted', 'npm 1', 'npm 2', 'go', 'go labels'];
  console.log(
    row([
      target.name,
      String(Math.round(samples / pages)),
      String(Math.round(bytes / pages)),
      ...names.map(name => format(rate(name))),
    ]),
  );
  console.log(
    row([
      '  MB/s',
      '',
      '',
      ...names.map(name => (rate(name) === undefined ? '-' : ((rate(name)! * bytes) / samples / 1e6).toFixed(0))),
    ]),
  );
  const times = (a: string, b: string): string =>
    rate(a) === undefined || rate(b) === undefined ? '-' : `${(rate(a)! / rate(b)!).toFixed(1)} ×`;
  ratios.push([
    target.name,
    times('predicted', 'npm 1'),
    times('predicted', 'go'),
    times('plain', 'npm 1'),
    times('plain', 'go'),
    times('cold', 'npm 1'),
    times('cold', 'go labels'),
  ]);
}
console.log(`\n${row(['', 'pred/npm 1', 'pred/go', 'plain/npm 1', 'plain/go', 'cold/npm 1', 'cold/go lab.'])}`);
for (const cells of ratios) console.log(row(cells));

console.log(
  `\nshapes that are hard to predict, made of the node pages\n\n${row(['', 'plain', 'predicted', 'pred/plain', 'go', 'pred/go'])}`,
);
for (const target of unsteady(targets[0]!)) {
  check(target);
  const samples = target.pages.reduce((sum, page) => sum + readText(page, bounds).value.count, 0);
  const rates = await race(
    [ours('plain', target, { remember: true }), ours('predicted', target, { predict: true })],
    samples,
    90,
  );
  const plain = rates.get('plain')!;
  const predicted = rates.get('predicted')!;
  const goRate = typeof go === 'string' ? undefined : median(go.rates('cached', target, 40).rates.slice(15));
  console.log(
    row([
      target.name,
      format(plain),
      format(predicted),
      `${(predicted / plain).toFixed(2)} ×`,
      format(goRate),
      goRate === undefined ? '-' : `${(predicted / goRate).toFixed(1)} ×`,
    ]),
  );
}
if (typeof go !== 'string') go.remove();
