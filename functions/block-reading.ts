import { limits } from '../core/limits.ts';
import { decodeBlockIndex, type PlacedCell, spansOf } from '../core/segment/block.ts';
import type { BlockObject } from '../core/segment/stored.ts';
import type { Ports } from '../io/ports.ts';
import { inParallel } from './parallel.ts';

/** A cell's bytes, and its label sets where they stand in the object. */
export type CellBytes = {
  readonly sourceId: string;
  readonly chunkId: string;
  readonly parts: readonly Uint8Array[];
  readonly sets?: Uint8Array;
};

export type CellsRead = {
  readonly cells: readonly CellBytes[];
  readonly warnings: readonly string[];
  /** Objects that are not there: their manifest may have changed since it was read. */
  readonly gone: readonly string[];
};

/** Reads cells out of objects: one request where the object is small or the index is known, else two. */
export class BlockReader {
  readonly #blocks: Ports['blocks'];
  readonly #indexes = new Map<string, readonly PlacedCell[]>();

  constructor({ blocks }: Pick<Ports, 'blocks'>) {
    this.#blocks = blocks;
  }

  async cells(objects: readonly BlockObject[], isWanted: (cell: PlacedCell) => boolean): Promise<CellsRead> {
    const cells: CellBytes[] = [];
    const warnings: string[] = [];
    const gone: string[] = [];
    await inParallel(objects, limits.blockParallel, async object => {
      const whole =
        object.bytes <= limits.blockWholeBytes ? await this.#blocks.get(object.key, 0, object.bytes) : undefined;
      const index = await this.#indexOf(object, whole);
      if (typeof index === 'string') warnings.push(index);
      if (index === undefined) gone.push(object.key);
      if (typeof index !== 'object') return;
      const wanted = index.filter(isWanted);
      if (whole !== undefined) cells.push(...wanted.map(cell => cut(cell, whole, 0)));
      else {
        await inParallel(spansOf(wanted), limits.blockParallel, async ({ from, to }) => {
          const piece = await this.#blocks.get(object.key, from, to);
          if (piece === undefined) gone.push(object.key);
          else
            cells.push(
              ...wanted.filter(cell => cell.from >= from && cell.from < to).map(cell => cut(cell, piece, from)),
            );
        });
      }
    });
    return { cells, warnings, gone };
  }

  /** The object's cells; a warning where they cannot be read, undefined where there is no object. */
  async #indexOf(
    { key, indexBytes }: BlockObject,
    whole?: Uint8Array,
  ): Promise<readonly PlacedCell[] | string | undefined> {
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    const head = whole?.subarray(0, indexBytes) ?? (await this.#blocks.get(key, 0, indexBytes));
    if (head === undefined) return undefined;
    const index = decodeBlockIndex(head);
    if (!index.ok) return `object ${key} was left out: ${index.reject.reason}`;
    if (this.#indexes.size >= limits.blockIndexesRemembered) this.#indexes.clear();
    this.#indexes.set(key, index.cells);
    return index.cells;
  }
}

const cut = ({ sourceId, chunk, from, sizes }: PlacedCell, bytes: Uint8Array, offset: number): CellBytes => {
  let at = from - offset;
  const parts = sizes.map(size => {
    at += size;
    return bytes.subarray(at - size, at);
  });
  const sets = chunk.size > 0 ? bytes.subarray(chunk.from - offset, chunk.from - offset + chunk.size) : undefined;
  return { sourceId, chunkId: chunk.id, parts, ...(sets !== undefined && { sets }) };
};
