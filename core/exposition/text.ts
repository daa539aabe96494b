import type { FamilyType } from '../batch.ts';
import { blank, braceOpen, hash, isBlank, newline, tab } from './bytes.ts';
import type { Cursor } from './cursor.ts';
import type { ReadPage } from './exposition.ts';
import { readMetadata, readType } from './metadata.ts';
import { readFloat, readInteger } from './numbers.ts';
import { type Page, type ReadEntry, readPage } from './page.ts';
import { readSeries } from './series.ts';

/**
 * Reads the Prometheus text format 0.0.4 as Prometheus itself does (model/textparse promlex.l, promparse.go), and two
 * things its documentation promises but it refuses: blanks before a name, and negative timestamps.
 * `le` and `quantile` stay as sent.
 */
export const readText: ReadPage = (bytes, bounds) => readPage(bytes, bounds, readTextEntry);

const types: ReadonlyMap<string, FamilyType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['summary', 'summary'],
  ['untyped', 'unknown'],
]);

const readTextEntry: ReadEntry = (cursor, page, line) => {
  cursor.skipBlanks();
  if (cursor.atEnd) return 'end';
  const first = cursor.bytes[cursor.at];
  if (first === newline) {
    cursor.at += 1;
    return 'entry';
  }
  return (first === hash ? readComment(cursor, page) : readSample(cursor, page, line)) ? 'entry' : 'failed';
};

/** `# HELP` and `# TYPE` with blanks on both sides of the word; everything else after a hash is for people. */
const readComment = (cursor: Cursor, page: Page): boolean => {
  const { bytes } = cursor;
  cursor.at += 1;
  const apart = isBlank(bytes[cursor.at]);
  cursor.skipBlanks();
  const word = apart ? wordAt(bytes, cursor.at) : undefined;
  if (word === undefined) {
    cursor.at = cursor.lineEnd();
  } else {
    cursor.at += 4;
    cursor.skipBlanks();
    const metadata = readMetadata(cursor, word);
    if (metadata === undefined) return false;
    const type = word === 'TYPE' ? readType(cursor, metadata, types) : undefined;
    if (word === 'TYPE' && type === undefined) return false;
    page.describe(metadata, type);
  }
  if (!cursor.atEnd) cursor.at += 1;
  return true;
};

const wordAt = (bytes: Uint8Array, at: number): 'HELP' | 'TYPE' | undefined => {
  if (!isBlank(bytes[at + 4])) return undefined;
  const word = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  return word === 0x48454c50 ? 'HELP' : word === 0x54595045 ? 'TYPE' : undefined;
};

/** `series value [timestamp]`, where the timestamp is whole milliseconds. */
const readSample = (cursor: Cursor, page: Page, line: number): boolean => {
  const labels = readSeries(cursor, 'loose');
  if (labels === undefined) return false;
  const { bytes } = cursor;
  cursor.skipBlanks();
  const valueAt = cursor.at;
  const valueEnd = tokenEnd(bytes, valueAt);
  const value = readFloat(bytes, valueAt, valueEnd);
  if (value === undefined) return cursor.miss('a number as value', 'bad_value', valueAt) ?? false;
  cursor.at = valueEnd;
  cursor.skipBlanks();
  let timestampMs: number | undefined;
  if (!cursor.atEnd && bytes[cursor.at] !== newline) {
    const timestampAt = cursor.at;
    const timestampEnd = tokenEnd(bytes, timestampAt);
    timestampMs = readInteger(bytes, timestampAt, timestampEnd);
    if (timestampMs === undefined)
      return cursor.miss('whole milliseconds as timestamp', 'bad_timestamp', timestampAt) ?? false;
    cursor.at = timestampEnd;
    cursor.skipBlanks();
    if (!cursor.atEnd && bytes[cursor.at] !== newline) return cursor.miss('end of line after the timestamp') ?? false;
  }
  if (!cursor.atEnd) cursor.at += 1;
  page.samples.push(timestampMs === undefined ? { labels, value, line } : { labels, value, timestampMs, line });
  return true;
};

const tokenEnd = (bytes: Uint8Array, from: number): number => {
  let at = from;
  for (
    let byte = bytes[at];
    at < bytes.length && byte !== newline && byte !== blank && byte !== tab && byte !== braceOpen;
    byte = bytes[at]
  )
    at += 1;
  return at;
};
