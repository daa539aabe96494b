import type { Columns } from '../columns.ts';
import type { LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import { ByteReader, ByteWriter, Corrupt } from './bytes.ts';
import { readNumbers, writeNumbers } from './columns-codec.ts';
import { guarded, seal, unseal } from './envelope.ts';

/** A chunk of the schema that a segment's columns follow, and how many sets it has. */
export type ChunkRef = { readonly id: string; readonly count: number };

const idBytes = 16;

/** Samples under a schema that is kept elsewhere: the chunks, in the order of the columns. */
export const encodeSegment = (chunks: readonly ChunkRef[], { timestampsMs, pages, series }: Columns): Uint8Array => {
  const open = new ByteWriter();
  open.varint(chunks.length);
  for (const { id, count } of chunks) {
    open.bytes(Buffer.from(id, 'base64url'));
    open.varint(count);
  }
  const packed = new ByteWriter();
  writeNumbers(packed, { timestampsMs, pages, columns: series.map(({ column }) => column) });
  return seal('SG', open.done(), packed.done());
};

const readChunks = (open: Uint8Array): ChunkRef[] => {
  const reader = new ByteReader(open);
  return Array.from({ length: reader.count(idBytes + 1) }, () => ({
    id: Buffer.from(reader.bytes(idBytes)).toString('base64url'),
    count: reader.varint(),
  }));
};

/** Which chunks a segment needs, without unpacking its samples. */
export const readSegmentHeader = (bytes: Uint8Array) =>
  guarded('bad_segment', () => ({ chunks: readChunks(unseal('SG', bytes, limits.messageUnpackedBytes).open) }));

/** The samples with their labels; a reject where a byte is wrong or a chunk of the schema cannot be had. */
export const decodeSegment = (bytes: Uint8Array, chunkOf: (id: string) => readonly LabelSet[] | undefined) =>
  guarded('bad_segment', (): { readonly columns: Columns } => {
    const { open, unpack } = unseal('SG', bytes, limits.messageUnpackedBytes);
    const sets = readChunks(open).flatMap(({ id, count }) => {
      const chunk = chunkOf(id);
      if (chunk?.length !== count)
        throw new Corrupt(
          `schema chunk ${id} is ${chunk === undefined ? 'missing' : `of ${chunk.length} sets, not ${count}`}`,
        );
      return chunk;
    });
    const { timestampsMs, pages, columns } = readNumbers(new ByteReader(unpack()), limits.blockCells);
    if (columns.length !== sets.length) throw new Corrupt(`${columns.length} columns under ${sets.length} label sets`);
    return {
      columns: { timestampsMs, pages, series: columns.map((column, index) => ({ labels: sets[index]!, column })) },
    };
  });
