import { type Source, sourceIdOf } from '../core/batch.ts';
import type { Columns } from '../core/columns.ts';
import { keyOf, type LabelSet, merged } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import type { SeriesColumns } from '../core/promql/series.ts';
import { fingerprintOf } from '../core/segment/catalog.ts';
import { countedIn, isIncrement } from '../core/segment/counters.ts';
import { hourOf } from '../core/segment/gather.ts';
import { chunksNeeded, decodeHour, type HourRead, type HourWanted } from '../core/segment/hour.ts';
import { isIncrements } from '../core/segment/increments.ts';
import { type SeriesSamples, seriesIn } from '../core/segment/read.ts';
import { columnsIn } from '../core/segment/read-columns.ts';
import type { Manifest } from '../core/segment/stored.ts';
import type { Ports, Units } from '../io/ports.ts';
import { ChunkMemory } from './chunk-memory.ts';
import { type Merged, MergedReader } from './merged-reading.ts';
import { inParallel } from './parallel.ts';
import { unitsSince, usedBy } from './units.ts';
import { type Wanted, wantedOf } from './wanted.ts';

/** A source and those of its label sets, the source's own labels included, that are wanted. */
type FoundSource = { readonly source: Source; readonly sets: readonly LabelSet[] };

/** What was read, and what could not be: a warning for each, so that a part is never taken for the whole. */
export type SeriesRead<S = SeriesSamples> = {
  readonly series: readonly S[];
  readonly warnings: readonly string[];
  readonly units: Units;
};

const everything: Wanted = { matches: () => true };

type StoredSegment = { readonly bytes: Uint8Array };

/** More was asked for than one query may touch. */
export class OverLimit extends Error {}

/** Reads series out of the store: catalog → schema chunks → segments, and no further than the question needs. */
export class SeriesReader {
  readonly #series: Ports['series'];
  readonly #blocks: Ports['blocks'];
  readonly #clock: Ports['clock'];
  readonly #retention: Ports['retention'];
  readonly #chunks: ChunkMemory;
  readonly #merged: MergedReader;

  constructor(ports: Pick<Ports, 'series' | 'blocks' | 'clock' | 'retention'>) {
    this.#series = ports.series;
    this.#blocks = ports.blocks;
    this.#clock = ports.clock;
    this.#retention = ports.retention;
    this.#chunks = new ChunkMemory(ports);
    this.#merged = new MergedReader(ports, this.#chunks);
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
    const chunks = await this.#chunks.load([...chunkIds.values()].flatMap(({ ids }) => [...ids]));
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
    const merged = await this.#merged.read(found, wanted, oldestMs, toMs, warnings);
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
    const merged = await this.#merged.read([source], everything, fromMs, toMs, []);
    return this.#blocksOf(source, everything, merged, fromMs, toMs, []);
  }

  /** What was merged of a day. */
  manifestsOn(day: number): Promise<readonly Manifest[]> {
    return this.#blocks.manifestsOn(day);
  }

  async #blocksOf(
    source: Source,
    wanted: Wanted,
    merged: Merged,
    fromMs: number,
    toMs: number,
    warnings: string[],
  ): Promise<Columns[]> {
    const hot = await this.#hotOf(source, wanted, merged, fromMs, toMs, warnings);
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
    const blocks = await this.#blocksOf(source, wanted, inBlocks, fromMs, toMs, warnings);
    if (!blocks.some(isIncrement)) return blocks;
    const [beforeMs, endMs] = [hourOf(fromMs) - limits.segmentSpanMs, hourOf(fromMs) - 1];
    const inBlocksBefore = await this.#merged.read([source], wanted, beforeMs, endMs, warnings);
    const before = await this.#blocksOf(source, wanted, inBlocksBefore, beforeMs, endMs, warnings);
    return [...countedIn(blocks, before, labels => wanted.matches(merged(labels, source)), fromMs, toMs)];
  }

  async #decoded(segments: readonly { readonly bytes: Uint8Array }[], wanted: HourWanted): Promise<HourRead> {
    const parts = segments.map(({ bytes }) => bytes);
    const chunks = await this.#chunks.load(chunksNeeded(parts));
    return decodeHour(parts, id => chunks.get(id), wanted);
  }

  /** The columns of hours that are not merged. */
  async #hotOf(
    source: Source,
    wanted: Wanted,
    merged: Merged,
    fromMs: number,
    toMs: number,
    warnings: string[],
  ): Promise<Columns[]> {
    const sourceId = sourceIdOf(source);
    const oldestMs = Math.max(fromMs, this.#clock.nowMs() - limits.hotRetentionMs - limits.segmentSpanMs);
    const hours: number[] = [];
    for (let hourMs = hourOf(oldestMs); hourMs <= toMs; hourMs += limits.segmentSpanMs)
      if (!merged.isMerged(sourceId, hourMs)) hours.push(hourMs);
    const columns: Columns[] = [];
    const inHours = new Map<number, readonly StoredSegment[]>();
    await inParallel(hours, limits.queryParallel, async hourMs => {
      inHours.set(hourMs, await this.#series.between(sourceId, hourMs, hourMs));
    });
    // What increments add up to is asked of all that came in an hour, and so is what they are added to.
    const isCounting =
      merged.columns.get(sourceId)?.some(isIncrement) === true ||
      [...inHours.values()].some(own => own.some(({ bytes }) => isIncrements(bytes)));
    const inSpan = { isWanted: wantedOf(wanted, source), fromMs: isCounting ? hourOf(fromMs) : fromMs, toMs };
    for (const [hourMs, segments] of inHours) {
      let read = await this.#decoded(segments, inSpan);
      // What one builds on may have been written just now, and not be seen everywhere yet.
      if (read.rejects.length > 0) read = await this.#decoded(await this.#series.ofHour(sourceId, hourMs), inSpan);
      for (const { name, reject } of read.rejects) warnings.push(`segment ${name} was left out: ${reject.reason}`);
      columns.push(...read.columns);
    }
    return columns;
  }
}
