import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import { encodeLabelSets } from './chunk.ts';
import type { SchemaChunk } from './stored.ts';

/** One set in this many ends a chunk by its content: with the least size, some 96 sets a chunk. */
const boundaryEvery = 64;

const idOf = (keys: readonly string[]): string => {
  // Of what the sets are, not of how they are compressed today.
  let text = '';
  for (const key of keys) text += `${key.length};${key}`;
  return hash('sha256', text, 'buffer').subarray(0, 16).toString('base64url');
};

const chunkOf = (id: string, sets: readonly LabelSet[]): SchemaChunk => ({ id, bytes: encodeLabelSets(sets), sets });

/** Chunks that were made before: by the same id they are the same, and need not be made again. */
export type KnownChunks = { get(id: string): SchemaChunk | undefined };

type Keyed = { readonly key: string; readonly labels: LabelSet };

/**
 * Cuts an ordered list into chunks at places that its content chooses, so that adding or dropping a series changes the
 * chunk it is in and leaves the others alone. Together the chunks are the list, in its order.
 */
export const chunksOf = (ordered: readonly Keyed[], known: KnownChunks = new Map()): SchemaChunk[] => {
  const chunks: SchemaChunk[] = [];
  let start = 0;
  let keys: string[] = [];
  for (const [index, { key }] of ordered.entries()) {
    keys.push(key);
    const isBoundary = keys.length >= limits.chunkSetsMin && crc32(key) % boundaryEvery === 0;
    if (!isBoundary && keys.length < limits.chunkSetsMax && index < ordered.length - 1) continue;
    const id = idOf(keys);
    const chunk =
      known.get(id) ??
      chunkOf(
        id,
        ordered.slice(start, index + 1).map(({ labels }) => labels),
      );
    chunks.push(chunk);
    start = index + 1;
    keys = [];
  }
  return chunks;
};
