import type { Source } from '../batch.ts';
import type { Columns } from '../columns.ts';
import { keyOf } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Cell } from './block.ts';
import { aggregates, lastValueOf, rollupOf } from './rollup.ts';
import { chunksOf } from './schema.ts';
import { encodeSegment } from './segment.ts';
import type { SchemaChunk } from './stored.ts';
import { unionOf } from './union.ts';

/** Which group of sources one belongs to: their objects and manifests are apart from the other groups'. */
export const shardOf = (sourceId: string): number => {
  let sum = 0;
  for (const letter of sourceId.slice(0, 4)) sum = (sum * 31 + letter.charCodeAt(0)) % 65_536;
  return sum % limits.blockShards;
};

export type Merged = { readonly cells: readonly Cell[]; readonly chunks: readonly SchemaChunk[] };

const timesOf = (blocks: readonly Columns[]): { timestampsMs: number[]; pages: Set<number> } => {
  const times = new Set<number>();
  const pages = new Set<number>();
  for (const { timestampsMs, pages: own } of blocks) {
    for (const [slot, timestampMs] of timestampsMs.entries()) {
      times.add(timestampMs);
      if (own.has(slot)) pages.add(timestampMs);
    }
  }
  return { timestampsMs: [...times].sort((a, b) => a - b), pages };
};

/** The union of one source's blocks as cells: one a schema chunk. */
export const mergedOf = (source: Source, blocks: readonly Columns[]): Merged => {
  const { timestampsMs, pages } = timesOf(blocks);
  const union = unionOf(blocks, timestampsMs, pages);
  const chunks = chunksOf(union.series);
  let at = 0;
  const cells = chunks.map(({ id, sets }): Cell => {
    const series = union.series.slice(at, at + sets.length);
    at += sets.length;
    const { bytes } = encodeSegment([{ id, count: sets.length }], { ...union, series });
    return { source, chunkId: id, parts: [bytes] };
  });
  return { cells, chunks };
};

/** The same in buckets, each aggregate a part of the cell; `before` are the source's samples just before these. */
export const rolledUpOf = (
  source: Source,
  blocks: readonly Columns[],
  before: readonly Columns[],
  bucketMs: number,
): Merged => {
  const { timestampsMs, pages } = timesOf(blocks);
  const union = unionOf(blocks, timestampsMs, pages);
  const earlier = timesOf(before);
  const lasts = new Map(
    unionOf(before, earlier.timestampsMs, earlier.pages).series.map(({ key, column }) => [key, lastValueOf(column)]),
  );
  const rollup = rollupOf(union, bucketMs, ({ labels }) => lasts.get(keyOf(labels)) ?? Number.NaN);
  const chunks = chunksOf(union.series);
  let at = 0;
  const cells = chunks.map(({ id, sets }): Cell => {
    const [from, to] = [at, at + sets.length];
    at = to;
    const parts = aggregates.map(aggregate => {
      const columns = rollup[aggregate];
      return encodeSegment([{ id, count: sets.length }], { ...columns, series: columns.series.slice(from, to) }).bytes;
    });
    return { source, chunkId: id, parts };
  });
  return { cells, chunks };
};
