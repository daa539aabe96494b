import { newline } from './bytes.ts';
import type { Cursor } from './cursor.ts';
import { scanDecimal, scanned } from './decimal.ts';
import type { Dialect } from './dialect.ts';
import { type KnownLines, metadataLine, sampleLine } from './known-lines.ts';
import type { Page } from './page.ts';
import { entryEnd, readEntry } from './plain.ts';
import { type Before, isOverlong } from './predict.ts';
import { sameBytes } from './same.ts';

/** How much is staked on predictions: a right one earns 1 and a wrong one costs 1; at nought none is made for a while. */
const creditMax = 8;
const creditAgain = 2;
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
export const resynchronized = (head: Page, reading: Reading): Page | undefined => {
  const { cursor, dialect, known, before, spare } = reading;
  const { bytes, view, bounds } = cursor;
  const old = before.page;
  const { count, valueAts, ends } = old;
  const { length } = bytes;
  const oldLength = before.bytes.length;
  const isRare = old.timestampsMs !== undefined || old.extras !== undefined;
  const page = head.apart(old, spare);
  known.place(old);
  let i = page.count;
  let credit = creditMax;
  while (page.count <= bounds.samples) {
    if (credit > 0) {
      const at = endBefore(page, page.count, length);
      const oldAt = endBefore(old, i, oldLength);
      const rest = oldLength - oldAt < length - at ? oldLength - oldAt : length - at;
      const reach = oldAt + sameBytes(before.view, oldAt, view, at, rest);
      const delta = at - oldAt;
      const from = i;
      for (; i < count && ends[i]! <= reach; i += 1) page.addLike(old, i, delta);
      if (isRare) page.copyRare(old, from, i, page.count - (i - from));
      if (i === count && reach === oldLength && reach + delta === length) {
        page.describeLike(old, count);
        return within(page, bounds.samples);
      }
      const isValue = i < count && reach >= valueAts[i]!;
      if (isValue || i > from) credit = credit < creditMax ? credit + 1 : creditMax;
      else credit -= 1;
      if (isValue) {
        if (!readValue(cursor, dialect, valueAts[i]! + delta)) return undefined;
        if (isOverlong(cursor, i > from ? ends[i - 1]! + delta : at, cursor.at)) return undefined;
        page.describeLike(old, i);
        page.add(old.series[i]!, old.ids[i]!, cursor.valueAt, entryEnd(cursor), cursor.value);
        page.addRare(cursor.timestampMs, cursor.extra);
        i += 1;
        continue;
      }
    }
    let lines = 1;
    if (credit <= 0) {
      lines = linesWithoutPrediction;
      credit = creditAgain;
    }
    cursor.at = endBefore(page, page.count, length);
    for (; lines > 0; lines -= 1) {
      const outcome = readSample(page, reading);
      if (outcome === 'failed') return undefined;
      if (outcome === 'end') return within(page, bounds.samples);
      const place = known.placeOf(cursor.id, old);
      if (place >= 0) i = place + 1;
    }
  }
  return undefined;
};

/** Where the entry before this one ends, and this one's comments begin; never beyond the page. */
const endBefore = ({ ends }: Page, at: number, length: number): number => {
  const end = at === 0 ? 0 : ends[at - 1]!;
  return end < length ? end : length;
};

/** Neither samples nor metadata beyond the limit: what is, is told by the plain reading. */
const within = (page: Page, samples: number): Page | undefined =>
  page.count > samples || page.metadata.length > samples ? undefined : page;

/** Reads a value and what follows it, newline included; the cursor stands behind. */
const readValue = (cursor: Cursor, dialect: Dialect, valueAt: number): boolean => {
  const { bytes } = cursor;
  cursor.at = valueAt;
  cursor.startEntry();
  cursor.valueAt = valueAt;
  const end = scanDecimal(bytes, valueAt, bytes.length);
  if (end < 0 || end >= bytes.length || bytes[end] !== newline) return dialect.readTail(cursor);
  cursor.value = scanned[0]!;
  cursor.at = end + 1;
  return true;
};

/** Reads plainly up to the next sample, its line included. */
const readSample = (page: Page, { cursor, dialect, known }: Reading): 'sample' | 'end' | 'failed' => {
  for (;;) {
    const start = cursor.at;
    const line = known.readLine(cursor);
    let outcome: ReturnType<Dialect['readEntry']> =
      line === sampleLine ? 'sample' : line === metadataLine ? 'metadata' : 'blank';
    if (outcome === 'blank') {
      outcome = readEntry(cursor, dialect, known.readSeries);
      if (cursor.problem !== undefined) return 'failed';
      if (outcome === 'sample' || outcome === 'metadata') known.learn(cursor, outcome, start);
    }
    if (outcome === 'metadata') page.metadata.push(cursor.metadata!);
    if (outcome === 'end' || outcome === 'failed') return outcome;
    if (outcome !== 'sample') continue;
    page.add(cursor.labels, cursor.id, cursor.valueAt, entryEnd(cursor), cursor.value);
    page.addRare(cursor.timestampMs, cursor.extra);
    page.unpredicted += 1;
    return 'sample';
  }
};
