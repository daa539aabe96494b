import { type Source, sourceIdOf, sourceOf } from '../batch.ts';
import { limits } from '../limits.ts';
import { ByteReader, ByteWriter, Corrupt } from './bytes.ts';
import { fingerprintsOf } from './catalog.ts';
import { readLabelSets, writeLabelSets } from './chunk.ts';
import { guarded, seal, unseal } from './envelope.ts';
import type { SchemaChunk } from './stored.ts';
import type { Stripe } from './stripes.ts';
import { type Times, writeTimes } from './times.ts';

// A block holds the samples of many sources over an hour or a day as one object: an index, then cells. A frame is one
// source's times in one hour, a cell its samples of one stripe of a schema chunk at these times: what a reader decodes at
// once. Cells of one stripe stand side by side, because replicas share chunks: one metric of all of them is one piece of
// the object, and so is one series of a source over the day.

/** When a source has samples; `times` are missing where its cells, being increments, have times of their own. */
export type Frame = { readonly source: Source; readonly fromMs: number; readonly times?: Times };

export type Cell = {
  readonly frame: Frame;
  readonly chunkId: string;
  readonly stripe: Stripe;
  /** The samples as columns (see part.ts), or of a rollup one for each aggregate; of increments one segment of them. */
  readonly parts: readonly Uint8Array[];
};

/** Where a frame's times stand in the index; see timesOf. */
export type PlacedFrame = {
  readonly sourceId: string;
  readonly source: Source;
  readonly fromMs: number;
  readonly times?: Uint8Array;
};

/** A stripe as the object lists it: its metric names' fingerprints, and its cells. */
type PlacedStripe = Stripe & {
  readonly names: readonly number[];
  /** Where its first cell begins; the others follow. */
  readonly from: number;
  /** For each cell the place of its frame, how many parts it has, and their sizes. */
  readonly cells: Uint32Array;
};

/** A schema chunk, and where its sets stand if they are kept in the object. */
export type PlacedChunk = {
  readonly id: string;
  readonly from: number;
  readonly size: number;
  readonly stripes: readonly PlacedStripe[];
};

export type BlockIndex = { readonly frames: readonly PlacedFrame[]; readonly chunks: readonly PlacedChunk[] };

const idBytes = 16;
const nothing = new Uint8Array(0);

type Group = { readonly stripe: Stripe; readonly cells: Cell[] };

/** By chunk, then by stripe, then as the cells come. */
const grouped = (cells: readonly Cell[]): Map<string, Map<string, Group>> => {
  const chunks = new Map<string, Map<string, Group>>();
  for (const cell of cells) {
    const { chunkId, stripe } = cell;
    const name = `${stripe.first} ${stripe.count}`;
    const stripes = chunks.get(chunkId) ?? new Map<string, Group>();
    chunks.set(chunkId, stripes);
    const group = stripes.get(name) ?? { stripe, cells: [] };
    stripes.set(name, group);
    group.cells.push(cell);
  }
  return chunks;
};

/**
 * The object's bytes, and how many of them the index takes. Frames and cells may come in any order; frames without cells
 * are kept too, as they may be pages. `withSets`: the label sets stand in the object, for one that outlives the schema's chunks.
 */
export const encodeBlock = (
  frames: readonly Frame[],
  cells: readonly Cell[],
  chunkOf: (id: string) => SchemaChunk,
  withSets: boolean,
): { readonly bytes: Uint8Array; readonly indexBytes: number } => {
  const index = new ByteWriter();
  const placeOf = writeFrames(index, frames);
  const chunks = grouped(cells);
  index.varint(chunks.size);
  const pieces: Uint8Array[] = [];
  for (const [id, stripes] of chunks) {
    const { sets, bytes } = chunkOf(id);
    index.bytes(Buffer.from(id, 'base64url'));
    index.varint(withSets ? bytes.length : 0);
    if (withSets) pieces.push(bytes);
    index.varint(stripes.size);
    for (const { stripe, cells: own } of stripes.values()) {
      index.varint(stripe.first);
      index.varint(stripe.count);
      const names = fingerprintsOf(sets.slice(stripe.first, stripe.first + stripe.count));
      index.varint(names.length);
      for (const name of names) {
        index.byte(name & 0xff);
        index.byte(name >> 8);
      }
      index.varint(own.length);
      // Hour by hour, so that one hour of all sources is one piece.
      for (const { frame, parts } of own.toSorted((a, b) => a.frame.fromMs - b.frame.fromMs)) {
        index.varint(placeOf.get(frame)!);
        index.varint(parts.length);
        for (const part of parts) index.varint(part.length);
        pieces.push(...parts);
      }
    }
  }
  const head = seal('BI', nothing, index.done());
  return { bytes: Buffer.concat([head, ...pieces]), indexBytes: head.length };
};

const writeFrames = (index: ByteWriter, frames: readonly Frame[]): ReadonlyMap<Frame, number> => {
  const sources = new Map<string, { readonly place: number; readonly source: Source }>();
  for (const { source } of frames) {
    const id = sourceIdOf(source);
    if (!sources.has(id)) sources.set(id, { place: sources.size, source });
  }
  writeLabelSets(
    index,
    [...sources.values()].map(({ source }) => source),
  );
  index.varint(frames.length);
  for (const { source, fromMs, times } of frames) {
    index.varint(sources.get(sourceIdOf(source))!.place);
    index.zigzag(fromMs);
    const written = new ByteWriter();
    if (times !== undefined) writeTimes(written, times, fromMs);
    index.varint(written.length);
    index.bytes(written.done());
  }
  return new Map(frames.map((frame, place) => [frame, place]));
};

/** Reads the index out of the object's first `indexBytes` bytes. */
export const decodeBlockIndex = (head: Uint8Array) =>
  guarded('bad_block', (): BlockIndex => {
    const reader = new ByteReader(unseal('BI', head, limits.messageUnpackedBytes).unpack());
    const sources = readLabelSets(reader).map(labels => {
      const source = sourceOf(labels);
      return { source, sourceId: sourceIdOf(source) };
    });
    const frames = Array.from({ length: reader.count(3) }, (): PlacedFrame => {
      const source = sources[reader.varint()];
      if (source === undefined) throw new Corrupt('a frame of no source');
      const fromMs = reader.zigzag();
      const times = reader.bytes(reader.varint());
      // A copy: a remembered index keeps no more than what it lists.
      return { ...source, fromMs, ...(times.length > 0 && { times: times.slice() }) };
    });
    let from = head.length;
    const chunks = Array.from({ length: reader.count(idBytes + 1) }, (): PlacedChunk => {
      const id = Buffer.from(reader.bytes(idBytes)).toString('base64url');
      const chunk = { id, from, size: reader.varint() };
      from += chunk.size;
      const stripes = Array.from({ length: reader.count(3) }, (): PlacedStripe => {
        const [first, count] = [reader.varint(), reader.varint()];
        const names = Array.from({ length: reader.count(2) }, () => reader.byte() | (reader.byte() << 8));
        const stripe = { first, count, names, from };
        const cells: number[] = [];
        for (let left = reader.count(3); left > 0; left -= 1) {
          const place = reader.varint();
          if (place >= frames.length) throw new Corrupt('a cell of no frame');
          const parts = reader.count(1);
          cells.push(place, parts);
          for (let part = 0; part < parts; part += 1) {
            const size = reader.varint();
            cells.push(size);
            from += size;
          }
        }
        return { ...stripe, cells: Uint32Array.from(cells) };
      });
      return { ...chunk, stripes };
    });
    return { frames, chunks };
  });
