import { sourceIdOf } from '../core/batch.ts';
import { limits } from '../core/limits.ts';
import type { Base } from '../core/segment/base.ts';
import { decodeLabelSets } from '../core/segment/chunk.ts';
import type { Delivered, End, Known } from '../core/segment/gather.ts';
import { hourOf } from '../core/segment/gather.ts';
import { decodeSegment } from '../core/segment/segment.ts';
import { nameOf, readSegmentHeader } from '../core/segment/segment-open.ts';
import type { SchemaChunk } from '../core/segment/stored.ts';
import type { Ports } from '../io/ports.ts';
import { BaseMemory } from './base-memory.ts';
import { inParallel } from './parallel.ts';

/**
 * What a warm writer remembers: where each source's segments ended, and the schema's chunks. Bounded; a writer that has
 * lost it looks once an hour and source for a stored segment to build on, and else begins anew.
 */
export class WriterMemory {
  readonly #series: Ports['series'];
  readonly #bases = new BaseMemory();
  /** Where chains begin, which serve again once one is too deep. */
  readonly #roots = new BaseMemory();
  readonly #chunks = new Map<string, SchemaChunk>();

  constructor({ series }: Pick<Ports, 'series'>) {
    this.#series = series;
  }

  readonly known: Known = {
    baseFor: (sourceId, hourMs) => this.#bases.get(sourceId, hourMs),
    chunks: { get: id => this.#chunks.get(id) },
  };

  /** Looks up what the store has for sources of which nothing is remembered, where that may save a write unit. */
  async lookUp(delivered: readonly Delivered[]): Promise<void> {
    const missing = new Map<string, { readonly sourceId: string; readonly hourMs: number }>();
    for (const { batch } of delivered) {
      const { series, timestampsMs } = batch.columns;
      if (series.length < limits.baseWorthSeries) continue;
      const sourceId = sourceIdOf(batch.source);
      for (const hourMs of new Set(timestampsMs.map(hourOf))) {
        if (!this.#bases.has(sourceId, hourMs)) missing.set(`${sourceId} ${hourMs}`, { sourceId, hourMs });
      }
    }
    await inParallel([...missing.values()], limits.queryParallel, async ({ sourceId, hourMs }) => {
      // Whatever goes wrong here costs bytes and nothing else.
      this.#bases.set(sourceId, hourMs, await this.#baseOf(sourceId, hourMs).catch(() => undefined));
    });
  }

  /** To be called once all of it is stored: never build on what may not be there. */
  stored(ends: readonly End[], chunks: readonly SchemaChunk[]): void {
    for (const { sourceId, hourMs, base } of ends)
      this.#bases.set(sourceId, hourMs, this.#next(sourceId, hourMs, base));
    for (const chunk of chunks) remember(this.#chunks, chunk.id, chunk, limits.writerChunksRemembered);
  }

  /** Too deep to build on: the one at the chain's root serves again. */
  #next(sourceId: string, hourMs: number, end: Base): Base {
    if (end.depth === 0) this.#roots.set(sourceId, hourMs, end);
    return end.depth < limits.segmentDepth ? end : (this.#roots.get(sourceId, hourMs) ?? end);
  }

  async #baseOf(sourceId: string, hourMs: number): Promise<Base | undefined> {
    const segment = await this.#series.newestAlone(sourceId, hourMs);
    if (segment === undefined) return undefined;
    const header = readSegmentHeader(segment.bytes);
    if (!header.ok) return undefined;
    const missing = header.chunks.map(({ id }) => id).filter(id => !this.#chunks.has(id));
    for (const [id, bytes] of missing.length === 0 ? [] : await this.#series.chunks(missing)) {
      const read = decodeLabelSets(bytes);
      if (read.ok) remember(this.#chunks, id, { id, bytes, sets: read.sets }, limits.writerChunksRemembered);
    }
    const decoded = decodeSegment(segment.bytes, {
      chunkOf: id => this.#chunks.get(id)?.sets,
      endAs: nameOf(segment.bytes),
    });
    if (!decoded.ok || decoded.end === undefined) return undefined;
    this.#roots.set(sourceId, hourMs, decoded.end);
    return decoded.end;
  }
}

/** Keeps the newest `most`. */
const remember = <T>(kept: Map<string, T>, key: string, value: T, most: number): void => {
  kept.delete(key);
  kept.set(key, value);
  const oldest = kept.keys().next();
  if (kept.size > most && !oldest.done) kept.delete(oldest.value);
};
