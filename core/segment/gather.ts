import { createHash } from 'node:crypto';
import { type Batch, type Source, sourceIdOf } from '../batch.ts';
import type { Columns, SeriesColumn } from '../columns.ts';
import { keyOf, type LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import { Column } from '../sample.ts';
import { encodeIncrements, incrementHours } from './increments.ts';
import { chunksOf } from './schema.ts';
import { encodeSegment } from './segment.ts';
import type { CatalogEntry, SchemaChunk, Segment, SeriesWrites } from './stored.ts';

/** One message of the buffer: a batch, or a part of it. */
export type Delivered = { readonly batch: Batch; readonly part: number };

/**
 * What one ingest stores: the samples of each source and hour in one segment. The result is the same whatever the order
 * or repetition of the messages, and other groupings of the same messages read the same, because a sample is its series,
 * its time and its value, and a union of unions is a union.
 */
export const segmentsOf = (delivered: readonly Delivered[]): SeriesWrites => {
  const bySource = new Map<string, { readonly source: Source; readonly messages: Map<string, Delivered> }>();
  for (const message of delivered) {
    const { source, id } = message.batch;
    const sourceId = sourceIdOf(source);
    const group = bySource.get(sourceId) ?? { source, messages: new Map() };
    bySource.set(sourceId, group);
    group.messages.set(`${id}#${message.part}`, message);
  }
  const chunks = new Map<string, SchemaChunk>();
  const catalog = new Map<string, CatalogEntry>();
  const segments: Segment[] = [];
  const list = (hourMs: number, source: Source, sourceId: string, cut: readonly SchemaChunk[]): void => {
    const day = Math.floor(hourMs / limits.catalogSpanMs);
    for (const chunk of cut) {
      chunks.set(chunk.id, chunk);
      catalog.set(`${day} ${sourceId} ${chunk.id}`, { day, source, chunkId: chunk.id });
    }
  };
  for (const [sourceId, { source, messages }] of [...bySource].sort(byKey)) {
    const ordered = [...messages].sort(byKey);
    for (const named of portions(ordered.filter(([, { batch }]) => batch.columns.tags !== undefined))) {
      for (const [hourMs, columns] of incrementHours(named.map(([, { batch }]) => batch))) {
        for (const { key, bytes, cut } of encodeIncrements(columns)) {
          segments.push({ sourceId, hourMs, key, bytes });
          list(hourMs, source, sourceId, cut);
        }
      }
    }
    for (const named of portions(ordered.filter(([, { batch }]) => batch.columns.tags === undefined))) {
      const nameHash = hashOf(named.map(([name]) => name));
      for (const [hourMs, columns] of hoursOf(named.map(([, { batch }]) => batch))) {
        for (const { suffix, bytes, cut } of encoded(columns)) {
          segments.push({ sourceId, hourMs, key: keyFor(columns.timestampsMs, nameHash, suffix), bytes });
          list(hourMs, source, sourceId, cut);
        }
      }
    }
  }
  return { chunks: [...chunks.values()], catalog: [...catalog.values()], segments };
};

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;

const hashOf = (names: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(names)).digest('base64url').slice(0, 16);

/** Orders by first time; names the messages it was made of. */
const keyFor = (timestampsMs: readonly number[], nameHash: string, suffix: string): string => {
  const padded = (timestampMs: number): string => String(timestampMs).padStart(14, '0');
  return `${padded(timestampsMs[0]!)}-${padded(timestampsMs.at(-1)!)}-${nameHash}${suffix}`;
};

/** Cuts a list of messages so that slots × series of each portion stay within limits.blockCells. */
const portions = (
  messages: readonly (readonly [string, Delivered])[],
): (readonly (readonly [string, Delivered])[])[] => {
  let slots = 0;
  let series = 0;
  for (const [, { batch }] of messages) {
    slots += batch.columns.timestampsMs.length;
    series = Math.max(series, batch.columns.series.length);
  }
  // The series of batches of one source are mostly the same; where they are not, the sum is the bound.
  const union =
    slots * series <= limits.blockCells / 4
      ? series
      : messages.reduce((sum, [, { batch }]) => sum + batch.columns.series.length, 0);
  if (messages.length <= 1 || slots * union <= limits.blockCells) return [messages];
  const middle = Math.ceil(messages.length / 2);
  return [...portions(messages.slice(0, middle)), ...portions(messages.slice(middle))];
};

type Hour = { readonly times: Set<number>; readonly pages: Set<number> };

/** The union of batches of one source, hour by hour, series in the order of their keys. */
const hoursOf = (batches: readonly Batch[]): [hourMs: number, columns: Columns][] => {
  const hours = new Map<number, Hour>();
  const hourOf = (timestampMs: number): number => Math.floor(timestampMs / limits.segmentSpanMs) * limits.segmentSpanMs;
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
    .map(([hourMs, { times, pages }]) => {
      const timestampsMs = [...times].sort((a, b) => a - b);
      const slotOf = new Map(timestampsMs.map((timestampMs, slot) => [timestampMs, slot]));
      const series = new Map<string, SeriesColumn>();
      for (const { columns } of batches) {
        const slots = columns.timestampsMs.map(timestampMs => slotOf.get(timestampMs));
        for (const { labels, column } of columns.series) joinInto(series, labels, column, slots, timestampsMs.length);
      }
      const ordered = [...series].sort(byKey).map(([, each]) => each);
      return [
        hourMs,
        { timestampsMs, pages: new Set([...pages].map(timestampMs => slotOf.get(timestampMs)!)), series: ordered },
      ];
    });
};

const joinInto = (
  series: Map<string, SeriesColumn>,
  labels: LabelSet,
  from: Column,
  slots: readonly (number | undefined)[],
  length: number,
): void => {
  const key = keyOf(labels);
  let into = series.get(key)?.column;
  for (const [fromSlot, slot] of slots.entries()) {
    if (slot === undefined || !from.has(fromSlot)) continue;
    if (into === undefined) {
      into = new Column(length);
      series.set(key, { labels, column: into });
    }
    into.join(slot, from, fromSlot);
  }
};

type Encoded = {
  readonly suffix: string;
  readonly bytes: Uint8Array;
  readonly cut: SchemaChunk[];
};

/** One segment, or two and more where it would be too large for an item. */
const encoded = (columns: Columns, suffix = ''): Encoded[] => {
  const cut = chunksOf(columns.series.map(({ labels }) => labels));
  const refs = cut.map(({ id, sets }) => ({ id, count: sets.length }));
  const bytes = encodeSegment(refs, columns);
  if (bytes.length <= limits.segmentBytes || columns.series.length <= 1) return [{ suffix, bytes, cut }];
  const middle = Math.ceil(columns.series.length / 2);
  return [columns.series.slice(0, middle), columns.series.slice(middle)].flatMap((series, half) =>
    encoded({ ...columns, series }, `${suffix}.${half}`),
  );
};
