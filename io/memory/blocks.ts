import type { LateMark, LateSegment, Manifest } from '../../core/segment/stored.ts';
import type { Blocks, Units } from '../ports.ts';
import { type Faults, noFaults, struck } from './faults.ts';

/** Late segments and their marks: written by series, read by blocks, as both are one table. */
export class MemoryLate {
  readonly segments = new Map<string, LateSegment>();
  readonly marks = new Map<string, LateMark>();
}

const nameOf = ({ day, shard, hourMs }: Pick<Manifest, 'day' | 'shard' | 'hourMs'>): string =>
  `${day} ${shard} ${hourMs ?? 'day'}`;

/** Manifests and objects in Maps. */
export class MemoryBlocks implements Blocks {
  readonly #faults: Faults;
  readonly #late: MemoryLate;
  readonly manifests = new Map<string, Manifest>();
  readonly objects = new Map<string, Uint8Array>();
  #mergedUntilMs: number | undefined;
  #gets = 0;
  #puts = 0;

  constructor(late: MemoryLate, faults: Faults = noFaults) {
    this.#late = late;
    this.#faults = faults;
  }

  manifestsOn(day: number, shard?: number): Promise<readonly Manifest[]> {
    return struck(this.#faults, 'blocks.manifestsOn', () =>
      [...this.manifests.values()]
        .filter(each => each.day === day && (shard === undefined || each.shard === shard))
        .sort(
          (a, b) =>
            a.shard - b.shard || (a.hourMs ?? Number.POSITIVE_INFINITY) - (b.hourMs ?? Number.POSITIVE_INFINITY),
        ),
    );
  }

  swap(seen: Manifest | undefined, next: Manifest): Promise<boolean> {
    return struck(this.#faults, 'blocks.swap', () => {
      if (this.manifests.get(nameOf(next))?.version !== seen?.version) return false;
      this.manifests.set(nameOf(next), next);
      return true;
    });
  }

  async drop(seen: readonly Manifest[]): Promise<boolean> {
    const gone = seen.map(manifest =>
      struck(this.#faults, 'blocks.drop', () => {
        const now = this.manifests.get(nameOf(manifest));
        if (now?.version === manifest.version) this.manifests.delete(nameOf(manifest));
        return now === undefined || now.version === manifest.version;
      }),
    );
    return (await Promise.all(gone)).every(each => each);
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    return struck(this.#faults, 'blocks.put', () => {
      this.#puts += 1;
      this.objects.set(key, bytes);
    });
  }

  get(key: string, from: number, to: number): Promise<Uint8Array | undefined> {
    return struck(this.#faults, 'blocks.get', () => {
      this.#gets += 1;
      return this.objects.get(key)?.slice(from, to);
    });
  }

  lateOn(day: number, shard: number, sourceId?: string): Promise<readonly LateSegment[]> {
    return struck(this.#faults, 'blocks.lateOn', () =>
      [...this.#late.segments.values()].filter(
        each => each.day === day && each.shard === shard && (sourceId === undefined || each.sourceId === sourceId),
      ),
    );
  }

  async dropLate(late: readonly LateSegment[]): Promise<void> {
    for (const { sourceId, hourMs, key } of late)
      await struck(this.#faults, 'blocks.dropLate', () => this.#late.segments.delete(`${sourceId} ${hourMs} ${key}`));
  }

  lateMarks(): Promise<readonly LateMark[]> {
    return struck(this.#faults, 'blocks.lateMarks', () => [...this.#late.marks.values()]);
  }

  dropMark({ day, shard, token }: LateMark): Promise<void> {
    return struck(this.#faults, 'blocks.dropMark', () => {
      if (this.#late.marks.get(`${day} ${shard}`)?.token === token) this.#late.marks.delete(`${day} ${shard}`);
    });
  }

  mergedUntil(): Promise<number | undefined> {
    return struck(this.#faults, 'blocks.mergedUntil', () => this.#mergedUntilMs);
  }

  moveMergedUntil(seen: number | undefined, untilMs: number): Promise<void> {
    return struck(this.#faults, 'blocks.moveMergedUntil', () => {
      if (this.#mergedUntilMs === seen) this.#mergedUntilMs = untilMs;
    });
  }

  used(): Units {
    return { readUnits: 0, writeUnits: 0, gets: this.#gets, puts: this.#puts };
  }
}
