import { type Source, sourceIdOf, sourceOf } from '../batch.ts';
import { limits } from '../limits.ts';
import { ByteReader, ByteWriter, Corrupt } from './bytes.ts';
import { fingerprintsOf } from './catalog.ts';
import { readLabelSets, writeLabelSets } from './chunk.ts';
import { guarded, seal, unseal } from './envelope.ts';
import type { SchemaChunk } from './stored.ts';

// A block holds the samples of many sources over an hour or a day as one object: an index, then cells. A cell is the
// samples of one source under one schema chunk. Cells of one chunk stand side by side, because replicas share chunks: one
// metric of all of them is one piece of the object.

export type Cell = {
  readonly source: Source;
  readonly chunkId: string;
  /** One segment that builds on nothing, or of a rollup one for each aggregate. */
  readonly parts: readonly Uint8Array[];
};

/** A schema chunk as the object lists it: its metric names' fingerprints, and its sets where they are kept in the object. */
export type PlacedChunk = {
  readonly id: string;
  readonly names: readonly number[];
  readonly from: number;
  readonly size: number;
};

/** Where a cell's bytes stand in the object. */
export type PlacedCell = {
  readonly sourceId: string;
  readonly source: Source;
  readonly chunk: PlacedChunk;
  readonly from: number;
  readonly sizes: readonly number[];
};

export type BlockIndex = { readonly cells: readonly PlacedCell[] };

const idBytes = 16;

/**
 * The object's bytes, and how many of them the index takes. Cells may come in any order. `withSets`: the label sets stand
 * in the object, for one that outlives the schema's chunks.
 */
export const encodeBlock = (
  cells: readonly Cell[],
  chunkOf: (id: string) => SchemaChunk,
  withSets: boolean,
): { readonly bytes: Uint8Array; readonly indexBytes: number } => {
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
    const { sets, bytes } = chunkOf(id);
    index.bytes(Buffer.from(id, 'base64url'));
    const names = fingerprintsOf(sets);
    index.varint(names.length);
    for (const name of names) {
      index.byte(name & 0xff);
      index.byte(name >> 8);
    }
    index.varint(withSets ? bytes.length : 0);
    if (withSets) pieces.push(bytes);
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
      const id = Buffer.from(reader.bytes(idBytes)).toString('base64url');
      const names = Array.from({ length: reader.count(2) }, () => reader.byte() | (reader.byte() << 8));
      const chunk = { id, names, from, size: reader.varint() };
      from += chunk.size;
      for (let count = reader.count(3); count > 0; count -= 1) {
        const source = sources[reader.varint()];
        if (source === undefined) throw new Corrupt('a cell of no source');
        const sizes = Array.from({ length: reader.count(1) }, () => reader.varint());
        cells.push({ ...source, chunk, from, sizes });
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
  const pieces = [
    ...cells.map(({ from, sizes }) => ({ from, to: sizes.reduce((sum, size) => sum + size, from) })),
    ...cells.map(({ chunk: { from, size } }) => ({ from, to: from + size })),
  ].filter(({ from, to }) => to > from);
  const spans: { from: number; to: number }[] = [];
  for (const { from, to } of pieces.sort((a, b) => a.from - b.from)) {
    const last = spans.at(-1);
    if (last !== undefined && from - last.to <= limits.blockGapBytes) last.to = Math.max(last.to, to);
    else spans.push({ from, to });
  }
  return spans;
};
