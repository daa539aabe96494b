import { sourceIdOf } from '../../core/batch.ts';
import { limits } from '../../core/limits.ts';
import type { CatalogEntry, Segment, SeriesWrites } from '../../core/segment/stored.ts';
import type { Clock, Series } from '../ports.ts';
import { type Faults, noFaults, struck, struckEach } from './faults.ts';

/** The series table in Maps. */
export class MemorySeries implements Series {
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #chunks = new Map<string, Uint8Array>();
  readonly #catalog = new Map<number, Map<string, CatalogEntry>>();
  readonly segments = new Map<string, Segment>();

  constructor(clock: Clock, faults: Faults = noFaults) {
    this.#clock = clock;
    this.#faults = faults;
  }

  async add(writes: SeriesWrites): Promise<void> {
    await struckEach(this.#faults, 'series.addChunks', writes.chunks, ({ id, bytes }) => {
      this.#chunks.set(id, bytes);
    });
    await struckEach(this.#faults, 'series.addCatalog', writes.catalog, entry => {
      const day = this.#catalog.get(entry.day) ?? new Map<string, CatalogEntry>();
      this.#catalog.set(entry.day, day.set(`${sourceIdOf(entry.source)} ${entry.chunkId}`, entry));
    });
    await struckEach(this.#faults, 'series.addSegments', writes.segments, segment => {
      this.segments.set(`${segment.sourceId} ${segment.hourMs} ${segment.key}`, segment);
    });
  }

  catalogOn(day: number): Promise<readonly CatalogEntry[]> {
    return struck(this.#faults, 'series.catalogOn', () => [...(this.#catalog.get(day)?.values() ?? [])]);
  }

  chunks(ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    return struck(this.#faults, 'series.chunks', () => {
      const found = new Map<string, Uint8Array>();
      for (const id of ids) {
        const bytes = this.#chunks.get(id);
        if (bytes !== undefined) found.set(id, bytes);
      }
      return found;
    });
  }

  between(sourceId: string, fromMs: number, toMs: number): Promise<readonly Segment[]> {
    return struck(this.#faults, 'series.between', () =>
      [...this.segments.values()].filter(
        ({ sourceId: id, hourMs }) =>
          id === sourceId &&
          hourMs <= toMs &&
          hourMs + limits.segmentSpanMs > fromMs &&
          hourMs + limits.segmentSpanMs + limits.rawRetentionMs > this.#clock.nowMs(),
      ),
    );
  }
}
