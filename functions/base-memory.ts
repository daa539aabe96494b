import { limits } from '../core/limits.ts';
import type { Base } from '../core/segment/base.ts';

type Kept = { readonly hourMs: number; readonly base: Base | undefined; readonly weight: number };

/**
 * Where sources' segments of an hour ended, limits.baseSeriesRemembered together. Those of hours before go first; of one
 * hour the first that fit stay, since a round through more than fit would find none. Who finds no room is known to have nothing to
 * build on, which costs bytes: looking for it in the store each time would cost more.
 */
export class BaseMemory {
  readonly #kept = new Map<string, Kept>();
  #weight = 0;

  has(sourceId: string, hourMs: number): boolean {
    return this.#kept.has(nameOf(sourceId, hourMs));
  }

  get(sourceId: string, hourMs: number): Base | undefined {
    return this.#kept.get(nameOf(sourceId, hourMs))?.base;
  }

  set(sourceId: string, hourMs: number, base: Base | undefined): void {
    const name = nameOf(sourceId, hourMs);
    this.#forget(name);
    const weight = weightOf(base);
    for (const [oldest, { hourMs: itsHourMs }] of this.#kept) {
      if (this.#fits(weight) || itsHourMs >= hourMs) break;
      this.#forget(oldest);
    }
    if (this.#fits(weight)) this.#keep(name, { hourMs, base, weight });
    else if (this.#fits(weightOf(undefined)))
      this.#keep(name, { hourMs, base: undefined, weight: weightOf(undefined) });
  }

  #fits(weight: number): boolean {
    return this.#weight + weight <= limits.baseSeriesRemembered;
  }

  #keep(name: string, kept: Kept): void {
    this.#kept.set(name, kept);
    this.#weight += kept.weight;
  }

  #forget(name: string): void {
    this.#weight -= this.#kept.get(name)?.weight ?? 0;
    this.#kept.delete(name);
  }
}

const nameOf = (sourceId: string, hourMs: number): string => `${sourceId} ${hourMs}`;

/** What is learned takes as much as some series; a name alone as one. */
const learnedWeight = 20;

const weightOf = (base: Base | undefined): number => (base === undefined ? 1 : learnedWeight + base.sets.length);
