import { type Batch, type Source, sourceIdOf } from '../batch.ts';
import { keyOf, type LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import { type Base, type ChunkRef, shareKnown } from './base.ts';
import { fingerprintsOf } from './catalog.ts';
import { encodeIncrements, incrementHours } from './increments.ts';
import { chunksOf, type KnownChunks } from './schema.ts';
import { encodeSegment } from './segment.ts';
import { keysOfSets } from './sorted.ts';
import type { SchemaChunk, Segment, SeriesWrites } from './stored.ts';
import { type Union, unionOf } from './union.ts';

/** One message of the buffer: a batch, or a part of it. */
export type Delivered = { readonly batch: Batch; readonly part: number };

/** Where a segment may go on from; see Base. Answers nothing where the writer knows nothing. */
type BaseFor = (sourceId: string, hourMs: number) => Base | undefined;

export type Known = { readonly baseFor?: BaseFor; readonly chunks?: KnownChunks };

/** Where a source's segments of an hour ended: the writer may build on it once it is stored. */
export type End = { readonly sourceId: string; readonly hourMs: number; readonly base: Base };

/**
 * What one ingest stores: the samples of each source and hour in one segment. The result is the same whatever the order
 * or repetition of the messages, and other groupings of the same messages read the same, because a sample is its series,
 * its time and its value, and a union of unions is a union.
 */
export const segmentsOf = (
  delivered: readonly Delivered[],
  { baseFor = () => undefined, chunks: known = new Map() }: Known = {},
): SeriesWrites & { readonly ends: readonly End[] } => {
  const bySource = new Map<string, { readonly source: Source; readonly messages: Map<string, Delivered> }>();
  for (const message of delivered) {
    const { source, id } = message.batch;
    const sourceId = sourceIdOf(source);
    const group = bySource.get(sourceId) ?? { source, messages: new Map() };
    bySource.set(sourceId, group);
    group.messages.set(`${id}#${message.part}`, message);
  }
  const chunks = new Map<string, SchemaChunk>();
  const catalog = new Map<string, { readonly day: number; readonly source: Source; readonly ids: Set<string> }>();
  const segments: Segment[] = [];
  const ends: End[] = [];
  const list = (hourMs: number, source: Source, sourceId: string, cut: readonly SchemaChunk[]): void => {
    const day = Math.floor(hourMs / limits.catalogSpanMs);
    const entry = catalog.get(`${day} ${sourceId}`) ?? { day, source, ids: new Set() };
    catalog.set(`${day} ${sourceId}`, entry);
    for (const chunk of cut) {
      chunks.set(chunk.id, chunk);
      entry.ids.add(chunk.id);
    }
  };
  for (const [sourceId, { source, messages }] of [...bySource].sort(byKey)) {
    const ordered = [...messages].sort(byKey);
    for (const batches of portions(ordered.filter(([, { batch }]) => batch.columns.tags !== undefined))) {
      for (const [hourMs, columns] of incrementHours(batches.map(({ columns }) => columns))) {
        for (const { key, bytes, cut } of encodeIncrements(columns)) {
          segments.push({ sourceId, hourMs, key, bytes });
          list(hourMs, source, sourceId, cut);
        }
      }
    }
    for (const batches of portions(ordered.filter(([, { batch }]) => batch.columns.tags === undefined))) {
      for (const [hourMs, columns] of hoursOf(batches, hour => baseFor(sourceId, hour)?.sets)) {
        for (const { cut, bytes, end } of encoded(columns, known, baseFor(sourceId, hourMs))) {
          segments.push({ sourceId, hourMs, key: keyFor(end, columns.timestampsMs[0]! - hourMs), bytes });
          ends.push({ sourceId, hourMs, base: end });
          list(hourMs, source, sourceId, cut);
        }
      }
    }
  }
  return {
    chunks: [...chunks.values()],
    catalog: [...catalog.values()].map(({ day, source, ids }) => ({
      day,
      source,
      chunks: [...ids].map(id => ({ id, names: namesIn(chunks.get(id)!) })),
    })),
    segments,
    ends,
  };
};

const names = new WeakMap<SchemaChunk, ReturnType<typeof fingerprintsOf>>();

const namesIn = (chunk: SchemaChunk): ReturnType<typeof fingerprintsOf> => {
  const found = names.get(chunk) ?? fingerprintsOf(chunk.sets);
  names.set(chunk, found);
  return found;
};

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;

/** Keys of segments that build on nothing lie between these; the end is not included. */
export const aloneKey = 'a';
export const aloneKeyEnd = 'b';
const buildingKey = aloneKeyEnd;

/** Whether a segment of this hour that is stored now is late: the hour may be merged already. */
export const isLateAt = (hourMs: number, nowMs: number): boolean =>
  nowMs >= hourMs + limits.segmentSpanMs + limits.lateAfterMs;

/** Names the bytes; segments that build on nothing come first, then by the seconds of the hour. */
const keyFor = ({ depth, name }: Base, offsetMs: number): string =>
  `${depth === 0 ? aloneKey : buildingKey}${Math.floor(offsetMs / 1_000)
    .toString(36)
    .padStart(3, '0')}${name}`;

/** Cuts a list of messages so that slots × series of each portion stay within limits.blockCells. */
const portions = (messages: readonly (readonly [string, Delivered])[]): (readonly Batch[])[] => {
  let slots = 0;
  let sum = 0;
  for (const [, { batch }] of messages) {
    slots += batch.columns.timestampsMs.length;
    sum += batch.columns.series.length;
  }
  const isWhole = messages.length <= 1 || slots * sum <= limits.blockCells;
  // Batches of one source have mostly the same series: they are told apart only where that matters.
  if (isWhole || slots * distinctIn(messages) <= limits.blockCells) return [messages.map(([, { batch }]) => batch)];
  const middle = Math.ceil(messages.length / 2);
  return [...portions(messages.slice(0, middle)), ...portions(messages.slice(middle))];
};

/** How many series there are in all. */
const distinctIn = (messages: readonly (readonly [string, Delivered])[]): number => {
  const lists = new Set<unknown>();
  const keys = new Set<string>();
  for (const [, { batch }] of messages) {
    const { rows, series } = batch.columns;
    if (rows !== undefined && lists.has(rows.labels)) continue;
    lists.add(rows?.labels);
    for (const { labels } of series) keys.add(keyOf(labels));
  }
  return keys.size;
};

type Times = { readonly times: Set<number>; readonly pages: Set<number> };

/** The hour that a segment with this time belongs to. */
export const hourOf = (timestampMs: number): number =>
  Math.floor(timestampMs / limits.segmentSpanMs) * limits.segmentSpanMs;

/** The union of batches of one source, hour by hour. `asBefore`: see unionOf. */
const hoursOf = (
  batches: readonly Batch[],
  asBefore: (hourMs: number) => readonly LabelSet[] | undefined,
): [hourMs: number, columns: Union][] => {
  const hours = new Map<number, Times>();
  for (const { columns } of batches) {
    for (const [slot, timestampMs] of columns.timestampsMs.entries()) {
      const hour = hours.get(hourOf(timestampMs)) ?? { times: new Set(), pages: new Set() };
      hours.set(hourOf(timestampMs), hour);
      hour.times.add(timestampMs);
      if (columns.pages.has(slot)) hour.pages.add(timestampMs);
    }
  }
  return [...hours]
    .sort((a, b) => a[0] - b[0])
    .map(([hourMs, { times, pages }]) => [
      hourMs,
      unionOf(
        batches.map(({ columns }) => columns),
        [...times].sort((a, b) => a - b),
        pages,
        asBefore(hourMs),
      ),
    ]);
};

type Encoded = { readonly cut: readonly SchemaChunk[]; readonly bytes: Uint8Array; readonly end: Base };

/** A base that knows fewer of the series than this is more in the way than of use. */
const leastKnown = 0.5;

/** One segment, or two and more where it would be too large for an item; those build on nothing. */
const encoded = (hour: Union, known: KnownChunks, base?: Base): Encoded[] => {
  const cut = sameChunks(hour, known, base) ?? cutOf(hour, known);
  const refs = cut.map(({ id, sets }) => ({ id, count: sets.length }));
  const { bytes, end } = encodeSegment(refs, hour, isOfUse(hour, refs, base) ? base : undefined);
  if (bytes.length <= limits.segmentBytes || hour.series.length <= 1) return [{ cut, bytes, end }];
  const middle = Math.ceil(hour.series.length / 2);
  return [hour.series.slice(0, middle), hour.series.slice(middle)].flatMap(series =>
    encoded({ timestampsMs: hour.timestampsMs, pages: hour.pages, series }, known),
  );
};

const cuts = new WeakMap<readonly LabelSet[], readonly SchemaChunk[]>();

/** The chunks of a list that replicas share are cut once. */
const cutOf = ({ sets, series }: Union, known: KnownChunks): readonly SchemaChunk[] => {
  if (sets === undefined) return chunksOf(series, known);
  const cut = cuts.get(sets) ?? chunksOf(series, known);
  cuts.set(sets, cut);
  return cut;
};

/** The base's own chunks, where the series are the base's: their labels are the very same then. */
const sameChunks = ({ sets, series }: Union, known: KnownChunks, base?: Base): SchemaChunk[] | undefined => {
  if (base === undefined || base.sets.length !== series.length) return undefined;
  if (sets !== base.sets) {
    const keys = keysOfSets(base.sets);
    if (!series.every(({ key }, at) => key === keys[at])) return undefined;
  }
  const chunks = base.chunks.map(({ id }) => known.get(id)).filter(chunk => chunk !== undefined);
  return chunks.length === base.chunks.length ? chunks : undefined;
};

const isOfUse = ({ series, sets }: Union, refs: readonly ChunkRef[], base?: Base): boolean => {
  if (base === undefined || base.depth >= limits.segmentDepth) return false;
  if (sets === base.sets) return true;
  return shareKnown(base, refs, sets ?? series.map(({ labels }) => labels)) >= leastKnown;
};
