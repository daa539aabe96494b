import { type ByteReader, type ByteWriter, Corrupt } from './bytes.ts';
import { type Numbers, readNumbers, writeNumbers } from './columns-codec.ts';

/** A schema chunk and how many sets it has. */
export type ChunkOf = { readonly id: string; readonly count: number };

const idBytes = 16;

export const writeChunkRefs = (writer: ByteWriter, chunks: readonly ChunkOf[]): void => {
  writer.varint(chunks.length);
  for (const { id, count } of chunks) {
    writer.bytes(Buffer.from(id, 'base64url'));
    writer.varint(count);
  }
};

export const readChunkRefs = (reader: ByteReader): ChunkOf[] =>
  Array.from({ length: reader.count(idBytes + 1) }, () => ({
    id: Buffer.from(reader.bytes(idBytes)).toString('base64url'),
    count: reader.varint(),
  }));

type IncrementNumbers = Numbers & { readonly tags?: readonly number[] };

/** The numbers of a block of increments: columns over places, then each place's time and tag. */
export const writeIncrements = (writer: ByteWriter, { timestampsMs, tags = [], columns }: IncrementNumbers): void => {
  writeNumbers(writer, { timestampsMs: timestampsMs.map((_, place) => place + 1), pages: new Set(), columns });
  let before = 0;
  for (const [place, timestampMs] of timestampsMs.entries()) {
    writer.zigzag(timestampMs - before);
    writer.varint(tags[place]!);
    before = timestampMs;
  }
};

export const readIncrements = (reader: ByteReader, mostCells: number): Required<IncrementNumbers> => {
  const { timestampsMs: places, columns } = readNumbers(reader, mostCells);
  const timestampsMs: number[] = [];
  const tags: number[] = [];
  let before = 0;
  for (const place of places.keys()) {
    const timestampMs = before + reader.zigzag();
    const tag = reader.varint();
    if (place > 0 && (timestampMs < before || (timestampMs === before && tag <= tags.at(-1)!)))
      throw new Corrupt(`increment ${place} is not after the one before`);
    timestampsMs.push(timestampMs);
    tags.push(tag);
    before = timestampMs;
  }
  return { timestampsMs, tags, pages: new Set(), columns };
};
