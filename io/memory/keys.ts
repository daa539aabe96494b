import type { Keys, Row, Secrets } from '../ports.ts';
import { type Faults, noFaults, struck } from './faults.ts';

/** Push keys in a Map. */
export class MemoryKeys implements Keys {
  readonly #faults: Faults;
  readonly rows = new Map<string, Row>();

  constructor(faults: Faults = noFaults) {
    this.#faults = faults;
  }

  get(id: string): Promise<Row | undefined> {
    return struck(this.#faults, 'keys.get', () => this.rows.get(id));
  }

  all(): Promise<readonly Row[]> {
    return struck(this.#faults, 'keys.all', () => [...this.rows.values()]);
  }

  put(row: Row): Promise<void> {
    return struck(this.#faults, 'keys.put', () => {
      this.rows.set(String(row['id']), row);
    });
  }

  remove(id: string): Promise<boolean> {
    return struck(this.#faults, 'keys.remove', () => this.rows.delete(id));
  }
}

/** Secrets by name. */
export class MemorySecrets implements Secrets {
  readonly texts = new Map<string, string>();

  async read(name: string): Promise<string> {
    const text = this.texts.get(name);
    if (text === undefined) throw new Error(`there is no secret ${name}`);
    return text;
  }
}
