import { type Source, sourceIdOf } from '../core/batch.ts';
import type { Columns } from '../core/columns.ts';
import { type LabelSet, merged } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { decodeLabelSets } from '../core/segment/chunk.ts';
import { incrementSeries, withCounters } from '../core/segment/counters.ts';
import { decodeIncrements, isIncrements, readIncrementsHeader } from '../core/segment/increments.ts';
import { type SeriesSamples, seriesIn } from '../core/segment/read.ts';
import { decodeSegment, readSegmentHeader } from '../core/segment/segment.ts';
import type { Segment } from '../core/segment/stored.ts';
import type { Ports } from '../io/ports.ts';
import { inParallel } from './parallel.ts';

export type Wanted = (labels: LabelSet) => boolean;

/** A source and those of its label sets, the source's own labels included, that are wanted. */
export type FoundSource = { readonly source: Source; readonly sets: readonly LabelSet[] };

/** What was read, and what could not be: a warning for each, so that a part is never taken for the whole. */
export type SeriesRead = { readonly series: readonly SeriesSamples[]; readonly warnings: readonly string[] };

type Blocks = { readonly columns: Columns[]; readonly increments: Columns[] };

/** More was asked for than one query may touch. */
export class OverLimit extends Error {}

/** Reads series out of the store: catalog → schema chunks → segments, and no further than the question needs. */
export class SeriesReader {
  readonly #series: Ports['series'];
  /** Chunks never change under their id: a warm function keeps them. */
  readonly #chunks = new Map<string, readonly LabelSet[]>();

  constructor({ series }: Pick<Ports, 'series'>) {
    this.#series = series;
  }

  /** The sources that had wanted series on the days that [fromMs, toMs] touches. Days, not instants: a superset. */
  async find(wanted: Wanted, fromMs: number, toMs: number): Promise<FoundSource[]> {
    const firstDay = Math.floor(fromMs / limits.catalogSpanMs);
    const lastDay = Math.floor(toMs / limits.catalogSpanMs);
    const chunkIds = new Map<string, { readonly source: Source; readonly ids: Set<string> }>();
    await inParallel(
      Array.from({ length: lastDay - firstDay + 1 }, (_, index) => firstDay + index),
      limits.queryParallel,
      async day => {
        for (const { source, chunkId } of await this.#series.catalogOn(day)) {
          const sourceId = sourceIdOf(source);
          const entry = chunkIds.get(sourceId);
          if (entry === undefined) chunkIds.set(sourceId, { source, ids: new Set([chunkId]) });
          else entry.ids.add(chunkId);
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
          if (wanted(labels)) sets.set(JSON.stringify(labels), labels);
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

  /** The samples of wanted series in [fromMs, toMs], both included. */
  async read(wanted: Wanted, fromMs: number, toMs: number): Promise<SeriesRead> {
    const series: SeriesSamples[] = [];
    const warnings: string[] = [];
    let samples = 0;
    await inParallel(await this.find(wanted, fromMs, toMs), limits.queryParallel, async ({ source }) => {
      const { columns, increments } = await this.#blocksOf(source, fromMs, toMs, warnings);
      const plain = seriesIn(columns, source, wanted, increments.length > 0 ? 0 : fromMs, toMs);
      const found =
        increments.length > 0 ? withCounters(plain, incrementSeries(increments, source, wanted), fromMs, toMs) : plain;
      for (const each of found) {
        samples += each.samples.length;
        if (samples > limits.querySamples)
          throw new OverLimit(`the query reads more than ${limits.querySamples} samples, shorten its range`);
        series.push(each);
      }
    });
    return { series, warnings };
  }

  /**
   * The source's blocks that may hold samples in [fromMs, toMs]. Where there are increments the hour before comes along: what
   * came in it already is not counted again.
   */
  async #blocksOf(source: Source, fromMs: number, toMs: number, warnings: string[]): Promise<Blocks> {
    const sourceId = sourceIdOf(source);
    const blocks = await this.#decoded(await this.#series.between(sourceId, fromMs, toMs), warnings);
    if (blocks.increments.length === 0) return blocks;
    const hourMs = Math.floor(fromMs / limits.segmentSpanMs) * limits.segmentSpanMs;
    const before = await this.#series.between(sourceId, hourMs - limits.segmentSpanMs, hourMs - 1);
    const earlier = await this.#decoded(before, warnings);
    return {
      columns: [...earlier.columns, ...blocks.columns],
      increments: [...earlier.increments, ...blocks.increments],
    };
  }

  async #decoded(segments: readonly Segment[], warnings: string[]): Promise<Blocks> {
    const headers = segments.map(({ bytes }) =>
      (isIncrements(bytes) ? readIncrementsHeader : readSegmentHeader)(bytes),
    );
    const chunks = await this.#load(headers.flatMap(header => (header.ok ? header.chunks.map(({ id }) => id) : [])));
    const blocks: Blocks = { columns: [], increments: [] };
    for (const { bytes, key } of segments) {
      const kind = isIncrements(bytes);
      const decoded = (kind ? decodeIncrements : decodeSegment)(bytes, id => chunks.get(id));
      if (decoded.ok) (kind ? blocks.increments : blocks.columns).push(decoded.columns);
      else warnings.push(`segment ${key} was left out: ${decoded.reject.reason}`);
    }
    return blocks;
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
