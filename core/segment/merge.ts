import type { Source } from '../batch.ts';
import type { Columns } from '../columns.ts';
import { keyOf } from '../labels.ts';
import { limits } from '../limits.ts';
import { Column } from '../sample.ts';
import type { Cell } from './block.ts';
import { countedIn, isIncrement } from './counters.ts';
import { incrementHours, incrementsByChunk } from './increments.ts';
import { aggregates, lastValueOf, rollupOf } from './rollup.ts';
import { chunksOf } from './schema.ts';
import { encodeAlone } from './segment.ts';
import type { SchemaChunk } from './stored.ts';
import { type Union, unionOf } from './union.ts';

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

/**
 * The union of one source's blocks as cells: one a schema chunk, and more where its times and sets together are more than
 * a reader takes; those follow each other in time. Increments have cells of their own.
 */
export const mergedOf = (source: Source, blocks: readonly Columns[]): Merged => {
  const samples = blocks.filter(each => !isIncrement(each));
  const { timestampsMs, pages } = timesOf(samples);
  const union = unionOf(samples, timestampsMs, pages);
  const { cells, chunks } = cellsOf(source, union, [union]);
  // Hour by hour: a day of a busy source would be more cells at once than there is memory.
  const pieces = [...incrementHours(blocks.filter(isIncrement))].flatMap(([, columns]) => incrementsByChunk(columns));
  return {
    cells: [...cells, ...pieces.map(({ chunk, bytes }) => ({ source, chunkId: chunk.id, parts: [bytes] }))],
    chunks: [...chunks, ...pieces.map(({ chunk }) => chunk)],
  };
};

/** Increments as the counters that they are, beside the samples; `before` are the source's blocks just before these. */
const withCounted = (blocks: readonly Columns[], before: readonly Columns[]): readonly Columns[] => {
  if (!blocks.some(isIncrement)) return blocks;
  const { timestampsMs } = timesOf(blocks);
  return countedIn(
    blocks,
    before,
    () => true,
    hourOf(timestampsMs[0]!),
    hourOf(timestampsMs.at(-1)!) + limits.segmentSpanMs - 1,
  );
};

const hourOf = (timestampMs: number): number => Math.floor(timestampMs / limits.segmentSpanMs) * limits.segmentSpanMs;

/** The same in buckets, each aggregate a part of the cell; `before` are the source's samples just before these. */
export const rolledUpOf = (
  source: Source,
  all: readonly Columns[],
  allBefore: readonly Columns[],
  bucketMs: number,
): Merged => {
  const [blocks, before] = [withCounted(all, allBefore), withCounted(allBefore, [])];
  const { timestampsMs, pages } = timesOf(blocks);
  const union = unionOf(blocks, timestampsMs, pages);
  const earlier = timesOf(before);
  const lasts = new Map(
    unionOf(before, earlier.timestampsMs, earlier.pages).series.map(({ key, column }) => [key, lastValueOf(column)]),
  );
  const rollup = rollupOf(union, bucketMs, ({ labels }) => lasts.get(keyOf(labels)) ?? Number.NaN);
  return cellsOf(
    source,
    union,
    aggregates.map(aggregate => rollup[aggregate]),
  );
};

/** `parts`: columns of the same series as the union, in its order; all of them over the same times. */
const cellsOf = (source: Source, union: Union, parts: readonly Columns[]): Merged => {
  const chunks = chunksOf(union.series);
  const slots = parts[0]!.timestampsMs.length;
  const cells: Cell[] = [];
  let at = 0;
  for (const { id, sets } of chunks) {
    const rows = [at, at + sets.length] as const;
    at += sets.length;
    const most = Math.max(1, Math.floor(limits.blockCells / sets.length));
    for (let from = 0; from < slots; from += most) {
      const bytes = parts.map(part =>
        encodeAlone([{ id, count: sets.length }], pieceOf(part, rows, from, Math.min(slots, from + most))),
      );
      cells.push({ source, chunkId: id, parts: bytes });
    }
  }
  return { cells, chunks };
};

/** Some rows of columns, and of these the slots from `from` on up to `to`, which is not included. */
const pieceOf = (columns: Columns, rows: readonly [number, number], from: number, to: number): Columns => {
  const series = columns.series.slice(...rows);
  if (from === 0 && to === columns.timestampsMs.length) return { ...columns, series };
  return {
    timestampsMs: columns.timestampsMs.slice(from, to),
    pages: new Set([...columns.pages].filter(slot => slot >= from && slot < to).map(slot => slot - from)),
    series: series.map(({ labels, column }) => {
      const piece = new Column(to - from);
      for (let slot = from; slot < to; slot += 1) piece.join(slot - from, column, slot);
      return { labels, column: piece };
    }),
  };
};
