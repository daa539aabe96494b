import { newline } from './bytes.ts';
import type { Cursor } from './cursor.ts';
import { scanDecimal, scanned } from './decimal.ts';
import type { Dialect } from './dialect.ts';
import type { KnownLines } from './known-lines.ts';
import { sampleAt } from './lines.ts';
import { Page } from './page.ts';
import { entryEnd } from './plain.ts';
import { resynchronized } from './resynchronize.ts';
import { sameBytes } from './same.ts';

/** A page that was read without a reject, and its bytes. */
export type Before = { readonly bytes: Uint8Array; readonly view: DataView; readonly page: Page };

/** Where a page may be put: the tables of one that is over, and a list for as many values as the page before had. */
type Room = { readonly spare: Page | undefined; readonly values: Float64Array<ArrayBuffer> };

/**
 * Reads a page that looks like the one before. Undefined where anything is wrong with it: then it must be read plainly.
 *
 * Both pages are compared from where they are known to agree. Entries that end before the first difference say what
 * they said; where it lies in a value, that value is read. Where it lies elsewhere the page has changed its shape.
 */
export const predicted = (
  cursor: Cursor,
  dialect: Dialect,
  known: KnownLines,
  before: Before,
  { spare, values: room }: Room,
): Page | undefined => {
  const { bytes, view } = cursor;
  const { count, ids, metadataAts, valueAts, ends, values } = before.page;
  const { length } = bytes;
  const oldLength = before.bytes.length;
  const isRare = before.page.timestampsMs !== undefined || before.page.extras !== undefined;
  const page = new Page(count, { ids, metadataAts, values: room, ...tablesOf(spare) });
  const { valueAts: newValueAts, ends: newEnds, values: newValues } = page;
  let i = 0;
  let old = 0;
  let at = 0;
  for (;;) {
    const rest = oldLength - old < length - at ? oldLength - old : length - at;
    const reach = old + sameBytes(before.view, old, view, at, rest);
    const delta = at - old;
    const from = i;
    for (; i < count && ends[i]! <= reach; i += 1) {
      newValueAts[i] = valueAts[i]! + delta;
      newEnds[i] = ends[i]! + delta;
      newValues[i] = values[i]!;
    }
    if (isRare) page.copyRare(before.page, from, i, from);
    if (i === count || reach < valueAts[i]!) {
      page.count = i;
      // Both at their ends at once: the page has kept its shape.
      if (i === count && reach === oldLength && reach + delta === length) return page.like(before.page);
      return resynchronized(page, { cursor, dialect, known, before, spare });
    }
    const valueAt = valueAts[i]! + delta;
    let end = scanDecimal(bytes, valueAt, length);
    if (end >= 0 && end < length && bytes[end] === newline) {
      end += 1;
      newValues[i] = scanned[0]!;
    } else {
      cursor.at = valueAt;
      cursor.startEntry();
      if (!dialect.readTail(cursor)) return undefined;
      end = entryEnd(cursor);
      newValues[i] = cursor.value;
      page.count = i + 1;
      page.addRare(cursor.timestampMs, cursor.extra);
    }
    const lineFrom = i > from ? ends[i - 1]! + delta : at;
    if (isOverlong(cursor, lineFrom, end)) return undefined;
    newValueAts[i] = valueAt;
    newEnds[i] = end;
    old = ends[i]! < oldLength ? ends[i]! : oldLength;
    at = end < length ? end : length;
    i += 1;
  }
};

/** Whether the entry that ends at `end`, with the comments before it from `from` on, is too long a line. */
export const isOverlong = ({ bytes, bounds }: Cursor, from: number, end: number): boolean =>
  end - from > bounds.lineBytes && end - sampleAt(bytes, from) - 1 > bounds.lineBytes;

const tablesOf = (spare: Page | undefined): Partial<Page> =>
  spare === undefined ? {} : { valueAts: spare.valueAts, ends: spare.ends };
