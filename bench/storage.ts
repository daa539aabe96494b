import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Batch, sourceOf } from '../core/batch.ts';
import { columnsOfRows } from '../core/columns.ts';
import { type LabelSet, labelSetOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { together } from '../core/scrape/span.ts';
import { startHouse } from './house.ts';
import {
  ask,
  type Figures,
  hour,
  hourOfBatches,
  manifestsOf,
  pagesAnHour,
  round,
  samplesIn,
  startMs,
  sumOf,
  unitsOfPut,
} from './storage/common.ts';
import { dayFigures } from './storage/day-figures.ts';
import { pageFigures } from './storage/page-figures.ts';

// What storage costs, measured: recorded pages → the shipped ingest and compact on the embedded DynamoDB and S3 → items.
//
//     npm run bench:storage                     everything, some six minutes of CPU
//     npm run bench:storage -- pages|days|fleet one part of it; storage.json keeps the others

const asked = process.argv.slice(2);
const isAsked = (part: 'pages' | 'days' | 'fleet'): boolean => asked.length === 0 || asked.includes(part);
/** What a loop gathers at 15 s: limits.freshnessDefaultMs of it. */
const spanScrapes = limits.freshnessDefaultMs / 15_000;

const results: Record<string, Figures> = {};
const started = await startHouse();
const { house, stop } = started;

if (isAsked('pages')) {
  for (const name of ['node', 'prometheus', 'victoria', 'histograms']) results[name] = await pageFigures(name, started);
}
if (isAsked('days')) results['one target, days'] = await dayFigures(started);

// A fleet: 200 sources of 500 series, replicas of one page at different times of it.
if (isAsked('fleet')) {
  const fleet = 200;
  const batches = hourOfBatches('node');
  const own = await house(startMs);
  const sources = Array.from({ length: fleet }, (_, at) =>
    sourceOf(
      labelSetOf([
        ['job', 'fleet'],
        ['instance', `host-${at}:9100`],
      ]),
    ),
  );
  // The first 500 series of every page, as rows under a list that is the same as long as the series are.
  const lists = new Map<string, readonly LabelSet[]>();
  const rows = batches.map(({ columns }) => {
    const series = columns.series.slice(0, 500);
    const labels = series.map(each => each.labels);
    const key = JSON.stringify(labels);
    if (!lists.has(key)) lists.set(key, labels);
    return { labels: lists.get(key)!, values: [Float64Array.from(series, ({ column }) => column.values[0]!)] };
  });
  /** What a loop hands over for a source: the scrapes of its span together. */
  const spanOf = (at: number, source: number): Batch[] => {
    const pages = Array.from({ length: spanScrapes }, (_, each): Batch => {
      const timestampMs = startMs + (at + each) * 15_000;
      const columns = columnsOfRows([timestampMs], [true], rows[(at + each + source * 4) % pagesAnHour]!);
      return {
        id: `${source}@${timestampMs}`,
        via: 'pull',
        source: sources[source]!,
        acceptedAtMs: timestampMs,
        columns,
      };
    });
    return together(pages, `${source}@${at}`);
  };
  let samples = 0;
  for (let at = 0; at < pagesAnHour; at += spanScrapes) {
    await own.at(startMs + (at + spanScrapes) * 15_000);
    for (let from = 0; from < fleet; from += 50) {
      const all = Array.from({ length: 50 }, (_, each) => spanOf(at, from + each)).flat();
      samples += samplesIn(all);
      await own.store(all);
    }
  }
  const oneHour = [startMs, startMs + hour - 1] as const;
  const hotUnits = sumOf(own.written, ['s'], 'units') + sumOf(own.written, ['chunk', 'catalog'], 'units') / 24;
  const lookups = own.used().reduce((sum, { readUnits }) => sum + readUnits, 0);
  const hot = await ask(own.reader(), 'fleet', 'node_load1', ...oneHour, fleet * pagesAnHour);
  await own.at(startMs + hour + limits.compactAfterMs);
  const before = sumOf(own.written, [...own.written.keys()], 'units');
  const merging = await own.merge();
  const extra = sumOf(own.written, [...own.written.keys()], 'units') - before;
  const merged = await ask(own.reader(), 'fleet', 'node_load1', ...oneHour, fleet * pagesAnHour);
  const all =
    hotUnits +
    lookups / 5 +
    extra +
    merging.puts * unitsOfPut +
    merging.readUnits / 5 +
    (limits.blockShards * (3 * unitsOfPut + 2)) / 24;
  const blocks = (await manifestsOf(own.reader())).flatMap(({ objects }) => objects);
  results['fleet of 200 × 500'] = {
    samples,
    'hot: B/sample with schema and index': round(
      (sumOf(own.written, ['s'], 'bytes') + sumOf(own.written, ['chunk', 'catalog'], 'bytes') / 24) / samples,
    ),
    'hour blocks: B/sample': round(blocks.reduce((sum, { bytes }) => sum + bytes, 0) / samples),
    'samples/WRU, all-in': round(samples / all, 0),
    'samples/WRU, segments, schema and index': round(samples / hotUnits, 0),
    'PUTs an hour': merging.puts,
    'sum by (job) of one metric, 1 h, hot: RRU': hot.rru,
    'sum by (job) of one metric, 1 h, merged: RRU': merged.rru,
    'sum by (job) of one metric, 1 h, merged: GETs': merged.gets,
    'ingest: CPU µs/sample, with the SDK': round((own.handlerMs() * 1_000) / samples, 2),
    'merging: CPU µs/sample, with the SDK': round((merging.ms * 1_000) / samples, 2),
  };
}

await stop();
for (const [name, result] of Object.entries(results)) {
  console.log(`\n${name}`);
  for (const [figure, value] of Object.entries(result)) console.log(`  ${figure.padEnd(62)} ${value}`);
}
const file = join(import.meta.dirname, 'storage.json');
const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as typeof results) : {};
writeFileSync(file, `${JSON.stringify({ ...before, ...results }, null, 2)}\n`);
