import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Batch, sourceIdOf, sourceOf } from '../core/batch.ts';
import { type Columns, columnsOfRows } from '../core/columns.ts';
import { type LabelSet, labelOf, labelSetOf, metricNameOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { together } from '../core/scrape/span.ts';
import { segmentsOf } from '../core/segment/gather.ts';
import { decodeHour } from '../core/segment/hour.ts';
import { orderedOf } from '../core/segment/order.ts';
import { chunksOf } from '../core/segment/schema.ts';
import { type Base, encodeSegment } from '../core/segment/segment.ts';
import type { SchemaChunk } from '../core/segment/stored.ts';
import type { SeriesReader } from '../functions/reading.ts';
import { cpuMs, startHouse, type Written } from './house.ts';
import { batchOf } from './pages/batches.ts';
import { histogramPages } from './pages/histograms.ts';
import { type Page, unpack } from './pages/pages.ts';

// What storage costs, measured: recorded pages → the shipped ingest and compact on the embedded DynamoDB and S3 → items.
//
//     npm run bench:storage                     everything, some six minutes of CPU
//     npm run bench:storage -- pages|days|fleet one part of it; storage.json keeps the others

const asked = process.argv.slice(2);
const isAsked = (part: 'pages' | 'days' | 'fleet'): boolean => asked.length === 0 || asked.includes(part);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const startMs = Date.UTC(2026, 0, 1);
const pagesAnHour = 240;
/** What a loop gathers at 15 s: limits.freshnessDefaultMs of it. */
const spanScrapes = limits.freshnessDefaultMs / 15_000;

/** A PUT of S3 costs as much as 8 write units ($0.005 a thousand, $0.625 a million); a GET as 3.2 read units. */
const unitsOfPut = 8;
const unitsOfGet = 3.2;

const recorded = (name: string): Page[] => {
  const path = join(import.meta.dirname, 'pages', `${name}.pages.br`);
  if (!existsSync(path)) throw new Error(`${path} is missing: make it with node bench/pages/record.ts`);
  return unpack(readFileSync(path));
};

/** An hour of batches from midnight on; a recording that is shorter begins again. The scrape's duration varies. */
const hourOfBatches = (name: string): Batch[] => {
  const pages = name === 'histograms' ? histogramPages(pagesAnHour, startMs) : recorded(name);
  return Array.from({ length: pagesAnHour }, (_, slot) => {
    const page = pages[slot % pages.length]!;
    const timestampMs = startMs + slot * 15_000;
    return batchOf(
      { ...page, timestampMs },
      name,
      name,
      20 + ((slot * 7_919) % 13) + ((slot * 104_729) % 1_000) / 1_000,
    );
  });
};

const samplesIn = (batches: readonly Batch[]): number =>
  batches.reduce((sum, { columns }) => sum + columns.series.length * columns.timestampsMs.length, 0);

const moved = ({ columns, ...batch }: Batch, byMs: number, source = batch.source): Batch => ({
  ...batch,
  id: `${sourceIdOf(source)}+${byMs} ${batch.id}`,
  source,
  acceptedAtMs: batch.acceptedAtMs + byMs,
  columns: { ...columns, timestampsMs: columns.timestampsMs.map(timestampMs => timestampMs + byMs) },
});

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN;

/**
 * CPU of minute segments, the median of runs over an hour, in µs a sample: the codec alone, and all that ingest does with
 * batches before it writes. The answer is checked first.
 */
const codecTimes = (batches: readonly Batch[], samples: number) => {
  const runs = { encode: [] as number[], decode: [] as number[], gather: [] as number[] };
  const chunks = new Map<string, SchemaChunk>();
  for (let run = 0; run < 7; run += 1) {
    let base: Base | undefined;
    const segments: Uint8Array[] = [];
    const began = cpuMs();
    for (let at = 0; at < batches.length; at += 4) {
      const four = batches.slice(at, at + 4).map(batch => ({ batch, part: 0 }));
      const writes = segmentsOf(four, { baseFor: () => base, chunks });
      base = writes.ends[0]!.base;
      for (const chunk of writes.chunks) chunks.set(chunk.id, chunk);
      segments.push(...writes.segments.map(({ bytes }) => bytes));
    }
    const gathered = cpuMs();
    const { columns, rejects } = decodeHour(segments, id => chunks.get(id)?.sets);
    const decoded = cpuMs();
    if (rejects.length > 0) throw new Error(`not read: ${rejects[0]!.reject.reason}`);
    if (run === 0) same(columns, batches);
    const schemas = columns.map(({ series }) =>
      chunksOf(
        series.map(({ labels }) => orderedOf(labels)),
        chunks,
      ).map(({ id, sets }) => ({ id, count: sets.length })),
    );
    const beganEncode = cpuMs();
    let end: Base | undefined;
    for (const [at, block] of columns.entries())
      end = encodeSegment(
        schemas[at]!,
        block,
        end === undefined || end.depth >= limits.segmentDepth ? undefined : end,
      ).end;
    runs.encode.push(((cpuMs() - beganEncode) * 1_000) / samples);
    runs.gather.push(((gathered - began) * 1_000) / samples);
    runs.decode.push(((decoded - gathered) * 1_000) / samples);
  }
  return { encode: median(runs.encode), decode: median(runs.decode), gather: median(runs.gather) };
};

/** Every bit of every sample is there, and no other sample. */
const same = (read: readonly Columns[], sent: readonly Batch[]): void => {
  const cellsOf = (all: readonly Columns[]): Map<string, string> => {
    const cells = new Map<string, string>();
    for (const { timestampsMs, series } of all)
      for (const { labels, column } of series)
        for (const [slot, timestampMs] of timestampsMs.entries())
          if (column.has(slot))
            cells.set(`${JSON.stringify(labels)}@${timestampMs}`, `${column.high(slot)}:${column.low(slot)}`);
    return cells;
  };
  const [a, b] = [cellsOf(read), cellsOf(sent.map(({ columns }) => columns))];
  if (a.size !== b.size) throw new Error(`${a.size} samples read, ${b.size} sent`);
  for (const [name, bits] of b)
    if (a.get(name) !== bits) throw new Error(`${name} was read as ${a.get(name)}, sent as ${bits}`);
};

const sumOf = (written: Written, kinds: readonly string[], what: 'bytes' | 'units'): number =>
  kinds.reduce((sum, kind) => sum + (written.get(kind)?.[what] ?? 0), 0);

const round = (value: number, digits = 3): number => Number(value.toFixed(digits));
const results: Record<string, Record<string, number>> = {};
const { engineName, house, stop } = await startHouse();

const manifestsOf = (reader: SeriesReader) => reader.manifestsOn(Math.floor(startMs / day));

const ask = async (
  reader: SeriesReader,
  job: string,
  name: string | undefined,
  fromMs: number,
  toMs: number,
  least: number,
) => {
  const matches = (labels: ReturnType<typeof labelSetOf>) =>
    labelOf(labels, 'job') === job && (name === undefined || metricNameOf(labels) === name);
  const { series, warnings, units } = await reader.read(
    { matches, job, ...(name !== undefined && { name }) },
    fromMs,
    toMs,
  );
  if (warnings.length > 0) throw new Error(warnings[0]);
  const samples = series.reduce((sum, each) => sum + each.samples.length, 0);
  if (samples < least) throw new Error(`${samples} samples of ${name ?? 'all'} of ${job}, expected ${least}`);
  return { rru: round(units.readUnits + units.gets * unitsOfGet, 1), gets: units.gets };
};

for (const name of isAsked('pages') ? ['node', 'prometheus', 'victoria', 'histograms'] : []) {
  const batches = hourOfBatches(name);
  const samples = samplesIn(batches);
  const result: Record<string, number> = { series: batches[0]!.columns.series.length, samples };
  results[name] = result;

  // Four scrapes a segment, one warm worker; ten workers in turn; and each scrape alone.
  for (const [form, workers, together] of [
    ['hot', 1, 4],
    ['hot, 10 workers', 10, 4],
    ['hot, a scrape a segment', 1, 1],
  ] as const) {
    const own = await house(startMs, workers);
    for (let at = 0; at < batches.length; at += together) {
      await own.at(startMs + (at + together) * 15_000);
      await own.store(batches.slice(at, at + together));
    }
    const segments = sumOf(own.written, ['s'], 'bytes');
    // What is written once a day by each worker is shared by a day's samples.
    const daily = sumOf(own.written, ['chunk', 'catalog'], 'bytes') / 24;
    result[`${form}: B/sample with schema and index`] = round((segments + daily) / samples);
    const reported = own.used().reduce((sum, { writeUnits }) => sum + writeUnits, 0);
    const computed = sumOf(own.written, [...own.written.keys()], 'units');
    if (Math.abs(reported - computed) > computed * 0.01)
      throw new Error(`${engineName} reports ${reported} write units, the rules say ${computed}`);
    const hotUnits = sumOf(own.written, ['s'], 'units') + sumOf(own.written, ['chunk', 'catalog'], 'units') / 24;
    const lookups = own.used().reduce((sum, { readUnits }) => sum + readUnits, 0);
    result[`${form}: samples/WRU`] = round(samples / (hotUnits + lookups / 5), 0);
    if (form !== 'hot') continue;
    result['segments alone: B/sample'] = round(segments / samples);
    result['schema and index: B, a day'] = sumOf(own.written, ['chunk', 'catalog'], 'bytes');
    const metric = name === 'histograms' ? 'http_request_duration_seconds_count' : 'up';
    const oneHour = [startMs, startMs + hour - 1] as const;
    result['read hot, one metric, 1 h: RRU'] = (await ask(own.reader(), name, metric, ...oneHour, pagesAnHour)).rru;
    result['read hot, all series, 1 h: RRU'] = (await ask(own.reader(), name, undefined, ...oneHour, samples)).rru;
    await own.at(startMs + hour + limits.compactAfterMs);
    const before = sumOf(own.written, [...own.written.keys()], 'units');
    const merging = await own.merge();
    const extraUnits = sumOf(own.written, [...own.written.keys()], 'units') - before;
    const [manifest] = await manifestsOf(own.reader());
    result['hour block: B/sample'] = round(manifest!.objects.reduce((sum, { bytes }) => sum + bytes, 0) / samples);
    result['merging an hour: WRU, without the PUT'] = extraUnits;
    result['merging an hour: RRU'] = round(merging.readUnits, 1);
    result['merging: CPU µs/sample, with the SDK'] = round((merging.ms * 1_000) / samples, 2);
    // The day and its rollups are three more objects and a manifest a day.
    const all =
      hotUnits +
      lookups / 5 +
      extraUnits +
      merging.puts * unitsOfPut +
      (3 * unitsOfPut + 2) / 24 +
      merging.readUnits / 5;
    result['samples/WRU, all-in, a lone target'] = round(samples / all, 0);
    // A shard's object holds the hour of all its sources: here of 200 / 32.
    const shared =
      hotUnits +
      lookups / 5 +
      (extraUnits + merging.puts * unitsOfPut + (3 * unitsOfPut + 2) / 24) / (200 / limits.blockShards) +
      merging.readUnits / 5;
    result['samples/WRU, all-in, of a fleet of 200'] = round(samples / shared, 0);
    result['read merged, one metric, 1 h: RRU'] = (await ask(own.reader(), name, metric, ...oneHour, pagesAnHour)).rru;
    result['read merged, all series, 1 h: RRU'] = (await ask(own.reader(), name, undefined, ...oneHour, samples)).rru;
  }
  const { encode, decode, gather } = codecTimes(batches, samples);
  result['encode: CPU µs/sample'] = round(encode, 2);
  result['decode: CPU µs/sample'] = round(decode, 2);
  result['gather and encode: CPU µs/sample'] = round(gather, 2);
}

// One target for two days: what a day costs to read once it is merged.
if (isAsked('days')) {
  const batches = hourOfBatches('node');
  const own = await house(startMs);
  for (let hours = 0; hours < 48; hours += 1) {
    for (let at = 0; at < batches.length; at += 4) {
      await own.at(startMs + hours * hour + (at + 4) * 15_000);
      await own.store(batches.slice(at, at + 4).map(batch => moved(batch, hours * hour)));
    }
  }
  await own.at(startMs + 2 * day + 3 * hour);
  const merging = await own.merge();
  const perDay = pagesAnHour * 24;
  const oneDay = await ask(own.reader(), 'node', 'node_load1', startMs, startMs + day - 1, perDay);
  const across = await ask(own.reader(), 'node', 'node_load1', startMs + day / 2, startMs + day * 1.5 - 1, perDay);
  const next = await ask(own.reader(), 'node', 'node_load1', startMs, startMs + 2 * day - 1, 2 * perDay);
  const rolled = await own
    .rollupReader()
    .read(
      { matches: labels => metricNameOf(labels) === 'node_load1', name: 'node_load1' },
      '1h',
      startMs,
      startMs + 2 * day,
    );
  if (rolled.series[0]?.buckets.length !== 48) throw new Error('not every hour was rolled up');
  const manifests = await own.reader().manifestsOn(Math.floor(startMs / day));
  const bytesOf = (resolution: string) =>
    manifests
      .flatMap(({ objects }) => objects)
      .filter(object => object.resolution === resolution)
      .reduce((sum, { bytes }) => sum + bytes, 0);
  results['one target, days'] = {
    'one series, a day, merged: RRU': oneDay.rru,
    'one series, 24 h across midnight: RRU': across.rru,
    'one series, 30 d, raw: RRU (from one and two days)': round(oneDay.rru + (next.rru - oneDay.rru) * 29, 0),
    'one series, 30 d, 1 h rollups: RRU (from two days)': round(
      ((rolled.units.readUnits + rolled.units.gets * unitsOfGet) / 2) * 30,
      0,
    ),
    'day block: B/sample': round(bytesOf('raw') / (samplesIn(batches) * 24)),
    '5 m rollups: B/raw sample': round(bytesOf('5m') / (samplesIn(batches) * 24), 4),
    '1 h rollups: B/raw sample': round(bytesOf('1h') / (samplesIn(batches) * 24), 4),
    'merging 48 h: CPU s': round(merging.ms / 1_000, 1),
  };
}

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
