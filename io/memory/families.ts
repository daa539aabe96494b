import { familyIdOf, type ToldFamily } from '../../core/families.ts';
import { limits } from '../../core/limits.ts';
import type { Clock, Families } from '../ports.ts';
import { type Faults, noFaults, struck, struckEach } from './faults.ts';

/** What was said about families in a Map. */
export class MemoryFamilies implements Families {
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #told = new Map<string, ToldFamily>();

  constructor(clock: Clock, faults: Faults = noFaults) {
    this.#clock = clock;
    this.#faults = faults;
  }

  add(told: readonly ToldFamily[]): Promise<void> {
    return struckEach(this.#faults, 'families.add', told, family => {
      this.#told.set(familyIdOf(family), family);
    });
  }

  all(): Promise<readonly ToldFamily[]> {
    return struck(this.#faults, 'families.all', () =>
      [...this.#told.values()]
        .filter(({ atMs }) => atMs + limits.schemaRetentionMs > this.#clock.nowMs())
        .sort((a, b) => b.atMs - a.atMs),
    );
  }
}
