import { sourceIdOf } from '../../core/batch.ts';
import { type Exemplar, eachOnce, type SourceExemplars } from '../../core/exemplars.ts';
import { usualRetention } from '../../core/retention.ts';
import type { Clock, Exemplars } from '../ports.ts';
import { type Faults, noFaults, struck, struckEach } from './faults.ts';

/** Exemplars in a Map, by source. */
export class MemoryExemplars implements Exemplars {
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #told = new Map<string, Exemplar[]>();

  constructor(clock: Clock, faults: Faults = noFaults) {
    this.#clock = clock;
    this.#faults = faults;
  }

  add(told: readonly SourceExemplars[]): Promise<void> {
    return struckEach(this.#faults, 'exemplars.add', told, ({ source, exemplars }) => {
      const id = sourceIdOf(source);
      this.#told.set(id, eachOnce([...(this.#told.get(id) ?? []), ...exemplars]));
    });
  }

  between(sourceId: string, fromMs: number, toMs: number): Promise<readonly Exemplar[]> {
    const oldestMs = Math.max(fromMs, this.#clock.nowMs() - usualRetention.rawMs);
    return struck(this.#faults, 'exemplars.between', () =>
      (this.#told.get(sourceId) ?? []).filter(({ timestampMs }) => timestampMs >= oldestMs && timestampMs <= toMs),
    );
  }
}
