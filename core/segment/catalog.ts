import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { LabelSet } from '../labels.ts';
import { metricNameOf } from '../labels.ts';
import { ByteReader, ByteWriter, Corrupt } from './bytes.ts';
import type { CatalogChunk } from './stored.ts';

/** 16 bits that stand for a metric name: of 65,536 other names one is taken for it, which costs a look and no mistake. */
export const fingerprintOf = (metricName: string): number => crc32(metricName) & 0xffff;

/** The fingerprints of a chunk's metric names, rising, each once. */
export const fingerprintsOf = (sets: readonly LabelSet[]): readonly number[] => {
  const known = fingerprints.get(sets);
  if (known !== undefined) return known;
  const names = new Set(sets.map(metricNameOf));
  const made = [...new Set([...names].map(fingerprintOf))].sort((a, b) => a - b);
  fingerprints.set(sets, made);
  return made;
};

/** A chunk is listed with every segment that has it: worked out once. */
const fingerprints = new WeakMap<readonly LabelSet[], readonly number[]>();

/** 8 characters by which the sources of one job stand together. */
export const jobPrefixOf = (job: string): string => hash('sha256', job, 'base64url').slice(0, 8);

const idBytes = 16;

/** A catalog entry's chunks as bytes: for each its id, how many names, two bytes a name. */
export const encodeCatalogChunks = (chunks: readonly CatalogChunk[]): Uint8Array => {
  const writer = new ByteWriter();
  for (const { id, names } of chunks) {
    writer.bytes(Buffer.from(id, 'base64url'));
    writer.varint(names.length);
    for (const name of names) {
      writer.byte(name & 0xff);
      writer.byte(name >> 8);
    }
  }
  return writer.done();
};

/** Throws on bytes that are not ours: a row of our own table that is broken is a bug or a disaster, not an input. */
export const decodeCatalogChunks = (bytes: Uint8Array): CatalogChunk[] => {
  const reader = new ByteReader(bytes);
  const chunks: CatalogChunk[] = [];
  try {
    while (reader.left > 0) {
      const id = Buffer.from(reader.bytes(idBytes)).toString('base64url');
      const names = Array.from({ length: reader.count(2) }, () => reader.byte() | (reader.byte() << 8));
      chunks.push({ id, names });
    }
  } catch (error) {
    if (error instanceof Corrupt) throw new Error(`a catalog entry is broken: ${error.message}`);
    throw error;
  }
  return chunks;
};
