import { hash as hashOf } from 'node:crypto';
import type { Columns, SeriesColumn } from '../columns.ts';
import { keyOf, type LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import { Column } from '../sample.ts';
import { ByteReader, ByteWriter, Corrupt } from './bytes.ts';
import { guarded, seal, unseal } from './envelope.ts';
import { type ChunkOf, readChunkRefs, readIncrements, writeChunkRefs, writeIncrements } from './increments-codec.ts';
import { chunksOf } from './schema.ts';
import type { SchemaChunk } from './stored.ts';

// An increment is known by its series and its tag, which is made of what names it: its span (OTLP deltas) or its delivery
// (StatsD counts). Blocks of increments are blocks of samples whose slots are (time, tag) instead of a time, so that
// increments of one millisecond stand beside each other and a repeated one falls on itself: their union is a union, and
// ingest needs to know nothing else. What they add up to is asked on reading: see counters.ts.

type Slot = { readonly timestampMs: number; readonly tag: number };

/** The union of blocks of increments, hour by hour. Of one increment with two values the larger bits are kept. */
export function* incrementHours(blocks: readonly Columns[]): Generator<[hourMs: number, columns: Columns]> {
  const hours = new Map<number, Map<string, Slot>>();
  const hourOf = (timestampMs: number): number => Math.floor(timestampMs / limits.segmentSpanMs) * limits.segmentSpanMs;
  for (const [name, slot] of slotsOf(blocks)) {
    const hour = hours.get(hourOf(slot.timestampMs)) ?? new Map();
    hours.set(hourOf(slot.timestampMs), hour.set(name, slot));
  }
  for (const [hourMs, slots] of [...hours].sort(([one], [other]) => one - other)) {
    const own = blocks.filter(
      ({ timestampsMs }) =>
        timestampsMs.length > 0 && hourOf(timestampsMs[0]!) <= hourMs && hourOf(timestampsMs.at(-1)!) >= hourMs,
    );
    yield [hourMs, unionAt(own, slots)];
  }
}

const slotsOf = (blocks: readonly Columns[]): Map<string, Slot> => {
  const slots = new Map<string, Slot>();
  for (const { timestampsMs, tags = [] } of blocks) {
    for (const [slot, timestampMs] of timestampsMs.entries())
      slots.set(`${timestampMs} ${tags[slot]!}`, { timestampMs, tag: tags[slot]! });
  }
  return slots;
};

const unionAt = (blocks: readonly Columns[], slots: ReadonlyMap<string, Slot>): Columns => {
  const ordered = [...slots].sort(([, a], [, b]) => a.timestampMs - b.timestampMs || a.tag - b.tag);
  const placeOf = new Map(ordered.map(([name], place) => [name, place]));
  const series = new Map<string, SeriesColumn>();
  for (const { timestampsMs, tags = [], series: own } of blocks) {
    const places = timestampsMs.map((timestampMs, slot) => placeOf.get(`${timestampMs} ${tags[slot]}`));
    for (const { labels, column } of own) {
      const key = keyOf(labels);
      for (const [slot, place] of places.entries()) {
        if (place === undefined || !column.has(slot)) continue;
        const into = series.get(key) ?? { labels, column: new Column(ordered.length) };
        series.set(key, into);
        into.column.join(place, column, slot);
      }
    }
  }
  return {
    timestampsMs: ordered.map(([, { timestampMs }]) => timestampMs),
    tags: ordered.map(([, { tag }]) => tag),
    pages: new Set(),
    series: [...series].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, each]) => each),
  };
};

type EncodedIncrements = {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly cut: readonly SchemaChunk[];
};

/** Segments of increments sort after all others; the rest of a key is the hash of the bytes. */
const keyPrefix = 'increments-';

/** One segment, or two and more where it would be too large for an item. */
export const encodeIncrements = (columns: Columns): EncodedIncrements[] => {
  const cut = chunksOf(columns.series.map(({ labels }) => ({ labels, key: keyOf(labels) })));
  const bytes = sealed(cut, columns);
  if (bytes.length <= limits.segmentBytes) {
    const hash = hashOf('sha256', bytes, 'base64url').slice(0, 22);
    return [{ key: `${keyPrefix}${hash}`, bytes, cut }];
  }
  if (columns.series.length > 1) {
    const middle = Math.ceil(columns.series.length / 2);
    return [columns.series.slice(0, middle), columns.series.slice(middle)].flatMap(series =>
      encodeIncrements({ ...columns, series }),
    );
  }
  const middle = Math.ceil(columns.timestampsMs.length / 2);
  return [slotsFrom(columns, 0, middle), slotsFrom(columns, middle, columns.timestampsMs.length)].flatMap(
    encodeIncrements,
  );
};

/** The slots from `from` on up to `to`, which is not included. */
const slotsFrom = ({ timestampsMs, tags = [], series }: Columns, from: number, to: number): Columns => ({
  timestampsMs: timestampsMs.slice(from, to),
  tags: tags.slice(from, to),
  pages: new Set<number>(),
  series: series.map(({ labels, column }) => ({ labels, column: pieceOf(column, from, to) })),
});

/** The same in pieces, one a schema chunk and more where its slots and sets together are more than a reader takes. */
export const incrementsByChunk = (columns: Columns): { readonly chunk: SchemaChunk; readonly bytes: Uint8Array }[] => {
  const { timestampsMs } = columns;
  let at = 0;
  return chunksOf(columns.series.map(({ labels }) => ({ labels, key: keyOf(labels) }))).flatMap(chunk => {
    const series = columns.series.slice(at, at + chunk.sets.length);
    at += chunk.sets.length;
    const most = Math.max(1, Math.floor(limits.blockCells / chunk.sets.length));
    return Array.from({ length: Math.ceil(timestampsMs.length / most) }, (_, piece) => {
      const [from, to] = [piece * most, Math.min(timestampsMs.length, (piece + 1) * most)];
      return { chunk, bytes: sealed([chunk], slotsFrom({ ...columns, series }, from, to)) };
    });
  });
};

const pieceOf = (column: Column, from: number, to: number): Column => {
  const piece = new Column(to - from);
  for (let slot = from; slot < to; slot += 1) piece.join(slot - from, column, slot);
  return piece;
};

const sealed = (cut: readonly SchemaChunk[], columns: Columns): Uint8Array => {
  const open = new ByteWriter();
  writeChunkRefs(
    open,
    cut.map(({ id, sets }) => ({ id, count: sets.length })),
  );
  const packed = new ByteWriter();
  writeIncrements(packed, { ...columns, columns: columns.series.map(({ column }) => column) });
  return seal('SI', open.done(), packed.done());
};

/** Whether these are a segment of increments rather than of samples. */
export const isIncrements = (bytes: Uint8Array): boolean => bytes[0] === 0x53 && bytes[1] === 0x49;

/** Which chunks a segment of increments needs. */
export const readIncrementsHeader = (bytes: Uint8Array) =>
  guarded('bad_segment', (): { readonly chunks: readonly ChunkOf[] } => ({
    chunks: readChunkRefs(new ByteReader(unseal('SI', bytes, limits.messageUnpackedBytes).open)),
  }));

export const decodeIncrements = (bytes: Uint8Array, chunkOf: (id: string) => readonly LabelSet[] | undefined) =>
  guarded('bad_segment', (): { readonly columns: Columns } => {
    const { open, unpack } = unseal('SI', bytes, limits.messageUnpackedBytes);
    const sets = readChunkRefs(new ByteReader(open)).flatMap(({ id, count }) => {
      const chunk = chunkOf(id);
      if (chunk?.length !== count) throw new Corrupt(`schema chunk ${id} is missing, or not of ${count} sets`);
      return chunk;
    });
    const { columns, ...numbers } = readIncrements(new ByteReader(unpack()), limits.blockCells);
    if (columns.length !== sets.length) throw new Corrupt(`${columns.length} columns under ${sets.length} label sets`);
    return { columns: { ...numbers, series: columns.map((column, index) => ({ labels: sets[index]!, column })) } };
  });
