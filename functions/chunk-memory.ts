import type { LabelSet } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { decodeLabelSets } from '../core/segment/chunk.ts';
import type { Ports } from '../io/ports.ts';

/** Schema chunks never change under their id: a warm function keeps them. */
export class ChunkMemory {
  readonly #series: Ports['series'];
  readonly #chunks = new Map<string, readonly LabelSet[]>();

  constructor({ series }: Pick<Ports, 'series'>) {
    this.#series = series;
  }

  /** These chunks, of which unknown ones are missing. Theirs for good: what is forgotten meanwhile is not taken away. */
  async load(ids: readonly string[]): Promise<ReadonlyMap<string, readonly LabelSet[]>> {
    const wanted = new Map<string, readonly LabelSet[]>();
    const missing: string[] = [];
    for (const id of new Set(ids)) {
      const known = this.#chunks.get(id);
      if (known === undefined) missing.push(id);
      else wanted.set(id, known);
    }
    if (missing.length === 0) return wanted;
    const read = await this.#series.chunks(missing);
    if (this.#chunks.size + read.size > limits.chunksRemembered) this.#chunks.clear();
    for (const [id, bytes] of read) {
      const decoded = decodeLabelSets(bytes);
      if (!decoded.ok) continue;
      wanted.set(id, decoded.sets);
      this.#chunks.set(id, decoded.sets);
    }
    return wanted;
  }
}
