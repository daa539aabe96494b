import { type Source, sourceIdOf, sourceOf } from '../batch.ts';
import { limits } from '../limits.ts';
import { ByteReader, ByteWriter, Corrupt } from './bytes.ts';
import { readLabelSets, writeLabelSets } from './chunk.ts';
import { guarded, seal, unseal } from './envelope.ts';

// A block holds the samples of many sources over an hour or a day as one object: an index, then cells. A cell is the
// samples of one source under one schema chunk. Cells of one chunk stand side by side, because replicas share chunks: one
// metric of all of them is one piece of the object.

export type Cell = {
  readonly source: Source;
  readonly chunkId: string;
  /** One segment that builds on nothing, or of a rollup one for each aggregate. */
  readonly parts: readonly Uint8Array[];
};

/** Where a cell's bytes stand in the object. */
export type PlacedCell = {
  readonly sourceId: string;
  readonly source: Source;
  readonly chunkId: string;
  readonly from: number;
  readonly sizes: readonly number[];
};

export type BlockIndex = { readonly cells: readonly PlacedCell[] };

const idBytes = 16;

/** The object's bytes, and how many of them the index takes. Cells may come in any order. */
export const encodeBlock = (cells: readonly Cell[]): { readonly bytes: Uint8Array; readonly indexBytes: number } => {
  const sources = new Map<string, { readonly place: number; readonly source: Source }>();
  for (const { source } of cells) {
    const id = sourceIdOf(source);
    if (!sources.has(id)) sources.set(id, { place: sources.size, source });
  }
  const chunks = new Map<string, Cell[]>();
  for (const cell of cells) {
    const group = chunks.get(cell.chunkId) ?? [];
    chunks.set(cell.chunkId, group);
    group.push(cell);
  }
  const index = new ByteWriter();
  writeLabelSets(
    index,
    [...sources.values()].map(({ source }) => source),
  );
  index.varint(chunks.size);
  const pieces: Uint8Array[] = [];
  for (const [id, group] of chunks) {
    index.bytes(Buffer.from(id, 'base64url'));
    index.varint(group.length);
    for (const { source, parts } of group) {
      index.varint(sources.get(sourceIdOf(source))!.place);
      index.varint(parts.length);
      for (const part of parts) index.varint(part.length);
      pieces.push(...parts);
    }
  }
  const head = seal('BI', new Uint8Array(0), index.done());
  return { bytes: Buffer.concat([head, ...pieces]), indexBytes: head.length };
};

/** Reads the index out of the object's first `indexBytes` bytes. */
export const decodeBlockIndex = (head: Uint8Array) =>
  guarded('bad_block', (): BlockIndex => {
    const reader = new ByteReader(unseal('BI', head, limits.messageUnpackedBytes).unpack());
    const sources = readLabelSets(reader).map(labels => {
      const source = sourceOf(labels);
      return { source, sourceId: sourceIdOf(source) };
    });
    const cells: PlacedCell[] = [];
    let from = head.length;
    for (let chunks = reader.count(idBytes + 1); chunks > 0; chunks -= 1) {
      const chunkId = Buffer.from(reader.bytes(idBytes)).toString('base64url');
      for (let count = reader.count(3); count > 0; count -= 1) {
        const source = sources[reader.varint()];
        if (source === undefined) throw new Corrupt('a cell of no source');
        const sizes = Array.from({ length: reader.count(1) }, () => reader.varint());
        cells.push({ ...source, chunkId, from, sizes });
        from += sizes.reduce((sum, size) => sum + size, 0);
      }
    }
    return { cells };
  });

/** A run of bytes of an object; `to` is not included. */
export type Span = { readonly from: number; readonly to: number };

/**
 * The fewest reads that bring these cells: pieces less than limits.blockGapBytes apart are read as one, because a request
 * costs the same however much it brings.
 */
export const spansOf = (cells: readonly PlacedCell[]): Span[] => {
  const spans: { from: number; to: number }[] = [];
  for (const { from, sizes } of [...cells].sort((a, b) => a.from - b.from)) {
    const to = sizes.reduce((sum, size) => sum + size, from);
    const last = spans.at(-1);
    if (last !== undefined && from - last.to <= limits.blockGapBytes) last.to = Math.max(last.to, to);
    else spans.push({ from, to });
  }
  return spans;
};
