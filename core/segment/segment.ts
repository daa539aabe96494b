import type { Columns, SeriesColumn } from '../columns.ts';
import type { LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import { Column } from '../sample.ts';
import { type Base, type ChunkRef, endOf, type Group, groupsOf, learnedFor, startOf } from './base.ts';
import { ByteReader, ByteWriter, Corrupt } from './bytes.ts';
import { codeColumn } from './column-coder.ts';
import { Above } from './column-state.ts';
import { readNumbers } from './columns-codec.ts';
import { guarded, sealCoded } from './envelope.ts';
import type { Learned } from './mixing.ts';
import { mixingFrom, NumberCoder } from './number-coder.ts';
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
  const isGrouped = base !== undefined && chunks.length > 1 && timestampsMs.length >= limits.groupedSlots;
  const open = new ByteWriter();
  writeBaseAndChunks(open, chunks, base, isGrouped);
  writeTimes(open, columns, base?.lastMs ?? 0);
  const sets = columns.sets ?? (isAsBase(chunks, base) ? base!.sets : series.map(({ labels }) => labels));
  const groups = groupsOf(chunks, isGrouped);
  const start = startOf(base, { chunks, sets }, groups, timestampsMs);
  const learned: Learned[] = [];
  const pieces = groups.map(group => {
    const bits = new BitWriter();
    const mixing = mixingFrom(learnedFor(base, chunks, group));
    const coder = new NumberCoder(bits, mixing);
    const above = new Above(timestampsMs.length);
    for (let at = group.first; at < group.first + group.count; at += 1)
      codeColumn(coder, start.states[at]!, series[at]!.column, above, start.gap, true);
    learned.push(mixing.learned());
    return bits.done();
  });
  for (const piece of pieces.slice(0, -1)) open.varint(piece.length);
  const bytes = sealCoded('SG', open.done(), pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
  return { bytes, end: endOf(base, start, groups, learned, columns, { name: nameOf(bytes), chunks, sets }) };
};

/** Where a decoder gets what is kept elsewhere. */
export type Lookup = {
  readonly chunkOf: (id: string) => readonly LabelSet[] | undefined;
  readonly baseOf?: (name: string) => Base | undefined;
  /** The segment's own name, where others build on it: only then it is worked out where it ends. */
  readonly endAs?: string | undefined;
};

type Decoded = { readonly columns: Columns; readonly end?: Base };

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
  readonly groups: readonly Group[];
  /** How many bytes each group takes; the last one has the rest. */
  readonly sizes: readonly number[];
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
  const groups = groupsOf(chunks, open.isGrouped);
  return { open, chunks, sets, times, groups, sizes: open.readSizes(groups.length) };
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
type Decoding = {
  readonly base?: Base | undefined;
  /** Nobody builds on the base after this. */
  readonly isLast?: boolean;
  readonly endAs?: string | undefined;
  /** Which columns are kept, a byte for each; all where nothing is said. */
  readonly kept?: Uint8Array | undefined;
  /** Which groups are decoded; all where nothing is said. */
  readonly isNeeded?: (group: number) => boolean;
};

/** Throws Corrupt. */
export const decodeFramed = (framed: Framed, how: Decoding): Decoded =>
  framed.open.version === 1 ? decodeBefore(framed) : decodeCoded(framed, how);

const decodeCoded = (framed: Framed, { base, isLast, endAs, kept, isNeeded = () => true }: Decoding): Decoded => {
  const { chunks, sets, times, groups } = framed;
  const { length } = times.timestampsMs;
  const needed = groups.filter((_, at) => isNeeded(at));
  const start = startOf(base, { chunks, sets }, needed, times.timestampsMs, isLast);
  const count = kept === undefined ? sets.length : kept.reduce((sum, each) => sum + each, 0);
  const room = Column.many(count, length);
  // What nobody wants must be decoded as well, being what others are guessed from, and need not be kept.
  const unwanted = count === sets.length ? undefined : new Column(length);
  const series: SeriesColumn[] = [];
  const pieces = piecesOf(framed);
  const learned = groups.map((group, place) => {
    if (!isNeeded(place)) return undefined;
    const mixing = mixingFrom(learnedFor(base, chunks, group));
    const coder = new NumberCoder(new BitReader(pieces[place]!), mixing);
    const above = new Above(length);
    for (let at = group.first; at < group.first + group.count; at += 1) {
      const isKept = kept === undefined || kept[at] === 1;
      const column = isKept ? room[series.length]! : unwanted!;
      codeColumn(coder, start.states[at]!, column, above, start.gap, false);
      if (isKept) series.push({ labels: sets[at]!, column });
    }
    return endAs === undefined ? undefined : mixing.learned();
  });
  const columns = { ...times, series };
  if (endAs === undefined) return { columns };
  return { columns, end: endOf(base, start, groups, learned, times, { name: endAs, chunks, sets }) };
};

/** The bytes of each group. */
const piecesOf = ({ open, sizes }: Framed): Uint8Array[] => {
  const bits = open.unpack();
  let at = 0;
  const pieces = sizes.map(size => {
    if (size > bits.length - at) throw new Corrupt(`a group of ${size} bytes, ${bits.length - at} are left`);
    at += size;
    return bits.subarray(at - size, at);
  });
  return [...pieces, bits.subarray(at)];
};

const decodeBefore = ({ open, sets }: Framed): Decoded => {
  const { timestampsMs, pages, columns } = readNumbers(new ByteReader(open.unpack()), limits.blockCells);
  if (columns.length !== sets.length) throw new Corrupt(`${columns.length} columns under ${sets.length} label sets`);
  return {
    columns: { timestampsMs, pages, series: columns.map((column, index) => ({ labels: sets[index]!, column })) },
  };
};
