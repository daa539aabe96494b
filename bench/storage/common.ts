import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Batch, sourceIdOf } from '../../core/batch.ts';
import { labelOf, type labelSetOf, metricNameOf } from '../../core/labels.ts';
import type { SeriesReader } from '../../functions/reading.ts';
import type { startHouse, Written } from '../house.ts';
import { batchOf } from '../pages/batches.ts';
import { histogramPages } from '../pages/histograms.ts';
import { type Page, unpack } from '../pages/pages.ts';

// What all parts of the storage bench share: hours of recorded pages, sums of what was written, questions.

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
export const startMs = Date.UTC(2026, 0, 1);
export const pagesAnHour = 240;

/** A PUT of S3 costs as much as 8 write units ($0.005 a thousand, $0.625 a million); a GET as 3.2 read units. */
export const unitsOfPut = 8;
export const unitsOfGet = 3.2;

const recorded = (name: string): Page[] => {
  const path = join(import.meta.dirname, '../pages', `${name}.pages.br`);
  if (!existsSync(path)) throw new Error(`${path} is missing: make it with node bench/pages/record.ts`);
  return unpack(readFileSync(path));
};

/** An hour of batches from midnight on; a recording that is shorter begins again. The scrape's duration varies. */
export const hourOfBatches = (name: string): Batch[] => {
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

export const samplesIn = (batches: readonly Batch[]): number =>
  batches.reduce((sum, { columns }) => sum + columns.series.length * columns.timestampsMs.length, 0);

export const moved = ({ columns, ...batch }: Batch, byMs: number, source = batch.source): Batch => ({
  ...batch,
  id: `${sourceIdOf(source)}+${byMs} ${batch.id}`,
  source,
  acceptedAtMs: batch.acceptedAtMs + byMs,
  columns: { ...columns, timestampsMs: columns.timestampsMs.map(timestampMs => timestampMs + byMs) },
});

export const sumOf = (written: Written, kinds: readonly string[], what: 'bytes' | 'units'): number =>
  kinds.reduce((sum, kind) => sum + (written.get(kind)?.[what] ?? 0), 0);

export const round = (value: number, digits = 3): number => Number(value.toFixed(digits));
/** The embedded services, and houses on them. */
export type Started = Awaited<ReturnType<typeof startHouse>>;
export type Figures = Record<string, number>;

export const manifestsOf = (reader: SeriesReader) => reader.manifestsOn(Math.floor(startMs / day));

export const ask = async (
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
