import { limits } from '../core/limits.ts';
import { type BlockIndex, decodeBlockIndex, type PlacedFrame } from '../core/segment/block.ts';
import { type PlacedCell, type Selection, selected, spansOf } from '../core/segment/block-cells.ts';
import type { BlockObject } from '../core/segment/stored.ts';
import type { Stripe } from '../core/segment/stripes.ts';
import type { Ports } from '../io/ports.ts';
import { inParallel } from './parallel.ts';

/** A cell's bytes, and its chunk's label sets where they stand in the object. */
export type CellBytes = {
  readonly chunkId: string;
  readonly stripe: Stripe;
  readonly parts: readonly Uint8Array[];
  readonly sets?: Uint8Array;
};

export type FrameBytes = { readonly frame: PlacedFrame; readonly cells: readonly CellBytes[] };

type FramesRead = {
  readonly frames: readonly FrameBytes[];
  readonly warnings: readonly string[];
  /** Objects that are not there: their manifest may have changed since it was read. */
  readonly gone: readonly string[];
};

/** Reads cells out of objects: one request where the object is small or the index is known, else two; none for nothing. */
export class BlockReader {
  readonly #blocks: Ports['blocks'];
  readonly #indexes = new Map<string, BlockIndex>();

  constructor({ blocks }: Pick<Ports, 'blocks'>) {
    this.#blocks = blocks;
  }

  /** The wanted frames of these objects, each with its wanted cells, of which it may have none. */
  async frames(objects: readonly BlockObject[], selection: Selection): Promise<FramesRead> {
    const read: FrameBytes[] = [];
    const warnings: string[] = [];
    const gone: string[] = [];
    await inParallel(objects, limits.blockParallel, async object => {
      const known = this.#indexes.get(object.key);
      // Of an object whose index is known one piece is no more requests than all of it, and none is fewer.
      const isInPieces = known === undefined || spansOf(selected(known, selection).cells).length > 1;
      const whole =
        object.bytes <= limits.blockWholeBytes && isInPieces
          ? await this.#blocks.get(object.key, 0, object.bytes)
          : undefined;
      const index = known ?? (await this.#indexOf(object, whole));
      if (typeof index === 'string') warnings.push(index);
      if (index === undefined) gone.push(object.key);
      if (typeof index !== 'object') return;
      const { frames, cells } = selected(index, selection);
      const cellsOf = new Map<PlacedFrame, CellBytes[]>(frames.map(frame => [frame, []]));
      const keep = (cell: PlacedCell, bytes: Uint8Array, offset: number): void => {
        cellsOf.get(cell.frame)!.push(cut(cell, bytes, offset));
      };
      if (whole !== undefined) for (const cell of cells) keep(cell, whole, 0);
      else {
        await inParallel(spansOf(cells), limits.blockParallel, async ({ from, to }) => {
          const piece = await this.#blocks.get(object.key, from, to);
          if (piece === undefined) gone.push(object.key);
          else for (const cell of cells) if (cell.from >= from && cell.from < to) keep(cell, piece, from);
        });
      }
      for (const [frame, own] of cellsOf) read.push({ frame, cells: own });
    });
    return { frames: read, warnings, gone };
  }

  /** The object's index, to be known from now on; a warning where it cannot be read, undefined where there is no object. */
  async #indexOf({ key, indexBytes }: BlockObject, whole?: Uint8Array): Promise<BlockIndex | string | undefined> {
    const head = whole?.subarray(0, indexBytes) ?? (await this.#blocks.get(key, 0, indexBytes));
    if (head === undefined) return undefined;
    const index = decodeBlockIndex(head);
    if (!index.ok) return `object ${key} was left out: ${index.reject.reason}`;
    if (this.#indexes.size >= limits.blockIndexesRemembered) this.#indexes.clear();
    this.#indexes.set(key, index);
    return index;
  }
}

const cut = ({ chunk, stripe, from, sizes }: PlacedCell, bytes: Uint8Array, offset: number): CellBytes => {
  let at = from - offset;
  const parts = sizes.map(size => {
    at += size;
    return bytes.subarray(at - size, at);
  });
  const sets = chunk.size > 0 ? bytes.subarray(chunk.from - offset, chunk.from - offset + chunk.size) : undefined;
  return { chunkId: chunk.id, stripe, parts, ...(sets !== undefined && { sets }) };
};
