import { limits } from '../../core/limits.ts';
import { codecTimes } from './codec.ts';
import {
  ask,
  type Figures,
  hour,
  hourOfBatches,
  manifestsOf,
  pagesAnHour,
  round,
  type Started,
  samplesIn,
  startMs,
  sumOf,
  unitsOfPut,
} from './common.ts';

/** What an hour of one target's pages costs, hot and merged, and what it takes to code them. */
export const pageFigures = async (name: string, { engineName, house }: Started): Promise<Figures> => {
  const batches = hourOfBatches(name);
  const samples = samplesIn(batches);
  const result: Figures = { series: batches[0]!.columns.series.length, samples };

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
  return result;
};
