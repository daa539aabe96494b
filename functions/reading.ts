import { type Source, sourceIdOf } from '../core/batch.ts';
import type { Columns } from '../core/columns.ts';
import { type LabelSet, merged } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { fingerprintOf } from '../core/segment/catalog.ts';
import { decodeLabelSets } from '../core/segment/chunk.ts';
import { chunksNeeded, decodeHour } from '../core/segment/hour.ts';
import { type SeriesSamples, seriesIn } from '../core/segment/read.ts';
import type { Ports } from '../io/ports.ts';
import { inParallel } from './parallel.ts';

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
export type SeriesRead = { readonly series: readonly SeriesSamples[]; readonly warnings: readonly string[] };

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
    await this.#load([...chunkIds.values()].flatMap(({ ids }) => [...ids]));
    const found: FoundSource[] = [];
    let count = 0;
    for (const { source, ids } of chunkIds.values()) {
      // A set that moved from one chunk to another stands in both.
      const sets = new Map<string, LabelSet>();
      for (const id of ids) {
        for (const set of this.#chunks.get(id) ?? []) {
          const labels = merged(set, source);
          if (wanted.matches(labels)) sets.set(JSON.stringify(labels), labels);
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
      const columns = await this.#columnsOf(source, fromMs, toMs, warnings);
      for (const each of seriesIn(columns, source, wanted.matches, fromMs, toMs)) {
        samples += each.samples.length;
        if (samples > limits.querySamples)
          throw new OverLimit(`the query reads more than ${limits.querySamples} samples, shorten its range`);
        series.push(each);
      }
    });
    return { series, warnings };
  }

  async #columnsOf(source: Source, fromMs: number, toMs: number, warnings: string[]): Promise<readonly Columns[]> {
    const segments = (await this.#series.between(sourceIdOf(source), fromMs, toMs)).map(({ bytes }) => bytes);
    await this.#load(chunksNeeded(segments));
    const { columns, rejects } = decodeHour(segments, id => this.#chunks.get(id));
    for (const { name, reject } of rejects) warnings.push(`segment ${name} was left out: ${reject.reason}`);
    return columns;
  }

  async #load(ids: readonly string[]): Promise<void> {
    const missing = [...new Set(ids)].filter(id => !this.#chunks.has(id));
    if (missing.length === 0) return;
    if (this.#chunks.size + missing.length > limits.chunksRemembered) this.#chunks.clear();
    for (const [id, bytes] of await this.#series.chunks(missing)) {
      const decoded = decodeLabelSets(bytes);
      if (decoded.ok) this.#chunks.set(id, decoded.sets);
    }
  }
}
