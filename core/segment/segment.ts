import type { Columns, SeriesColumn } from '../columns.ts';
import type { LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import { Column } from '../sample.ts';
import { type Base, type ChunkRef, endOf, startOf } from './base.ts';
import { ByteReader, ByteWriter, Corrupt } from './bytes.ts';
import { codeColumn } from './column-coder.ts';
import { Above } from './column-state.ts';
import { readNumbers } from './columns-codec.ts';
import { guarded, sealCoded } from './envelope.ts';
import { NumberCoder } from './number-coder.ts';
import { BitReader, BitWriter } from './range-coder.ts';
import { isAsBase, nameOf, type OpenSegment, openSegment, resolvedChunks, writeBaseAndChunks } from './segment-open.ts';
import { type Times, writeTimes } from './times.ts';

/** Samples under a schema that is kept elsewhere: the chunks, in the order of the columns. `base`: what to build on. */
export const encodeSegment = (
  chunks: readonly ChunkRef[],
  columns: Columns,
  base?: Base,
): { readonly bytes: Uint8Array; readonly end: Base } => {
  const { series, timestampsMs } = columns;
  const open = new ByteWriter();
  writeBaseAndChunks(open, chunks, base);
  writeTimes(open, columns, base?.lastMs ?? 0);
  const sets = columns.sets ?? (isAsBase(chunks, base) ? base!.sets : series.map(({ labels }) => labels));
  const start = startOf(base, chunks, sets, timestampsMs);
  const bits = new BitWriter();
  const coder = new NumberCoder(bits, start.mixing);
  const above = new Above(timestampsMs.length);
  for (const [index, { column }] of series.entries())
    codeColumn(coder, start.states[index]!, column, above, start.gap, true);
  const bytes = sealCoded('SG', open.done(), bits.done());
  const depth = base === undefined ? 0 : base.depth + 1;
  return { bytes, end: endOf(start, columns, { name: nameOf(bytes), depth, chunks, sets }) };
};

/** Where a decoder gets what is kept elsewhere. */
export type Lookup = {
  readonly chunkOf: (id: string) => readonly LabelSet[] | undefined;
  readonly baseOf?: (name: string) => Base | undefined;
  /** The segment's own name, where others build on it: only then it is worked out where it ends. */
  readonly endAs?: string | undefined;
};

export type Decoded = { readonly columns: Columns; readonly end?: Base };

/**
 * The samples with their labels, and where they end if others build on them; a reject where a byte is wrong, or a
 * chunk or the base cannot be had. Version 1 is read as well and nothing builds on it.
 */
export const decodeSegment = (bytes: Uint8Array, lookup: Lookup) =>
  guarded('bad_segment', (): Decoded => {
    const open = openSegment(bytes);
    const base = open.base === undefined ? undefined : lookup.baseOf?.(open.base);
    if (open.base !== undefined && base === undefined) throw missingBase(open.base);
    const framed = framedOf(open, base, lookup.chunkOf);
    return decodeFramed(framed, { base, endAs: lookup.endAs });
  });

/** Thrown for a segment of which the one that it builds on cannot be had. */
export const missingBase = (name: string): Corrupt => new Corrupt(`segment ${name}, which it builds on, is missing`);

/** A segment of which all is known but the samples. */
export type Framed = {
  readonly open: OpenSegment;
  readonly chunks: readonly ChunkRef[];
  readonly sets: readonly LabelSet[];
  /** Of version 1 none: they are among what is packed. */
  readonly times: Times;
};

/** Of the base nothing is asked but its chunks, its sets and its last time. Throws Corrupt. */
export const framedOf = (
  open: OpenSegment,
  base: Pick<Base, 'chunks' | 'sets' | 'lastMs'> | undefined,
  chunkOf: Lookup['chunkOf'],
): Framed => {
  const chunks = resolvedChunks(open.chunks, base?.chunks ?? []);
  const sets = base !== undefined && open.chunks.length === 0 ? base.sets : setsOf(chunks, chunkOf);
  const times = open.readTimesAfter(base?.lastMs ?? 0);
  const { length } = times.timestampsMs;
  if (length * sets.length > limits.blockCells)
    throw new Corrupt(`${length} times of ${sets.length} columns, the limit is ${limits.blockCells} together`);
  return { open, chunks, sets, times };
};

const setsOf = (chunks: readonly ChunkRef[], chunkOf: Lookup['chunkOf']): LabelSet[] =>
  chunks.flatMap(({ id, count }) => {
    const chunk = chunkOf(id);
    if (chunk?.length === count) return chunk;
    throw new Corrupt(
      `schema chunk ${id} is ${chunk === undefined ? 'missing' : `of ${chunk.length} sets, not ${count}`}`,
    );
  });

/** How a segment is decoded. */
export type Decoding = {
  readonly base?: Base | undefined;
  /** Nobody builds on the base after this. */
  readonly isLast?: boolean;
  readonly endAs?: string | undefined;
  /** Which columns are kept, a byte for each; all where nothing is said. */
  readonly kept?: Uint8Array;
};

/** Throws Corrupt. */
export const decodeFramed = (framed: Framed, how: Decoding): Decoded =>
  framed.open.version === 1 ? decodeBefore(framed) : decodeCoded(framed, how);

const decodeCoded = ({ open, chunks, sets, times }: Framed, { base, isLast, endAs, kept }: Decoding): Decoded => {
  const { length } = times.timestampsMs;
  const start = startOf(base, chunks, sets, times.timestampsMs, isLast);
  const coder = new NumberCoder(new BitReader(open.unpack()), start.mixing);
  const above = new Above(length);
  const count = kept === undefined ? sets.length : kept.reduce((sum, each) => sum + each, 0);
  const room = Column.many(count, length);
  // What nobody wants must be decoded as well, being what others are guessed from, and need not be kept.
  const unwanted = count === sets.length ? undefined : new Column(length);
  const series: SeriesColumn[] = [];
  for (let index = 0; index < sets.length; index += 1) {
    const isKept = kept === undefined || kept[index] === 1;
    const column = isKept ? room[series.length]! : unwanted!;
    codeColumn(coder, start.states[index]!, column, above, start.gap, false);
    if (isKept) series.push({ labels: sets[index]!, column });
  }
  if (endAs === undefined) return { columns: { ...times, series } };
  const depth = base === undefined ? 0 : base.depth + 1;
  return { columns: { ...times, series }, end: endOf(start, times, { name: endAs, depth, chunks, sets }) };
};

const decodeBefore = ({ open, sets }: Framed): Decoded => {
  const { timestampsMs, pages, columns } = readNumbers(new ByteReader(open.unpack()), limits.blockCells);
  if (columns.length !== sets.length) throw new Corrupt(`${columns.length} columns under ${sets.length} label sets`);
  return {
    columns: { timestampsMs, pages, series: columns.map((column, index) => ({ labels: sets[index]!, column })) },
  };
};
