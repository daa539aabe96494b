import type { GroupRecord } from '../../core/rules/record.ts';
import { decodeRecord, encodeRecord } from '../../core/rules/record.ts';
import type { KeptRecord, Rules } from '../ports.ts';
import { type Faults, struck } from './faults.ts';

export class MemoryRules implements Rules {
  files: Rules['files'] = [];
  readonly #faults: Faults;
  readonly #kept = new Map<string, { readonly bytes: Uint8Array; readonly version: number }>();

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  all(): Promise<readonly GroupRecord[]> {
    return struck(this.#faults, 'rules.all', () => [...this.#kept.values()].map(({ bytes }) => decodeRecord(bytes)));
  }

  get(id: string): Promise<KeptRecord | undefined> {
    return struck(this.#faults, 'rules.get', () => {
      const kept = this.#kept.get(id);
      return kept && { record: decodeRecord(kept.bytes), version: kept.version };
    });
  }

  swap(id: string, seenVersion: number, record: GroupRecord): Promise<number | undefined> {
    return struck(this.#faults, 'rules.swap', () => {
      if ((this.#kept.get(id)?.version ?? 0) !== seenVersion) return undefined;
      this.#kept.set(id, { bytes: encodeRecord(record), version: seenVersion + 1 });
      return seenVersion + 1;
    });
  }
}
