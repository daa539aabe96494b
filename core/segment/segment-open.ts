import { hash } from 'node:crypto';
import { limits } from '../limits.ts';
import type { Base, ChunkRef } from './base.ts';
import { ByteReader, type ByteWriter, Corrupt } from './bytes.ts';
import { guarded, unseal } from './envelope.ts';
import { readTimes, type Times } from './times.ts';

// The open part of a segment: what it builds on, which chunks of the schema it follows, and its times. It is read without
// decoding a sample.

const idBytes = 16;
const nameBytes = 9;
const nameChars = 12;

/** What a segment's bytes are called: 12 characters, base64url of 72 bits of their SHA-256. */
export const nameOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'base64url').slice(0, nameChars);

/** A chunk by itself, or one of the base's by its place there, from 1. */
type ListedChunk = ChunkRef | { readonly place: number };

/** A segment that was opened: its times are counted from the base's last, its groups' sizes follow them. To be read in this order. */
export type OpenSegment = {
  readonly version: number;
  readonly base?: string;
  readonly isGrouped: boolean;
  readonly chunks: readonly ListedChunk[];
  readonly readTimesAfter: (lastMs: number) => Times;
  readonly readSizes: (groups: number) => readonly number[];
  readonly unpack: () => Uint8Array;
};

const sameChunks = (a: readonly ChunkRef[], b: readonly ChunkRef[]): boolean =>
  a.length === b.length && a.every(({ id }, at) => b[at]!.id === id);

/** Whether these are the very chunks of the base. */
export const isAsBase = (chunks: readonly ChunkRef[], base: Base | undefined): boolean =>
  base !== undefined && sameChunks(chunks, base.chunks);

const alone = 0;
const building = 1;
const grouped = 2;

/** A chunk that the base has is its place there, from 1; a new one is 0, its id and its size. None: as the base. */
export const writeBaseAndChunks = (
  open: ByteWriter,
  chunks: readonly ChunkRef[],
  base: Base | undefined,
  isGrouped: boolean,
): void => {
  open.byte(base === undefined ? alone : isGrouped ? grouped : building);
  if (base !== undefined) open.bytes(Buffer.from(base.name, 'base64url'));
  const known = base?.chunks ?? [];
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

const readChunks = (reader: ByteReader): ListedChunk[] =>
  Array.from({ length: reader.count(1) }, () => {
    const place = reader.varint();
    if (place > 0) return { place };
    return { id: Buffer.from(reader.bytes(idBytes)).toString('base64url'), count: reader.varint() };
  });

const readChunksBefore = (open: Uint8Array): ChunkRef[] => {
  const reader = new ByteReader(open);
  return Array.from({ length: reader.count(idBytes + 1) }, () => ({
    id: Buffer.from(reader.bytes(idBytes)).toString('base64url'),
    count: reader.varint(),
  }));
};

/** Throws Corrupt where a byte is wrong. Version 1 has its times among what is packed. */
export const openSegment = (bytes: Uint8Array): OpenSegment => {
  const { version, open, unpack } = unseal('SG', bytes, limits.messageUnpackedBytes);
  if (version === 1) {
    const none = { readTimesAfter: () => ({ timestampsMs: [], pages: new Set<number>() }), readSizes: () => [] };
    return { version, isGrouped: false, chunks: readChunksBefore(open), ...none, unpack };
  }
  const reader = new ByteReader(open);
  const kind = reader.byte();
  if (kind > grouped) throw new Corrupt(`a segment of kind ${kind} is not known`);
  const base = kind === alone ? undefined : Buffer.from(reader.bytes(nameBytes)).toString('base64url');
  return {
    version,
    ...(base !== undefined && { base }),
    isGrouped: kind === grouped,
    chunks: readChunks(reader),
    readTimesAfter: lastMs => readTimes(reader, lastMs, limits.blockCells),
    readSizes: groups => Array.from({ length: groups - 1 }, () => reader.varint()),
    unpack,
  };
};

/** The chunks of a segment, those of its base by their place there. */
export const resolvedChunks = (listed: readonly ListedChunk[], base: readonly ChunkRef[]): readonly ChunkRef[] => {
  if (listed.length === 0) return base;
  return listed.map(chunk => {
    if ('id' in chunk) return chunk;
    const known = base[chunk.place - 1];
    if (known === undefined) throw new Corrupt(`chunk ${chunk.place} of the base is not there`);
    return known;
  });
};

/** What a segment needs besides itself: chunks by id, and the segment it builds on, by name. */
export const readSegmentHeader = (bytes: Uint8Array) =>
  guarded('bad_segment', (): { readonly chunks: readonly ChunkRef[]; readonly base?: string } => {
    const { base, chunks } = openSegment(bytes);
    return { chunks: chunks.filter(chunk => 'id' in chunk), ...(base !== undefined && { base }) };
  });
