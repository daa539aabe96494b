import type { ToldUse } from '../../core/key/key-use.ts';
import type { Usage } from '../ports.ts';
import { type Faults, noFaults, struck } from './faults.ts';

/** What workers let in with keys, in a Map. */
export class MemoryUsage implements Usage {
  readonly #faults: Faults;
  readonly told = new Map<string, Map<string, ToldUse>>();

  constructor(faults: Faults = noFaults) {
    this.#faults = faults;
  }

  tell(key: string, told: ToldUse): Promise<void> {
    return struck(this.#faults, 'usage.tell', () => {
      const all = this.told.get(key) ?? new Map<string, ToldUse>();
      this.told.set(key, all.set(told.worker, told));
    });
  }

  of(key: string): Promise<readonly ToldUse[]> {
    return struck(this.#faults, 'usage.of', () => [...(this.told.get(key)?.values() ?? [])]);
  }
}
