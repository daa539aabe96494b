import { newline } from './bytes.ts';
import type { Cursor } from './cursor.ts';
import { scanDecimal, scanned } from './decimal.ts';
import type { Dialect } from './dialect.ts';
import { type KnownLines, metadataLine, sampleLine } from './known-lines.ts';
import type { Page } from './page.ts';
import { entryEnd, readEntry } from './plain.ts';
import { type Before, isOverlong } from './predict.ts';
import { sameBytes } from './same.ts';

/** How much is staked on a prediction: what a right one earns and a wrong one costs, until none is made for a while. */
const creditMax = 8;
const linesWithoutPrediction = 16;

type Reading = {
  readonly cursor: Cursor;
  readonly dialect: Dialect;
  readonly known: KnownLines;
  readonly before: Before;
  readonly spare: Page | undefined;
};

/**
 * Goes on with a page whose first samples stand as on the page before, and the next ones elsewhere. Lines are read
 * plainly until a series comes that the page before had too, and comparing goes on behind it there. Undefined where
 * anything is wrong with the page.
 */
export const resynchronized = (head: Page, { cursor, dialect, known, before, spare }: Reading): Page | undefined => {
  const { bytes, view, bounds } = cursor;
  const { count, ids, metadataAts, metadata, valueAts, ends, values, series } = before.page;
  const { length } = bytes;
  const oldLength = before.bytes.length;
  const isRare = before.page.timestampsMs !== undefined || before.page.extras !== undefined;
  const page = head.apart(before.page, spare);
  known.place(before.page);
  let i = page.count;
  let credit = creditMax;
  for (;;) {
    // Neither end is beyond its page: there is more to come on the one that has one.
    let at = page.count === 0 ? 0 : page.ends[page.count - 1]!;
    let old = i === 0 ? 0 : ends[i - 1]!;
    if (at > length) at = length;
    if (old > oldLength) old = oldLength;

    if (credit > 0) {
      const rest = oldLength - old < length - at ? oldLength - old : length - at;
      const reach = old + sameBytes(before.view, old, view, at, rest);
      const delta = at - old;
      const from = i;
      for (; i < count && ends[i]! <= reach; i += 1) {
        for (let each = i === 0 ? 0 : metadataAts[i - 1]!; each < metadataAts[i]!; each += 1)
          page.metadata.push(metadata[each]!);
        page.add(series[i]!, ids[i]!, valueAts[i]! + delta, ends[i]! + delta, values[i]!);
      }
      if (isRare) page.copyRare(before.page, from, i, page.count - (i - from));
      if (i === count && reach === oldLength && reach + delta === length) {
        for (let each = count === 0 ? 0 : metadataAts[count - 1]!; each < metadata.length; each += 1)
          page.metadata.push(metadata[each]!);
        break;
      }
      if (i < count && reach >= valueAts[i]!) {
        const valueAt = valueAts[i]! + delta;
        cursor.at = valueAt;
        cursor.startEntry();
        let end = scanDecimal(bytes, valueAt, length);
        if (end >= 0 && end < length && bytes[end] === newline) {
          cursor.value = scanned[0]!;
          end += 1;
        } else {
          if (!dialect.readTail(cursor)) return undefined;
          end = entryEnd(cursor);
        }
        if (isOverlong(cursor, i > from ? ends[i - 1]! + delta : at, end)) return undefined;
        for (let each = i === 0 ? 0 : metadataAts[i - 1]!; each < metadataAts[i]!; each += 1)
          page.metadata.push(metadata[each]!);
        page.add(series[i]!, ids[i]!, valueAt, end, cursor.value);
        page.addRare(cursor.timestampMs, cursor.extra);
        i += 1;
        if (credit < creditMax) credit += 1;
        continue;
      }
      credit = i > from ? Math.min(credit + 1, creditMax) : credit - 1;
      if (i > from) at = page.ends[page.count - 1]!;
    }

    cursor.at = at < length ? at : length;
    let lines = 1;
    if (credit <= 0) {
      lines = linesWithoutPrediction;
      credit = 2;
    }
    let isOver = false;
    while (lines > 0 && !isOver) {
      const start = cursor.at;
      const line = known.readLine(cursor);
      if (line === metadataLine) {
        page.metadata.push(cursor.metadata!);
        continue;
      }
      let end = cursor.at;
      if (line !== sampleLine) {
        const outcome = readEntry(cursor, dialect, known.readSeries);
        if (cursor.problem !== undefined) return undefined;
        if (outcome === 'metadata') page.metadata.push(cursor.metadata!);
        if (outcome === 'sample' || outcome === 'metadata') known.learn(cursor, outcome, start);
        isOver = outcome === 'end';
        if (outcome !== 'sample') continue;
        end = entryEnd(cursor);
      }
      page.add(cursor.labels, cursor.id, cursor.valueAt, end, cursor.value);
      page.addRare(cursor.timestampMs, cursor.extra);
      if (page.count > bounds.samples) return undefined;
      const place = known.placeOf(cursor.id, before.page);
      if (place >= 0) i = place + 1;
      page.unpredicted += 1;
      lines -= 1;
    }
    if (isOver) break;
  }
  if (page.count > bounds.samples || page.metadata.length > bounds.samples) return undefined;
  return page;
};
