import { type Source, sourceIdOf } from '../core/batch.ts';
import { keyOf, type LabelSet, labelOf, labelSetOf, merged } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import type { SeriesColumns } from '../core/promql/series.ts';
import type { PlacedCell } from '../core/segment/block.ts';
import { fingerprintOf } from '../core/segment/catalog.ts';
import { decodeLabelSets } from '../core/segment/chunk.ts';
import { shardOf } from '../core/segment/merge.ts';
import { type Aggregate, aggregates } from '../core/segment/rollup.ts';
import { decodeSegment } from '../core/segment/segment.ts';
import type { Ports, Units } from '../io/ports.ts';
import { BlockReader, type CellBytes } from './block-reading.ts';
import { inParallel } from './parallel.ts';
import { OverLimit, type SeriesRead } from './reading.ts';
import { unitsSince, usedBy } from './units.ts';
import { daysOf, type Wanted } from './wanted.ts';

export type Bucketed = '5m' | '1h';

export const bucketMsOf: Readonly<Record<Bucketed, number>> = { '5m': 5 * 60_000, '1h': 60 * 60_000 };

/** What is kept of one series beyond its samples: for each bucket, where it begins and its aggregates. */
export type RolledSeries = {
  readonly labels: LabelSet;
  readonly buckets: readonly (Readonly<Record<Aggregate, number>> & { readonly timestampMs: number })[];
};

export type RollupsRead = {
  readonly series: readonly RolledSeries[];
  readonly warnings: readonly string[];
  readonly units: Units;
};

/** A series' buckets on their way: where each begins, and of each the aggregates that are asked for. */
type Growing = { readonly labels: LabelSet; readonly begins: number[]; readonly columns: number[][] };

/** Reads what is kept of samples in buckets, of days that are over. */
export class RollupReader {
  readonly #blocks: Ports['blocks'];
  readonly #clock: Ports['clock'];
  readonly #retention: Ports['retention'];
  readonly #cells: BlockReader;

  constructor(ports: Pick<Ports, 'blocks' | 'clock' | 'retention'>) {
    this.#blocks = ports.blocks;
    this.#clock = ports.clock;
    this.#retention = ports.retention;
    this.#cells = new BlockReader(ports);
  }

  /** Buckets that begin in [fromMs, toMs], of each these aggregates. */
  async columns(
    wanted: Wanted,
    resolution: Bucketed,
    fromMs: number,
    toMs: number,
    of: readonly Aggregate[],
  ): Promise<SeriesRead<SeriesColumns>> {
    const before = usedBy(this.#blocks);
    const keptMs = resolution === '5m' ? this.#retention.fiveMinuteMs : this.#retention.hourMs;
    const oldestMs = Math.max(fromMs, this.#clock.nowMs() - keptMs);
    const warnings: string[] = [];
    const found = new Map<string, Growing>();
    const shard = shardWanted(wanted);
    const isWanted = wantedCell(wanted);
    const growth = new Growth(found, wanted, of, oldestMs, toMs);
    await inParallel(daysOf(oldestMs, toMs), limits.queryReadsParallel, async day => {
      const manifests = await this.#blocks.manifestsOn(day, shard);
      // The last object that has a source speaks for it; there is one, as every merge rolls up the whole day.
      const own = manifests.flatMap(({ objects }) => objects.filter(object => object.resolution === resolution));
      const sources = new Map<string, Source>();
      const read = await this.#cells.cells(own, cell => {
        if (isWanted(cell)) sources.set(cell.sourceId, cell.source);
        return isWanted(cell);
      });
      warnings.push(...read.warnings, ...read.gone.map(key => `object ${key} is gone`));
      for (const cell of read.cells) warnings.push(...growth.add(cell, sources.get(cell.sourceId)!));
    });
    const series = [...found.values()].map(each => columnsOf(each, of, bucketMsOf[resolution]));
    return { series, warnings, units: unitsSince(before, usedBy(this.#blocks)) };
  }

  /** The same with all aggregates, bucket by bucket. */
  async read(wanted: Wanted, resolution: Bucketed, fromMs: number, toMs: number): Promise<RollupsRead> {
    const { series, ...rest } = await this.columns(wanted, resolution, fromMs, toMs, aggregates);
    const bucketsOf = ({ labels, timesMs, rolled }: SeriesColumns): RolledSeries => ({
      labels,
      buckets: [...timesMs].map((endMs, at) => {
        const values = aggregates.map(aggregate => [aggregate, rolled![aggregate]![at]!]);
        const own = Object.fromEntries(values) as Record<Aggregate, number>;
        return { timestampMs: endMs - rolled!.bucketMs, ...own };
      }),
    });
    return { series: series.map(bucketsOf), ...rest };
  }
}

/** The shard that a source is in which job and instance name; undefined where several may be meant. */
const shardWanted = ({ job, instance }: Wanted): number | undefined =>
  job === undefined || instance === undefined
    ? undefined
    : shardOf(
        sourceIdOf(
          labelSetOf([
            ['job', job],
            ['instance', instance],
          ]),
        ),
      );

const wantedCell = ({ name, job, instance }: Wanted): ((cell: PlacedCell) => boolean) => {
  const fingerprint = name === undefined ? undefined : fingerprintOf(name);
  return ({ chunk, source }) =>
    (fingerprint === undefined || chunk.names.includes(fingerprint)) &&
    (job === undefined || labelOf(source, 'job') === job) &&
    (instance === undefined || labelOf(source, 'instance') === instance);
};

class Growth {
  readonly #found: Map<string, Growing>;
  readonly #wanted: Wanted;
  readonly #of: readonly Aggregate[];
  readonly #fromMs: number;
  readonly #toMs: number;
  #buckets = 0;

  constructor(found: Map<string, Growing>, wanted: Wanted, of: readonly Aggregate[], fromMs: number, toMs: number) {
    this.#found = found;
    this.#wanted = wanted;
    this.#of = of;
    this.#fromMs = fromMs;
    this.#toMs = toMs;
  }

  /** Adds a cell of rollups to the series it belongs to. Answers warnings. */
  add({ sets, parts }: CellBytes, source: Source): string[] {
    const schema = decodeLabelSets(sets ?? new Uint8Array(0));
    if (!schema.ok) return [`a rollup was left out: ${schema.reject.reason}`];
    const rows = schema.sets.map(own => merged(own, source));
    if (!rows.some(labels => this.#wanted.matches(labels))) return [];
    const blocks = [];
    for (const aggregate of this.#of) {
      const block = decodeSegment(parts[aggregates.indexOf(aggregate)] ?? new Uint8Array(0), {
        chunkOf: () => schema.sets,
      });
      if (!block.ok) return [`a rollup was left out: ${block.reject.reason}`];
      blocks.push(block.columns);
    }
    const first = blocks[0]!;
    for (const [row, labels] of rows.entries()) {
      if (!this.#wanted.matches(labels)) continue;
      const columns = blocks.map(block => block.series[row]!.column);
      let each: Growing | undefined;
      for (const [slot, beginMs] of first.timestampsMs.entries()) {
        if (beginMs < this.#fromMs || beginMs > this.#toMs || !columns[0]!.has(slot)) continue;
        each ??= this.#growing(labels);
        each.begins.push(beginMs);
        for (const [at, column] of columns.entries()) each.columns[at]!.push(column.values[slot]!);
        this.#buckets += 1;
      }
      if (this.#buckets > limits.querySamples)
        throw new OverLimit(`the query reads more than ${limits.querySamples} buckets, shorten its range`);
    }
    return [];
  }

  #growing(labels: LabelSet): Growing {
    const key = keyOf(labels);
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    if (this.#found.size >= limits.querySeries)
      throw new OverLimit(`the query touches more than ${limits.querySeries} series, narrow its matchers`);
    const made = { labels, begins: [], columns: this.#of.map(() => []) };
    this.#found.set(key, made);
    return made;
  }
}

/** Days were read in no particular order. */
const columnsOf = ({ labels, begins, columns }: Growing, of: readonly Aggregate[], bucketMs: number): SeriesColumns => {
  const order = [...begins.keys()].sort((a, b) => begins[a]! - begins[b]!);
  const timesMs = Float64Array.from(order, at => begins[at]! + bucketMs);
  const rolled = of.map((aggregate, place) => [aggregate, Float64Array.from(order, at => columns[place]![at]!)]);
  return { labels, timesMs, values: timesMs, rolled: { bucketMs, ...Object.fromEntries(rolled) } };
};
