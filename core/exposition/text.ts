import type { FamilyType } from '../batch.ts';
import { blank, braceOpen, hash, isBlank, newline, tab } from './bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Dialect } from './dialect.ts';
import type { ReadPage } from './exposition.ts';
import { readMetadata, readType } from './metadata.ts';
import { readFloat, readInteger } from './numbers.ts';
import { PageReader } from './page-reader.ts';
import { readLooseSeries } from './series.ts';

const types: ReadonlyMap<string, FamilyType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['summary', 'summary'],
  ['untyped', 'unknown'],
]);

/** `# HELP` and `# TYPE` with blanks on both sides of the word; everything else after a hash is for people. */
const readComment = (cursor: Cursor): 'metadata' | 'blank' | 'failed' => {
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
    if (metadata === undefined) return 'failed';
    const type = word === 'TYPE' ? readType(cursor, metadata, types) : undefined;
    if (word === 'TYPE' && type === undefined) return 'failed';
    cursor.metadata = type === undefined ? metadata : { ...metadata, type };
  }
  if (!cursor.atEnd) cursor.at += 1;
  return word === undefined ? 'blank' : 'metadata';
};

const wordAt = (bytes: Uint8Array, at: number): 'HELP' | 'TYPE' | undefined => {
  if (!isBlank(bytes[at + 4])) return undefined;
  const word = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  return word === 0x48454c50 ? 'HELP' : word === 0x54595045 ? 'TYPE' : undefined;
};

/** `value [timestamp]`, where the timestamp is whole milliseconds. */
const readTail = (cursor: Cursor): boolean => {
  const { bytes } = cursor;
  const valueAt = cursor.at;
  const valueEnd = tokenEnd(bytes, valueAt);
  if (valueEnd > cursor.lineLimitAt) return cursor.failOverlong() ?? false;
  const value = readFloat(bytes, valueAt, valueEnd);
  if (value === undefined) return cursor.miss('a number as value', 'bad_value', valueAt) ?? false;
  cursor.value = value;
  cursor.at = valueEnd;
  cursor.skipBlanks();
  if (!cursor.atEnd && bytes[cursor.at] !== newline) {
    const timestampAt = cursor.at;
    const timestampEnd = tokenEnd(bytes, timestampAt);
    if (timestampEnd > cursor.lineLimitAt) return cursor.failOverlong() ?? false;
    const timestamp = readInteger(bytes, timestampAt, timestampEnd);
    if (timestamp === undefined)
      return cursor.miss('whole milliseconds as timestamp', 'bad_timestamp', timestampAt) ?? false;
    cursor.timestampMs = Number(timestamp);
    if (typeof timestamp === 'bigint') cursor.extra = { timestampExactMs: timestamp };
    cursor.at = timestampEnd;
    cursor.skipBlanks();
    if (!cursor.atEnd && bytes[cursor.at] !== newline) return cursor.miss('end of line after the timestamp') ?? false;
  }
  if (!cursor.atEnd) cursor.at += 1;
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

export const textDialect: Dialect = {
  readEntry: (cursor, readSeries) => {
    cursor.skipBlanks();
    if (cursor.atEnd) return 'end';
    const first = cursor.bytes[cursor.at];
    if (first === newline) {
      cursor.at += 1;
      return 'blank';
    }
    if (first === hash) return readComment(cursor);
    if (!readSeries(cursor)) return 'failed';
    cursor.skipBlanks();
    cursor.valueAt = cursor.at;
    return readTail(cursor) ? 'sample' : 'failed';
  },
  readTail,
  stampIn: (bytes, from, to) => {
    const timestamp = readInteger(bytes, from, to);
    return typeof timestamp === 'bigint' ? undefined : timestamp;
  },
  readSeries: readLooseSeries,
  loose: true,
};

/**
 * Reads the Prometheus text format 0.0.4 as Prometheus itself does (model/textparse promlex.l, promparse.go), and two
 * things its documentation promises but it refuses: blanks before a name, and timestamps with a sign.
 * `le` and `quantile` stay as sent.
 */
export const readText: ReadPage = (bytes, bounds) => new PageReader(textDialect, bounds).read(bytes);
