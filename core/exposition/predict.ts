import { hash, isBlank, newline } from './bytes.ts';
import type { Cursor } from './cursor.ts';
import { scanDecimal, scanned } from './decimal.ts';
import type { Dialect } from './dialect.ts';
import { type KnownLines, metadataLine, sampleLine } from './known-lines.ts';
import { sampleAt } from './lines.ts';
import type { Metadata } from './metadata.ts';
import { Page } from './page.ts';
import { entryEnd, readEntry } from './plain.ts';
import { sameBytes } from './same.ts';

/** A page that was read without a reject, and its bytes. */
export type Before = { readonly bytes: Uint8Array; readonly view: DataView; readonly page: Page };

/** After this many lines in a row that stand elsewhere than predicted, as many are read without comparing, and more each time. */
const patience = 4;
const patienceMax = 64;

/**
 * Reads a page that looks like the one before. Undefined where anything is wrong with it: then it must be read plainly.
 *
 * Both pages are compared from where they are known to agree. Entries that end before the first difference say what
 * they said; where it lies in a value, that value is read; where it lies elsewhere, lines are read plainly until a
 * series comes that the page before had too, and comparing goes on behind it there. The tables of `spare` are taken.
 */
export const predicted = (
  cursor: Cursor,
  dialect: Dialect,
  known: KnownLines,
  before: Before,
  spare: Page | undefined,
): Page | undefined => {
  const { bytes, view, bounds } = cursor;
  const { count, ids, valueAts, ends, values, series } = before.page;
  const { length } = bytes;
  const oldView = before.view;
  const oldLength = oldView.byteLength;
  const isRare = before.page.timestampsMs !== undefined || before.page.extras !== undefined;
  const { valueAts: spareValueAts, ends: spareEnds } = spare ?? {};
  const page = new Page(count, {
    ids,
    ...(spareValueAts && { valueAts: spareValueAts }),
    ...(spareEnds && { ends: spareEnds }),
  });
  /** Whether the new page still has the very series of the old one; then `i` serves both. */
  let shared = true;
  let i = 0;
  let old = 0;
  let at = 0;
  let misses = 0;
  let sawMetadata = false;
  for (;;) {
    const same = sameBytes(oldView, old, view, at);
    const reach = old + same;
    const delta = at - old;
    const from = i;
    if (shared) {
      const nextValueAts = page.valueAts;
      const nextEnds = page.ends;
      const nextValues = page.values;
      for (; i < count && ends[i]! <= reach; i += 1) {
        nextValueAts[i] = valueAts[i]! + delta;
        nextEnds[i] = ends[i]! + delta;
        nextValues[i] = values[i]!;
      }
      page.count = i;
      if (isRare) page.copyRare(before.page, from, i, from);
    } else {
      for (; i < count && ends[i]! <= reach; i += 1)
        page.add(series[i]!, ids[i]!, valueAts[i]! + delta, ends[i]! + delta, values[i]!);
      if (isRare) page.copyRare(before.page, from, i, page.count - (i - from));
    }
    if (i > from) misses = 0;
    const isLast = reach >= oldLength && at + same >= length;
    if (isLast && i >= count) break;
    if (i < count && reach >= valueAts[i]!) {
      const valueAt = valueAts[i]! + delta;
      let end = scanDecimal(bytes, valueAt, length);
      let value: number;
      let timestampMs = Number.NaN;
      let extra = undefined as Cursor['extra'];
      if (end >= 0 && end < length && bytes[end] === newline) {
        value = scanned[0]!;
        end += 1;
      } else {
        cursor.at = valueAt;
        cursor.startEntry();
        if (!dialect.readTail(cursor)) return undefined;
        ({ value, timestampMs, extra } = cursor);
        end = entryEnd(cursor);
      }
      const lineFrom = i > from ? ends[i - 1]! + delta : at;
      if (end - lineFrom > bounds.lineBytes && end - sampleAt(bytes, lineFrom) - 1 > bounds.lineBytes) return undefined;
      if (shared) {
        page.valueAts[i] = valueAt;
        page.ends[i] = end;
        page.values[i] = value;
        page.count = i + 1;
      } else page.add(series[i]!, ids[i]!, valueAt, end, value);
      if (timestampMs === timestampMs || extra !== undefined) page.addRare(timestampMs, extra);
      old = ends[i]! < oldLength ? ends[i]! : oldLength;
      at = end < length ? end : length;
      i += 1;
      misses = 0;
      continue;
    }
    if (shared) {
      page.ownSeries(before.page, i, spare?.ids === ids ? undefined : spare?.ids);
      shared = false;
    }
    // The start of the line in which they differ, or of the comments before it.
    cursor.at = page.count > 0 ? Math.min(page.ends[page.count - 1]!, length) : 0;
    misses += 1;
    let unpredicted = misses < patience ? 1 : Math.min(1 << (misses - patience + 1), patienceMax);
    let isOver = false;
    for (; unpredicted > 0 && !isOver; ) {
      const start = cursor.at;
      const line = known.readLine(cursor);
      if (line === metadataLine) {
        sawMetadata = true;
        continue;
      }
      let end = cursor.at;
      if (line !== sampleLine) {
        const outcome = readEntry(cursor, dialect, known.readSeries);
        if (cursor.problem !== undefined) return undefined;
        if (outcome === 'end') isOver = true;
        if (outcome === 'sample' || outcome === 'metadata') known.learn(cursor, outcome, start);
        if (outcome === 'metadata') sawMetadata = true;
        if (outcome !== 'sample') continue;
        end = entryEnd(cursor);
      }
      page.add(cursor.labels, cursor.id, cursor.valueAt, end, cursor.value);
      if (cursor.timestampMs === cursor.timestampMs || cursor.extra !== undefined) {
        page.addRare(cursor.timestampMs, cursor.extra);
        cursor.timestampMs = Number.NaN;
        cursor.extra = undefined;
      }
      if (page.count > bounds.samples) return undefined;
      const place = known.placeOf(cursor.id, before.page);
      if (place >= 0) i = place + 1;
      unpredicted -= 1;
    }
    if (isOver) break;
    old = i > 0 ? Math.min(ends[i - 1]!, oldLength) : 0;
    at = Math.min(cursor.at, length);
  }
  if (shared) {
    page.series = series;
    page.metadata = before.page.metadata;
  } else {
    if (before.page.metadata.length > 0 || sawMetadata) page.metadata = metadataIn(cursor, page, dialect, known);
    if (page.metadata.length > bounds.samples) return undefined;
    known.place(page);
  }
  return page;
};

/** The comments that mean something in a page whose samples are read. None of them is wrong. */
const metadataIn = (
  cursor: Cursor,
  { count, ends }: { readonly count: number; readonly ends: Int32Array },
  dialect: Dialect,
  known: KnownLines,
): Metadata[] => {
  const { bytes } = cursor;
  const metadata: Metadata[] = [];
  for (let gap = 0; gap <= count; gap += 1) {
    cursor.at = gap === 0 ? 0 : ends[gap - 1]!;
    for (;;) {
      const first = bytes[cursor.at];
      if (first !== hash && first !== newline && !isBlank(first)) break;
      if (known.readLine(cursor) === metadataLine) metadata.push(cursor.metadata!);
      else {
        const to = sampleAt(bytes, cursor.at);
        if (to === cursor.at) break;
        const outcome = readEntry(cursor, dialect, known.readSeries);
        if (outcome === 'metadata') metadata.push(cursor.metadata!);
        if (outcome === 'end') break;
      }
    }
  }
  return metadata;
};
