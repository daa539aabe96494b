import { messageNameOf } from '../../core/batch.ts';
import type { Quarantine, Quarantined } from '../ports.ts';
import { type Faults, noFaults, struck } from './faults.ts';

/** Dead letters in a Map, by their handles. */
export class MemoryQuarantine implements Quarantine {
  readonly #faults: Faults;
  readonly #lying = new Map<string, string>();
  #put = 0;

  constructor(faults: Faults = noFaults) {
    this.#faults = faults;
  }

  /** Puts a message aside, as a queue does with what failed too often. */
  put(body: string): void {
    this.#put += 1;
    this.#lying.set(`handle-${this.#put}`, body);
  }

  look(): Promise<readonly Quarantined[]> {
    return struck(this.#faults, 'quarantine.look', () => {
      const byName = Map.groupBy(this.#lying, ([, body]) => messageNameOf(body));
      return [...byName].map(([name, all]) => ({
        name,
        body: all[0]![1],
        sentAtMs: 0,
        handles: all.map(([handle]) => handle),
      }));
    });
  }

  remove({ handles }: Quarantined): Promise<void> {
    return struck(this.#faults, 'quarantine.remove', () => {
      for (const handle of handles) this.#lying.delete(handle);
    });
  }
}
