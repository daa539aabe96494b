import type { Row, Targets } from '../ports.ts';
import { type Faults, noFaults, struck } from './faults.ts';

/** The registry in a Map. */
export class MemoryTargets implements Targets {
  readonly #faults: Faults;
  readonly rows = new Map<string, Row>();

  constructor(faults: Faults = noFaults) {
    this.#faults = faults;
  }

  all(): Promise<readonly Row[]> {
    return struck(this.#faults, 'targets.all', () => [...this.rows.values()]);
  }

  get(id: string): Promise<Row | undefined> {
    return struck(this.#faults, 'targets.get', () => this.rows.get(id));
  }

  note(id: string, problem: string | null, atMs: number): Promise<void> {
    return struck(this.#faults, 'targets.note', () => {
      const row = this.rows.get(id);
      if (row !== undefined) this.rows.set(id, { ...row, problem, checkedAtMs: atMs });
    });
  }

  put(row: Row): Promise<void> {
    return struck(this.#faults, 'targets.put', () => {
      this.rows.set(String(row['id']), row);
    });
  }

  remove(id: string): Promise<boolean> {
    return struck(this.#faults, 'targets.remove', () => this.rows.delete(id));
  }
}
