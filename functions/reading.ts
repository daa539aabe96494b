import { type Source, sourceIdOf } from '../core/batch.ts';
import type { Columns } from '../core/columns.ts';
import { keyOf, type LabelSet, merged } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import type { SeriesColumns } from '../core/promql/series.ts';
import { fingerprintOf } from '../core/segment/catalog.ts';
import { decodeLabelSets } from '../core/segment/chunk.ts';
import { countedIn, isIncrement } from '../core/segment/counters.ts';
import { hourOf, isLateAt } from '../core/segment/gather.ts';
import { chunksNeeded, decodeHour } from '../core/segment/hour.ts';
import { shardOf } from '../core/segment/merge.ts';
import { type SeriesSamples, seriesIn } from '../core/segment/read.ts';
import { columnsIn } from '../core/segment/read-columns.ts';
import type { BlockObject, LateSegment, Manifest } from '../core/segment/stored.ts';
import type { Ports, Units } from '../io/ports.ts';
import { BlockReader } from './block-reading.ts';
import { inParallel } from './parallel.ts';
import { unitsSince, usedBy } from './units.ts';

/**
 * Which series are wanted. Where all of them have one metric name or one job, saying so spares looking at the others.
 */
export type Wanted = {
  readonly matches: (labels: LabelSet) => boolean;
  readonly name?: string;
  readonly job?: string;
};

/** A source and those of its label sets, the source's own labels included, that are wanted. */
export type FoundSource = { readonly source: Source; readonly sets: readonly LabelSet[] };

/** What was read, and what could not be: a warning for each, so that a part is never taken for the whole. */
export type SeriesRead<S = SeriesSamples> = {
  readonly series: readonly S[];
  readonly warnings: readonly string[];
  readonly units: Units;
};

/** Columns out of blocks and late segments, and which hours of a source are in them. */
type Merged = {
  readonly columns: ReadonlyMap<string, Columns[]>;
  readonly isMerged: (sourceId: string, hourMs: number) => boolean;
};

/** More was asked for than one query may touch. */
export class OverLimit extends Error {}

/** Reads series out of the store: catalog → schema chunks → segments, and no further than the question needs. */
export class SeriesReader {
  readonly #series: Ports['series'];
  readonly #blocks: Ports['blocks'];
  readonly #clock: Ports['clock'];
  readonly #retention: Ports['retention'];
  readonly #cells: BlockReader;
  /** Chunks never change under their id: a warm function keeps them. */
  readonly #chunks = new Map<string, readonly LabelSet[]>();

  constructor(ports: Pick<Ports, 'series' | 'blocks' | 'clock' | 'retention'>) {
    this.#series = ports.series;
    this.#blocks = ports.blocks;
    this.#clock = ports.clock;
    this.#retention = ports.retention;
    this.#cells = new BlockReader(ports);
  }

  /** The sources that had wanted series on the days that [fromMs, toMs] touches. Days, not instants: a superset. */
  async find(wanted: Wanted, fromMs: number, toMs: number): Promise<FoundSource[]> {
    const firstDay = Math.floor(fromMs / limits.catalogSpanMs);
    const lastDay = Math.floor(toMs / limits.catalogSpanMs);
    const name = wanted.name === undefined ? undefined : fingerprintOf(wanted.name);
    const chunkIds = new Map<string, { readonly source: Source; readonly ids: Set<string> }>();
    await inParallel(
      Array.from({ length: lastDay - firstDay + 1 }, (_, index) => firstDay + index),
      limits.queryParallel,
      async day => {
        for (const { source, chunks } of await this.#series.catalogOn(day, wanted.job)) {
          const sourceId = sourceIdOf(source);
          const entry = chunkIds.get(sourceId) ?? { source, ids: new Set() };
          chunkIds.set(sourceId, entry);
          for (const { id, names } of chunks) if (name === undefined || names.includes(name)) entry.ids.add(id);
        }
      },
    );
    const chunks = await this.#load([...chunkIds.values()].flatMap(({ ids }) => [...ids]));
    const found: FoundSource[] = [];
    let count = 0;
    for (const { source, ids } of chunkIds.values()) {
      // A set that moved from one chunk to another stands in both.
      const sets = new Map<string, LabelSet>();
      for (const id of ids) {
        for (const set of chunks.get(id) ?? []) {
          const labels = merged(set, source);
          if (wanted.matches(labels)) sets.set(keyOf(labels), labels);
        }
      }
      if (sets.size === 0) continue;
      count += sets.size;
      if (count > limits.querySeries)
        throw new OverLimit(`the query touches more than ${limits.querySeries} series, narrow its matchers`);
      found.push({ source, sets: [...sets.values()] });
    }
    return found;
  }

  /** The samples of wanted series in [fromMs, toMs], both included, that are within their retention. */
  read(wanted: Wanted, fromMs: number, toMs: number): Promise<SeriesRead> {
    return this.#read(wanted, fromMs, toMs, seriesIn, ({ samples }) => samples.length);
  }

  /** The same as columns of numbers, which is a tenth of the work. */
  columns(wanted: Wanted, fromMs: number, toMs: number): Promise<SeriesRead<SeriesColumns>> {
    return this.#read(wanted, fromMs, toMs, columnsIn, ({ timesMs }) => timesMs.length);
  }

  async #read<S>(
    wanted: Wanted,
    fromMs: number,
    toMs: number,
    seriesOf: (columns: Columns[], source: Source, wanted: Wanted['matches'], fromMs: number, toMs: number) => S[],
    countOf: (series: S) => number,
  ): Promise<SeriesRead<S>> {
    const before = usedBy(this.#series, this.#blocks);
    const oldestMs = Math.max(fromMs, this.#clock.nowMs() - this.#retention.rawMs);
    const series: S[] = [];
    const warnings: string[] = [];
    const found = oldestMs > toMs ? [] : (await this.find(wanted, oldestMs, toMs)).map(({ source }) => source);
    const merged = await this.#merged(found, wanted, oldestMs, toMs, warnings);
    let samples = 0;
    await inParallel(found, limits.queryParallel, async source => {
      const blocks = await this.#withCounters(source, wanted, merged, oldestMs, toMs, warnings);
      for (const each of seriesOf(blocks, source, wanted.matches, oldestMs, toMs)) {
        samples += countOf(each);
        if (samples > limits.querySamples)
          throw new OverLimit(`the query reads more than ${limits.querySamples} samples, shorten its range`);
        series.push(each);
      }
    });
    return { series, warnings, units: unitsSince(before, usedBy(this.#series, this.#blocks)) };
  }

  /** Everything of one source that may lie in [fromMs, toMs], as it is stored: increments as such, staleness as it was told. */
  async stored(source: Source, fromMs: number, toMs: number): Promise<readonly Columns[]> {
    const merged = await this.#merged([source], { matches: () => true }, fromMs, toMs, []);
    return this.#blocksOf(source, merged, fromMs, toMs, []);
  }

  async #blocksOf(
    source: Source,
    merged: Merged,
    fromMs: number,
    toMs: number,
    warnings: string[],
  ): Promise<Columns[]> {
    const hot = await this.#hotOf(source, merged.isMerged, fromMs, toMs, warnings);
    return [...hot, ...(merged.columns.get(sourceIdOf(source)) ?? [])];
  }

  /**
   * The same with what increments add up to. Where there are any the hour before comes along: what came in it already is not
   * counted again, and what a gauge was set to is moved on from.
   */
  async #withCounters(
    source: Source,
    wanted: Wanted,
    inBlocks: Merged,
    fromMs: number,
    toMs: number,
    warnings: string[],
  ): Promise<Columns[]> {
    const blocks = await this.#blocksOf(source, inBlocks, fromMs, toMs, warnings);
    if (!blocks.some(isIncrement)) return blocks;
    const [beforeMs, endMs] = [hourOf(fromMs) - limits.segmentSpanMs, hourOf(fromMs) - 1];
    const inBlocksBefore = await this.#merged([source], wanted, beforeMs, endMs, warnings);
    const before = await this.#blocksOf(source, inBlocksBefore, beforeMs, endMs, warnings);
    return [...countedIn(blocks, before, labels => wanted.matches(merged(labels, source)), fromMs, toMs)];
  }

  /** What was merged of a day. */
  manifestsOn(day: number): Promise<readonly Manifest[]> {
    return this.#blocks.manifestsOn(day);
  }

  /** Columns out of blocks and late segments, and which hours of a source are in them. */
  async #merged(
    sources: readonly Source[],
    wanted: Wanted,
    fromMs: number,
    toMs: number,
    warnings: string[],
  ): Promise<Merged> {
    const ids = new Set(sources.map(sourceIdOf));
    const shards = [...new Set([...ids].map(shardOf))];
    const columns = new Map<string, Columns[]>();
    const manifests = new Map<string, Manifest>();
    const nowMs = this.#clock.nowMs();
    const days = daysOf(fromMs, toMs).filter(day => isLateAt(day * limits.catalogSpanMs, nowMs));
    await inParallel(days, limits.queryParallel, async day => {
      // Late segments first: what is gone from there is in the manifests that are read afterwards.
      const late = await this.#lateOn(day, shards, ids);
      const own = await this.#manifestsOn(day, shards);
      for (const manifest of own) manifests.set(`${day} ${manifest.shard} ${manifest.hourMs ?? '-'}`, manifest);
      await this.#decode(late, columns, warnings);
      const objects = own.flatMap(manifest => (touches(manifest, fromMs, toMs) ? rawOf(manifest) : []));
      const gone = await this.#decodeCells(objects, ids, wanted, columns, warnings);
      if (gone.length === 0) return;
      // Merged anew in between: what is listed now is there.
      const again = await this.#manifestsOn(day, shards);
      const fresh = again.flatMap(rawOf).filter(({ key }) => objects.every(object => object.key !== key));
      for (const key of await this.#decodeCells(fresh, ids, wanted, columns, warnings))
        warnings.push(`object ${key} is gone`);
      if (fresh.length === 0) for (const key of gone) warnings.push(`object ${key} is gone`);
    });
    const isMerged = (sourceId: string, hourMs: number): boolean => {
      const [day, shard] = [Math.floor(hourMs / limits.catalogSpanMs), shardOf(sourceId)];
      const manifest = manifests.get(`${day} ${shard} -`) ?? manifests.get(`${day} ${shard} ${hourMs}`);
      return manifest !== undefined && !manifest.unmerged.includes(sourceId);
    };
    return { columns, isMerged };
  }

  /** A few sources are asked for one by one, many by their shards. */
  async #lateOn(day: number, shards: readonly number[], ids: ReadonlySet<string>): Promise<LateSegment[]> {
    const asks =
      ids.size <= shards.length
        ? [...ids].map(id => this.#blocks.lateOn(day, shardOf(id), id))
        : shards.map(shard => this.#blocks.lateOn(day, shard));
    return (await Promise.all(asks)).flat().filter(({ sourceId }) => ids.has(sourceId));
  }

  async #manifestsOn(day: number, shards: readonly number[]): Promise<readonly Manifest[]> {
    if (shards.length > limits.blockShards / 4) return this.#blocks.manifestsOn(day);
    return (await Promise.all(shards.map(shard => this.#blocks.manifestsOn(day, shard)))).flat();
  }

  /** Decodes wanted cells into `columns`. Answers the objects that are gone. */
  async #decodeCells(
    objects: readonly BlockObject[],
    ids: ReadonlySet<string>,
    wanted: Wanted,
    columns: Map<string, Columns[]>,
    warnings: string[],
  ): Promise<readonly string[]> {
    const name = wanted.name === undefined ? undefined : fingerprintOf(wanted.name);
    const read = await this.#cells.cells(
      objects,
      ({ sourceId, chunk }) => ids.has(sourceId) && (name === undefined || chunk.names.includes(name)),
    );
    warnings.push(...read.warnings);
    await this.#decode(
      read.cells.map(({ sourceId, parts }) => ({ sourceId, bytes: parts[0]! })),
      columns,
      warnings,
    );
    return read.gone;
  }

  async #decode(
    segments: readonly { readonly sourceId: string; readonly bytes: Uint8Array }[],
    columns: Map<string, Columns[]>,
    warnings: string[],
  ): Promise<void> {
    const chunks = await this.#load(chunksNeeded(segments.map(({ bytes }) => bytes)));
    for (const { sourceId, bytes } of segments) {
      const read = decodeHour([bytes], id => chunks.get(id));
      columns.set(sourceId, [...(columns.get(sourceId) ?? []), ...read.columns]);
      for (const { name, reject } of read.rejects) warnings.push(`segment ${name} was left out: ${reject.reason}`);
    }
  }

  /** The columns of hours that are not merged. */
  async #hotOf(
    source: Source,
    isMerged: (sourceId: string, hourMs: number) => boolean,
    fromMs: number,
    toMs: number,
    warnings: string[],
  ): Promise<Columns[]> {
    const sourceId = sourceIdOf(source);
    const oldestMs = Math.max(fromMs, this.#clock.nowMs() - limits.hotRetentionMs - limits.segmentSpanMs);
    const hours: number[] = [];
    for (let hourMs = hourOf(oldestMs); hourMs <= toMs; hourMs += limits.segmentSpanMs)
      if (!isMerged(sourceId, hourMs)) hours.push(hourMs);
    const columns: Columns[] = [];
    await inParallel(hours, limits.queryParallel, async hourMs => {
      const segments = (await this.#series.between(sourceId, hourMs, hourMs)).map(({ bytes }) => bytes);
      const chunks = await this.#load(chunksNeeded(segments));
      const read = decodeHour(segments, id => chunks.get(id));
      for (const { name, reject } of read.rejects) warnings.push(`segment ${name} was left out: ${reject.reason}`);
      columns.push(...read.columns);
    });
    return columns;
  }

  /** These chunks, of which unknown ones are missing. Theirs for good: what is forgotten meanwhile is not taken away. */
  async #load(ids: readonly string[]): Promise<ReadonlyMap<string, readonly LabelSet[]>> {
    const wanted = new Map<string, readonly LabelSet[]>();
    const missing: string[] = [];
    for (const id of new Set(ids)) {
      const known = this.#chunks.get(id);
      if (known === undefined) missing.push(id);
      else wanted.set(id, known);
    }
    if (missing.length === 0) return wanted;
    const read = await this.#series.chunks(missing);
    if (this.#chunks.size + read.size > limits.chunksRemembered) this.#chunks.clear();
    for (const [id, bytes] of read) {
      const decoded = decodeLabelSets(bytes);
      if (!decoded.ok) continue;
      wanted.set(id, decoded.sets);
      this.#chunks.set(id, decoded.sets);
    }
    return wanted;
  }
}

/** The days that [fromMs, toMs] touches, as days since 1970 in UTC. */
export const daysOf = (fromMs: number, toMs: number): number[] => {
  const [first, last] = [Math.floor(fromMs / limits.catalogSpanMs), Math.floor(toMs / limits.catalogSpanMs)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
};

const touches = ({ day, hourMs }: Manifest, fromMs: number, toMs: number): boolean => {
  const startMs = hourMs ?? day * limits.catalogSpanMs;
  return startMs <= toMs && startMs + (hourMs === undefined ? limits.catalogSpanMs : limits.segmentSpanMs) > fromMs;
};

const rawOf = ({ objects }: Manifest): BlockObject[] => objects.filter(({ resolution }) => resolution === 'raw');
