import { hash } from 'node:crypto';
import type { Columns } from '../columns.ts';
import { keyOf, type LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import { Column } from '../sample.ts';
import { ByteReader, ByteWriter, Corrupt } from './bytes.ts';
import { codeColumn } from './column-coder.ts';
import { Above, type ColumnState, copyOf, newState } from './column-state.ts';
import { readNumbers } from './columns-codec.ts';
import { guarded, type Opened, sealCoded, unseal } from './envelope.ts';
import type { Learned, Mixing } from './mixing.ts';
import { mixingFrom, NumberCoder } from './number-coder.ts';
import { BitReader, BitWriter } from './range-coder.ts';
import { keysOfSets } from './sorted.ts';
import { readTimes, type Times, writeTimes } from './times.ts';

/** A chunk of the schema that a segment's columns follow, and how many sets it has. */
export type ChunkRef = { readonly id: string; readonly count: number };

const idBytes = 16;
const nameBytes = 9;
const nameChars = 12;

/** What a segment's bytes are called: 12 characters, base64url of 72 bits of their SHA-256. */
export const nameOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'base64url').slice(0, nameChars);

/**
 * What is known at the end of a segment: another that builds on it goes on from here instead of from nothing. It is named
 * by its bytes, so that nobody builds on one thing and reads another.
 */
export type Base = {
  readonly name: string;
  /** How many segments it builds on in turn: a reader needs them all. */
  readonly depth: number;
  readonly chunks: readonly ChunkRef[];
  readonly sets: readonly LabelSet[];
  readonly learned: Learned;
  readonly states: readonly ColumnState[];
  readonly lastMs: number;
  readonly stepMs: number;
};

type Start = { readonly mixing: Mixing; readonly states: ColumnState[]; readonly gap: number };

/** Where coding begins: from nothing, or with the base's books, columns found again by their chunk or their labels. */
const startOf = (
  base: Base | undefined,
  chunks: readonly ChunkRef[],
  sets: readonly LabelSet[],
  timestampsMs: readonly number[],
): Start => {
  const mixing = mixingFrom(base?.learned);
  if (base === undefined) return { mixing, states: sets.map(newState), gap: 1 };
  const gap = base.stepMs > 0 ? Math.max(1, Math.round(((timestampsMs[0] ?? 0) - base.lastMs) / base.stepMs)) : 1;
  const states =
    sets === base.sets
      ? base.states.map(copyOf)
      : placesIn(base, chunks, sets).map(place => (place === -1 ? newState() : copyOf(base.states[place]!)));
  return { mixing, states, gap };
};

type Places = { readonly of: readonly LabelSet[]; readonly places: readonly number[] };

/** The last answer for a list: replicas ask the same, and each asks twice. */
const answered = new WeakMap<readonly LabelSet[], Places>();

/** Where the base has each of these series; -1 where it has it not. */
const placesIn = (base: Base, chunks: readonly ChunkRef[], sets: readonly LabelSet[]): readonly number[] => {
  const last = answered.get(sets);
  if (last?.of === base.sets) return last.places;
  const places = findPlaces(base, chunks, sets);
  answered.set(sets, { of: base.sets, places });
  return places;
};

/** Asked at once by chunk, else by labels. */
const findPlaces = (base: Base, chunks: readonly ChunkRef[], sets: readonly LabelSet[]): number[] => {
  const firstOf = new Map<string, number>();
  let at = 0;
  for (const { id, count } of base.chunks) {
    firstOf.set(id, at);
    at += count;
  }
  let byKey: Map<string, number> | undefined;
  const places: number[] = [];
  for (const { id, count } of chunks) {
    const first = firstOf.get(id);
    if (first === undefined) byKey ??= new Map(keysOfSets(base.sets).map((key, index) => [key, index]));
    for (let each = 0; each < count; each += 1)
      places.push(first === undefined ? (byKey?.get(keyOf(sets[places.length]!)) ?? -1) : first + each);
  }
  return places;
};

/** How many of these series a base knows, of one. */
export const shareKnown = (base: Base, chunks: readonly ChunkRef[], sets: readonly LabelSet[]): number =>
  placesIn(base, chunks, sets).filter(place => place !== -1).length / Math.max(1, sets.length);

const endOf = (
  { mixing, states }: Start,
  { timestampsMs }: Times,
  rest: Pick<Base, 'name' | 'depth' | 'chunks' | 'sets'>,
): Base => {
  const lastMs = timestampsMs.at(-1) ?? 0;
  return { ...rest, learned: mixing.learned(), states, lastMs, stepMs: lastMs - (timestampsMs.at(-2) ?? lastMs) };
};

type Coded = { readonly bytes: Uint8Array; readonly start: Start; readonly sets: readonly LabelSet[] };

const coded = (chunks: readonly ChunkRef[], columns: Columns, base?: Base): Coded => {
  const { series, timestampsMs } = columns;
  const open = new ByteWriter();
  open.byte(base === undefined ? 0 : 1);
  if (base !== undefined) open.bytes(Buffer.from(base.name, 'base64url'));
  writeChunks(open, chunks, base?.chunks ?? []);
  writeTimes(open, columns, base?.lastMs ?? 0);
  const isSame = base !== undefined && sameChunks(chunks, base.chunks);
  const sets = columns.sets ?? (isSame ? base.sets : series.map(({ labels }) => labels));
  const start = startOf(base, chunks, sets, timestampsMs);
  const bits = new BitWriter();
  const coder = new NumberCoder(bits, start.mixing);
  const above = new Above(timestampsMs.length);
  for (const [index, { column }] of series.entries())
    codeColumn(coder, start.states[index]!, column, above, start.gap, true);
  return { bytes: sealCoded('SG', open.done(), bits.done()), start, sets };
};

/** Samples under a schema that is kept elsewhere: the chunks, in the order of the columns. `base`: what to build on. */
export const encodeSegment = (
  chunks: readonly ChunkRef[],
  columns: Columns,
  base?: Base,
): { readonly bytes: Uint8Array; readonly end: Base } => {
  const { bytes, start, sets } = coded(chunks, columns, base);
  const depth = base === undefined ? 0 : base.depth + 1;
  return { bytes, end: endOf(start, columns, { name: nameOf(bytes), depth, chunks, sets }) };
};

/** The same bytes, where nothing will be built on them. */
export const encodeAlone = (chunks: readonly ChunkRef[], columns: Columns): Uint8Array => coded(chunks, columns).bytes;

const sameChunks = (a: readonly ChunkRef[], b: readonly ChunkRef[]): boolean =>
  a.length === b.length && a.every(({ id }, at) => b[at]!.id === id);

/** A chunk that the base has is its place there, from 1; a new one is 0, its id and its size. None: as the base. */
const writeChunks = (open: ByteWriter, chunks: readonly ChunkRef[], known: readonly ChunkRef[]): void => {
  if (sameChunks(chunks, known)) {
    open.varint(0);
    return;
  }
  open.varint(chunks.length);
  const placeOf = new Map(known.map(({ id }, at) => [id, at + 1]));
  for (const { id, count } of chunks) {
    const place = placeOf.get(id);
    open.varint(place ?? 0);
    if (place !== undefined) continue;
    open.bytes(Buffer.from(id, 'base64url'));
    open.varint(count);
  }
};

type ListedChunk = ChunkRef | { readonly place: number };

const readChunks = (reader: ByteReader): ListedChunk[] =>
  Array.from({ length: reader.count(1) }, () => {
    const place = reader.varint();
    if (place > 0) return { place };
    return { id: Buffer.from(reader.bytes(idBytes)).toString('base64url'), count: reader.varint() };
  });

const readOpen = (open: Uint8Array) => {
  const reader = new ByteReader(open);
  const builds = reader.byte();
  if (builds > 1) throw new Corrupt(`a segment of kind ${builds} is not known`);
  const base = builds === 1 ? Buffer.from(reader.bytes(nameBytes)).toString('base64url') : undefined;
  return { base, chunks: readChunks(reader), reader };
};

const readChunksBefore = (open: Uint8Array): ChunkRef[] => {
  const reader = new ByteReader(open);
  return Array.from({ length: reader.count(idBytes + 1) }, () => ({
    id: Buffer.from(reader.bytes(idBytes)).toString('base64url'),
    count: reader.varint(),
  }));
};

/** What a segment needs besides itself: chunks by id, and the segment it builds on, by name. */
export const readSegmentHeader = (bytes: Uint8Array) =>
  guarded('bad_segment', (): { readonly chunks: readonly ChunkRef[]; readonly base?: string } => {
    const { version, open } = unseal('SG', bytes, limits.messageUnpackedBytes);
    if (version === 1) return { chunks: readChunksBefore(open) };
    const { base, chunks } = readOpen(open);
    return { chunks: chunks.filter(chunk => 'id' in chunk), ...(base !== undefined && { base }) };
  });

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
    const opened = unseal('SG', bytes, limits.messageUnpackedBytes);
    return opened.version === 1 ? decodeBefore(opened, lookup) : decodeCoded(opened, lookup);
  });

const setsOf = (chunks: readonly ChunkRef[], { chunkOf }: Lookup): LabelSet[] =>
  chunks.flatMap(({ id, count }) => {
    const chunk = chunkOf(id);
    if (chunk?.length === count) return chunk;
    throw new Corrupt(
      `schema chunk ${id} is ${chunk === undefined ? 'missing' : `of ${chunk.length} sets, not ${count}`}`,
    );
  });

const decodeCoded = ({ open, unpack }: Opened, lookup: Lookup): Decoded => {
  const { base: baseName, chunks: listed, reader } = readOpen(open);
  const base = baseName === undefined ? undefined : lookup.baseOf?.(baseName);
  if (baseName !== undefined && base === undefined)
    throw new Corrupt(`segment ${baseName}, which it builds on, is missing`);
  const chunks =
    listed.length === 0
      ? (base?.chunks ?? [])
      : listed.map(chunk => {
          if ('id' in chunk) return chunk;
          const known = base?.chunks[chunk.place - 1];
          if (known === undefined) throw new Corrupt(`chunk ${chunk.place} of the base is not there`);
          return known;
        });
  const sets = base !== undefined && listed.length === 0 ? base.sets : setsOf(chunks, lookup);
  const times = readTimes(reader, base?.lastMs ?? 0, limits.blockCells);
  const { length } = times.timestampsMs;
  if (length * sets.length > limits.blockCells)
    throw new Corrupt(`${length} times of ${sets.length} columns, the limit is ${limits.blockCells} together`);
  const start = startOf(base, chunks, sets, times.timestampsMs);
  const coder = new NumberCoder(new BitReader(unpack()), start.mixing);
  const above = new Above(length);
  const room = Column.many(sets.length, length);
  const series = sets.map((labels, index) => {
    const column = room[index]!;
    codeColumn(coder, start.states[index]!, column, above, start.gap, false);
    return { labels, column };
  });
  if (lookup.endAs === undefined) return { columns: { ...times, series } };
  const depth = base === undefined ? 0 : base.depth + 1;
  return { columns: { ...times, series }, end: endOf(start, times, { name: lookup.endAs, depth, chunks, sets }) };
};

const decodeBefore = ({ open, unpack }: Opened, lookup: Lookup): Decoded => {
  const sets = setsOf(readChunksBefore(open), lookup);
  const { timestampsMs, pages, columns } = readNumbers(new ByteReader(unpack()), limits.blockCells);
  if (columns.length !== sets.length) throw new Corrupt(`${columns.length} columns under ${sets.length} label sets`);
  return {
    columns: { timestampsMs, pages, series: columns.map((column, index) => ({ labels: sets[index]!, column })) },
  };
};
