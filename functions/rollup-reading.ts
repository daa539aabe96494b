import { type Source, sourceIdOf } from '../core/batch.ts';
import type { SeriesColumn } from '../core/columns.ts';
import { keyOf, type LabelSet, labelOf, labelSetOf, merged } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import type { SeriesColumns } from '../core/promql/series.ts';
import type { Reject } from '../core/reject.ts';
import type { Selection } from '../core/segment/block-cells.ts';
import { seriesOfCell, timesOf } from '../core/segment/block-columns.ts';
import { fingerprintOf } from '../core/segment/catalog.ts';
import { decodeLabelSets } from '../core/segment/chunk.ts';
import { shardOf } from '../core/segment/merge.ts';
import { type Aggregate, aggregates } from '../core/segment/rollup.ts';
import type { Ports, Units } from '../io/ports.ts';
import { BlockReader, type CellBytes, type FrameBytes } from './block-reading.ts';
import { inParallel } from './parallel.ts';
import { OverLimit, type SeriesRead } from './reading.ts';
import { unitsSince, usedBy } from './units.ts';
import { daysOf, type Wanted, wantedOf } from './wanted.ts';

export type Bucketed = '5m' | '1h';

export const bucketMsOf: Readonly<Record<Bucketed, number>> = { '5m': 5 * 60_000, '1h': 60 * 60_000 };

/** What is kept of one series beyond its samples: for each bucket, where it begins and its aggregates. */
type RolledSeries = {
  readonly labels: LabelSet;
  readonly buckets: readonly (Readonly<Record<Aggregate, number>> & { readonly timestampMs: number })[];
};

type RollupsRead = {
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
    const selection = selectionOf(wanted);
    const growth = new Growth(found, wanted, of, oldestMs, toMs);
    await inParallel(daysOf(oldestMs, toMs), limits.queryReadsParallel, async day => {
      const manifests = await this.#blocks.manifestsOn(day, shard);
      // The last object that has a source speaks for it; there is one, as every merge rolls up the whole day.
      const own = manifests.flatMap(({ objects }) => objects.filter(object => object.resolution === resolution));
      const read = await this.#cells.frames(own, selection);
      warnings.push(...read.warnings, ...read.gone.map(key => `object ${key} is gone`));
      for (const each of read.frames) warnings.push(...growth.add(each));
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

const selectionOf = ({ name, job, instance }: Wanted): Selection => {
  const fingerprint = name === undefined ? undefined : fingerprintOf(name);
  return {
    isFrame: ({ source }) =>
      (job === undefined || labelOf(source, 'job') === job) &&
      (instance === undefined || labelOf(source, 'instance') === instance),
    isStripe: names => fingerprint === undefined || names.includes(fingerprint),
  };
};

class Growth {
  readonly #found: Map<string, Growing>;
  readonly #wanted: Wanted;
  readonly #of: readonly Aggregate[];
  readonly #fromMs: number;
  readonly #toMs: number;
  #buckets = 0;
  /** By chunk: replicas have the same, and so have days. */
  readonly #schemas = new Map<string, ReturnType<typeof decodeLabelSets>>();

  constructor(found: Map<string, Growing>, wanted: Wanted, of: readonly Aggregate[], fromMs: number, toMs: number) {
    this.#found = found;
    this.#wanted = wanted;
    this.#of = of;
    this.#fromMs = fromMs;
    this.#toMs = toMs;
  }

  /** Adds a source's rollups to the series they belong to. Answers warnings. */
  add({ frame, cells }: FrameBytes): string[] {
    const times = timesOf(frame);
    if (!times.ok) return [leftOut(times.reject)];
    return cells.flatMap(cell => this.#addCell(cell, frame.source, times.timestampsMs));
  }

  #addCell({ sets, ...cell }: CellBytes, source: Source, beginsMs: readonly number[]): string[] {
    const schema = this.#setsOf(cell.chunkId, sets);
    if (!schema.ok) return [leftOut(schema.reject)];
    const isWanted = wantedOf(this.#wanted, source);
    const blocks: (readonly SeriesColumn[])[] = [];
    for (const aggregate of this.#of) {
      const place = aggregates.indexOf(aggregate);
      const read = seriesOfCell({ ...cell, sets: schema.sets }, place, beginsMs.length, isWanted);
      if (!read.ok) return [leftOut(read.reject)];
      blocks.push(read.series);
    }
    for (const [row, { labels }] of blocks[0]!.entries()) {
      const columns = blocks.map(block => block[row]!.column);
      let each: Growing | undefined;
      for (const [slot, beginMs] of beginsMs.entries()) {
        if (beginMs < this.#fromMs || beginMs > this.#toMs || !columns[0]!.has(slot)) continue;
        each ??= this.#growing(merged(labels, source));
        each.begins.push(beginMs);
        for (const [at, column] of columns.entries()) each.columns[at]!.push(column.values[slot]!);
        this.#buckets += 1;
      }
      if (this.#buckets > limits.querySamples)
        throw new OverLimit(`the query reads more than ${limits.querySamples} buckets, shorten its range`);
    }
    return [];
  }

  #setsOf(chunkId: string, sets: Uint8Array = nothing) {
    const known = this.#schemas.get(chunkId) ?? decodeLabelSets(sets);
    this.#schemas.set(chunkId, known);
    return known;
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

const nothing = new Uint8Array(0);

const leftOut = ({ reason }: Reject): string => `a rollup was left out: ${reason}`;

/** Days were read in no particular order. */
const columnsOf = ({ labels, begins, columns }: Growing, of: readonly Aggregate[], bucketMs: number): SeriesColumns => {
  const order = [...begins.keys()].sort((a, b) => begins[a]! - begins[b]!);
  const timesMs = Float64Array.from(order, at => begins[at]! + bucketMs);
  const rolled = of.map((aggregate, place) => [aggregate, Float64Array.from(order, at => columns[place]![at]!)]);
  return { labels, timesMs, values: timesMs, rolled: { bucketMs, ...Object.fromEntries(rolled) } };
};
