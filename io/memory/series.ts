import { sourceIdOf } from '../../core/batch.ts';
import { labelOf } from '../../core/labels.ts';
import { limits } from '../../core/limits.ts';
import { aloneKeyEnd } from '../../core/segment/gather.ts';
import type { CatalogEntry, LateSegment, Segment, SeriesWrites } from '../../core/segment/stored.ts';
import type { Clock, Series, Units } from '../ports.ts';
import { MemoryLate } from './blocks.ts';
import { type Faults, noFaults, struck, struckEach } from './faults.ts';

/** The series table in Maps. */
export class MemorySeries implements Series {
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #chunks = new Map<string, Uint8Array>();
  readonly #catalog = new Map<number, Map<string, CatalogEntry>>();
  readonly segments = new Map<string, Segment>();

  readonly #late: MemoryLate;

  constructor(clock: Clock, faults: Faults = noFaults, late: MemoryLate = new MemoryLate()) {
    this.#late = late;
    this.#clock = clock;
    this.#faults = faults;
  }

  async add(writes: SeriesWrites): Promise<void> {
    await struckEach(this.#faults, 'series.addChunks', writes.chunks, ({ id, bytes }) => {
      this.#chunks.set(id, bytes);
    });
    await struckEach(this.#faults, 'series.addCatalog', writes.catalog, entry => {
      const day = this.#catalog.get(entry.day) ?? new Map<string, CatalogEntry>();
      this.#catalog.set(
        entry.day,
        day.set(`${sourceIdOf(entry.source)} ${entry.chunks.map(({ id }) => id).join(' ')}`, entry),
      );
    });
    await struckEach(this.#faults, 'series.addSegments', writes.segments, segment => {
      this.segments.set(`${segment.sourceId} ${segment.hourMs} ${segment.key}`, segment);
    });
  }

  catalogOn(day: number, job?: string): Promise<readonly CatalogEntry[]> {
    return struck(this.#faults, 'series.catalogOn', () =>
      [...(this.#catalog.get(day)?.values() ?? [])].filter(
        ({ source }) => job === undefined || labelOf(source, 'job') === job,
      ),
    );
  }

  newestAlone(sourceId: string, hourMs: number): Promise<Segment | undefined> {
    return struck(this.#faults, 'series.newestAlone', () =>
      [...this.segments.values()]
        .filter(segment => segment.sourceId === sourceId && segment.hourMs === hourMs && segment.key < aloneKeyEnd)
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .at(-1),
    );
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
          hourMs + limits.segmentSpanMs + limits.hotRetentionMs > this.#clock.nowMs(),
      ),
    );
  }

  ofHour(sourceId: string, hourMs: number): Promise<readonly Segment[]> {
    return struck(this.#faults, 'series.ofHour', () =>
      [...this.segments.values()].filter(each => each.sourceId === sourceId && each.hourMs === hourMs),
    );
  }

  async addLate(late: readonly LateSegment[]): Promise<void> {
    for (const segment of late) {
      const { day, shard, sourceId, hourMs, key } = segment;
      await struck(this.#faults, 'series.addLate', () =>
        this.#late.segments.set(`${sourceId} ${hourMs} ${key}`, segment),
      );
      await struck(this.#faults, 'series.markLate', () =>
        this.#late.marks.set(`${day} ${shard}`, { day, shard, token: `${hourMs} ${key}` }),
      );
    }
  }

  used(): Units {
    return { readUnits: 0, writeUnits: 0, gets: 0, puts: 0 };
  }
}
