import { limits } from '../../core/limits.ts';
import type { RefusalPage } from '../../core/refusals.ts';
import type { Refusals } from '../ports.ts';
import { type Faults, noFaults, struck } from './faults.ts';

/** What workers refused, in a Map. */
export class MemoryRefusals implements Refusals {
  readonly #faults: Faults;
  readonly #pages = new Map<string, RefusalPage>();

  constructor(faults: Faults = noFaults) {
    this.#faults = faults;
  }

  tell(page: RefusalPage): Promise<void> {
    return struck(this.#faults, 'refusals.tell', () => {
      this.#pages.set(JSON.stringify([page.hourMs, page.worker]), page);
    });
  }

  since(fromMs: number): Promise<readonly RefusalPage[]> {
    return struck(this.#faults, 'refusals.since', () =>
      [...this.#pages.values()]
        .filter(({ hourMs }) => hourMs >= fromMs)
        .sort((a, b) => b.hourMs - a.hourMs)
        .slice(0, limits.refusalPages),
    );
  }
}
