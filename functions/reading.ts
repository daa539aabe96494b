import { type Source, sourceIdOf } from '../core/batch.ts';
import type { Columns } from '../core/columns.ts';
import { type LabelSet, merged } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import type { SeriesColumns } from '../core/promql/series.ts';
import { decodeLabelSets } from '../core/segment/chunk.ts';
import { type SeriesSamples, seriesIn } from '../core/segment/read.ts';
import { columnsIn } from '../core/segment/read-columns.ts';
import { decodeSegment, readSegmentHeader } from '../core/segment/segment.ts';
import type { Ports } from '../io/ports.ts';
import { inParallel } from './parallel.ts';

export type Wanted = (labels: LabelSet) => boolean;

/** A source and those of its label sets, the source's own labels included, that are wanted. */
export type FoundSource = { readonly source: Source; readonly sets: readonly LabelSet[] };

/** What was read, and what could not be: a warning for each, so that a part is never taken for the whole. */
export type SeriesRead<S = SeriesSamples> = { readonly series: readonly S[]; readonly warnings: readonly string[] };

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
    seriesOf: (columns: Columns[], source: Source, wanted: Wanted, fromMs: number, toMs: number) => S[],
    countOf: (series: S) => number,
  ): Promise<SeriesRead<S>> {
    const series: S[] = [];
    const warnings: string[] = [];
    let samples = 0;
    await inParallel(await this.find(wanted, fromMs, toMs), limits.queryParallel, async ({ source }) => {
      const columns = await this.#columnsOf(source, fromMs, toMs, warnings);
      for (const each of seriesOf(columns, source, wanted, fromMs, toMs)) {
        samples += countOf(each);
        if (samples > limits.querySamples)
          throw new OverLimit(`the query reads more than ${limits.querySamples} samples, shorten its range`);
        series.push(each);
      }
    });
    return { series, warnings };
  }

  async #columnsOf(source: Source, fromMs: number, toMs: number, warnings: string[]): Promise<Columns[]> {
    const segments = await this.#series.between(sourceIdOf(source), fromMs, toMs);
    const headers = segments.map(({ bytes }) => readSegmentHeader(bytes));
    const chunks = await this.#load(headers.flatMap(header => (header.ok ? header.chunks.map(({ id }) => id) : [])));
    const columns: Columns[] = [];
    for (const { bytes, key } of segments) {
      const decoded = decodeSegment(bytes, id => chunks.get(id));
      if (decoded.ok) columns.push(decoded.columns);
      else warnings.push(`segment ${key} was left out: ${decoded.reject.reason}`);
    }
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
