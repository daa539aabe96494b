import type { Source } from '../batch.ts';
import type { Columns } from '../columns.ts';
import { keyOf } from '../labels.ts';
import { limits } from '../limits.ts';
import { Column } from '../sample.ts';
import type { Cell, Frame } from './block.ts';
import { countedIn, isIncrement } from './counters.ts';
import { incrementHours, incrementsByChunk } from './increments.ts';
import { encodePart } from './part.ts';
import { aggregates, lastValueOf, rollupOf } from './rollup.ts';
import { chunksOf } from './schema.ts';
import type { SchemaChunk } from './stored.ts';
import { stripesOf } from './stripes.ts';
import { type Union, unionOf } from './union.ts';

/** Which group of sources one belongs to: their objects and manifests are apart from the other groups'. */
export const shardOf = (sourceId: string): number => {
  let sum = 0;
  for (const letter of sourceId.slice(0, 4)) sum = (sum * 31 + letter.charCodeAt(0)) % 65_536;
  return sum % limits.blockShards;
};

export type Merged = {
  readonly frames: readonly Frame[];
  readonly cells: readonly Cell[];
  readonly chunks: readonly SchemaChunk[];
};

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
 * The union of one source's blocks as frames and cells, hour by hour: a day of a busy source would be more at once than
 * there is memory. Increments have frames of their own.
 */
export const mergedOf = (source: Source, blocks: readonly Columns[]): Merged => {
  const merged = { frames: [] as Frame[], cells: [] as Cell[], chunks: new Map<string, SchemaChunk>() };
  for (const own of hoursOf(blocks.filter(each => !isIncrement(each)))) {
    const { timestampsMs, pages } = own;
    const union = unionOf(own.blocks, timestampsMs, pages);
    const { frames, cells, chunks } = cellsOf(source, union, [union]);
    merged.frames.push(...frames);
    merged.cells.push(...cells);
    for (const chunk of chunks) merged.chunks.set(chunk.id, chunk);
  }
  for (const [fromMs, columns] of incrementHours(blocks.filter(isIncrement))) {
    const frame: Frame = { source, fromMs };
    merged.frames.push(frame);
    for (const { chunk, bytes } of incrementsByChunk(columns)) {
      merged.cells.push({ frame, chunkId: chunk.id, stripe: { first: 0, count: chunk.sets.length }, parts: [bytes] });
      merged.chunks.set(chunk.id, chunk);
    }
  }
  return { ...merged, chunks: [...merged.chunks.values()] };
};

type Hour = { readonly timestampsMs: readonly number[]; readonly pages: ReadonlySet<number> };

/** The times of each hour, oldest first, and the blocks that have some. */
const hoursOf = (blocks: readonly Columns[]): (Hour & { readonly blocks: readonly Columns[] })[] => {
  const byHour = new Map<number, { readonly times: Set<number>; readonly pages: Set<number>; blocks: Set<Columns> }>();
  for (const block of blocks) {
    for (const [slot, timestampMs] of block.timestampsMs.entries()) {
      const hourMs = hourOf(timestampMs);
      const hour = byHour.get(hourMs) ?? { times: new Set(), pages: new Set(), blocks: new Set() };
      byHour.set(hourMs, hour);
      hour.times.add(timestampMs);
      hour.blocks.add(block);
      if (block.pages.has(slot)) hour.pages.add(timestampMs);
    }
  }
  return [...byHour]
    .sort(([a], [b]) => a - b)
    .map(([, { times, pages, blocks: own }]) => ({
      timestampsMs: [...times].sort((a, b) => a - b),
      pages,
      blocks: [...own],
    }));
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

/** Frames of so many times at most, so that no part of a cell is more than a reader takes. */
const frameSlots = (): number => Math.max(1, Math.floor(limits.blockCells / limits.stripeSetsMax));

/** `parts` are columns of the same series as the union, in its order; all of them over the same times. */
const cellsOf = (source: Source, union: Union, parts: readonly Columns[]): Merged => {
  const chunks = chunksOf(union.series);
  const { timestampsMs, pages } = parts[0]!;
  const frames: Frame[] = [];
  const cells: Cell[] = [];
  for (let from = 0; from < timestampsMs.length; from += frameSlots()) {
    const to = Math.min(timestampsMs.length, from + frameSlots());
    const frame = { source, fromMs: timestampsMs[from]!, times: timesIn({ timestampsMs, pages }, from, to) };
    frames.push(frame);
    let at = 0;
    for (const { id, sets } of chunks) {
      for (const stripe of stripesOf(sets)) {
        const columns = parts.map(({ series }) =>
          series.slice(at, at + stripe.count).map(({ column }) => pieceOf(column, from, to)),
        );
        at += stripe.count;
        if (columns[0]!.every(({ present }) => present.indexOf(1) === -1)) continue;
        cells.push({ frame, chunkId: id, stripe, parts: columns.map(encodePart) });
      }
    }
  }
  return { frames, cells, chunks };
};

const timesIn = ({ timestampsMs, pages }: Hour, from: number, to: number): Hour => ({
  timestampsMs: timestampsMs.slice(from, to),
  pages: new Set([...pages].filter(slot => slot >= from && slot < to).map(slot => slot - from)),
});

/** Of a column the slots from `from` on up to `to`, which is not included. */
const pieceOf = (column: Column, from: number, to: number): Column => {
  if (from === 0 && to === column.length) return column;
  const piece = new Column(to - from);
  for (let slot = from; slot < to; slot += 1) piece.join(slot - from, column, slot);
  return piece;
};
