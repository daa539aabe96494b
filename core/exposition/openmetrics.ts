import type { FamilyType } from '../batch.ts';
import { blank, braceOpen, hash, newline } from './bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Dialect, ReadSeries } from './dialect.ts';
import type { Exemplar, ReadPage } from './exposition.ts';
import { type Metadata, readMetadata, readType } from './metadata.ts';
import { readFloat } from './numbers.ts';
import { PageReader } from './page-reader.ts';
import { hasTrailingComma, readExemplarLabels, readStrictSeries, readTightSeries } from './series.ts';
import { brokenRules } from './strict.ts';

const types: ReadonlyMap<string, FamilyType> = new Map(
  (['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset', 'unknown'] as const).map(type => [
    type,
    type,
  ]),
);

const readComment = (cursor: Cursor): 'metadata' | 'end' | 'failed' => {
  const { bytes } = cursor;
  const start = cursor.at;
  const head = String.fromCharCode(...bytes.subarray(start, start + 7));
  if (head.startsWith('# EOF')) {
    cursor.at += 5;
    if (bytes[cursor.at] === newline) cursor.at += 1;
    if (cursor.atEnd) return 'end';
    cursor.miss('nothing after # EOF', 'after_eof');
    // What follows was never meant to be read.
    return 'end';
  }
  const word = /^# (HELP|TYPE|UNIT) $/.exec(head)?.[1] as Metadata['word'] | undefined;
  if (word === undefined) {
    cursor.miss('# HELP, # TYPE, # UNIT or # EOF, single blanks between');
    return 'failed';
  }
  cursor.at += 7;
  const metadata = readMetadata(cursor, word);
  if (metadata === undefined) return 'failed';
  return describe(cursor, metadata) && endOfLine(cursor) ? 'metadata' : 'failed';
};

const describe = (cursor: Cursor, metadata: Metadata): boolean => {
  const { word, name, text, textAt } = metadata;
  // The blank after the name is part of the grammar, the text after it may be empty.
  if (cursor.bytes[textAt - 1] !== blank)
    return cursor.miss(`a blank and a text after the name in ${word}`, 'syntax', textAt) ?? false;
  if (word === 'UNIT' && text !== '' && !name.endsWith(`_${text}`)) {
    return (
      cursor.fail(
        'bad_unit',
        `expected a unit that ends the metric name ${name} after a "_", found ${JSON.stringify(text.slice(0, 40))}`,
        textAt,
      ) ?? false
    );
  }
  const type = word === 'TYPE' ? readType(cursor, metadata, types) : undefined;
  if (word === 'TYPE' && type === undefined) return false;
  cursor.metadata = type === undefined ? metadata : { ...metadata, type };
  return true;
};

/** `value [timestamp] [# {exemplar labels} value [timestamp]]`, single blanks between. */
const readTail = (cursor: Cursor, strict: boolean): boolean => {
  const value = readNumber(cursor, 'value');
  if (value === undefined) return false;
  cursor.value = value;
  if (!atLineEnd(cursor) && !atExemplar(cursor)) {
    const timestampMs = readTimestamp(cursor);
    if (timestampMs === undefined) return false;
    cursor.timestampMs = timestampMs;
  }
  if (atExemplar(cursor)) {
    const exemplar = readExemplar(cursor, strict);
    if (exemplar === undefined) return false;
    cursor.extra = { exemplar };
  }
  return endOfLine(cursor);
};

const readExemplar = (cursor: Cursor, strict: boolean): Exemplar | undefined => {
  cursor.at += 4;
  const labels = readExemplarLabels(cursor);
  if (labels !== undefined && strict && hasTrailingComma(cursor)) return undefined;
  if (labels === undefined || !atBlank(cursor, 'exemplar value')) return undefined;
  const value = readNumber(cursor, 'exemplar value');
  if (value === undefined) return undefined;
  if (atLineEnd(cursor)) return { labels, value };
  const timestampMs = readTimestamp(cursor);
  return timestampMs === undefined ? undefined : { labels, value, timestampMs };
};

const atLineEnd = ({ bytes, at }: Cursor): boolean => at >= bytes.length || bytes[at] === newline;

const atExemplar = ({ bytes, at }: Cursor): boolean =>
  bytes[at] === blank && bytes[at + 1] === hash && bytes[at + 2] === blank && bytes[at + 3] === braceOpen;

const endOfLine = (cursor: Cursor): boolean => {
  if (!atLineEnd(cursor)) return cursor.miss('end of line') ?? false;
  if (cursor.atEnd) return cursor.fail('no_eof', 'expected the page to end with # EOF, found end of input') ?? false;
  cursor.at += 1;
  return true;
};

/** Steps over the one blank before a number. */
const atBlank = (cursor: Cursor, what: string): boolean => {
  if (cursor.bytes[cursor.at] !== blank) return cursor.miss(`one blank and a number as ${what}`, 'bad_value') ?? false;
  cursor.at += 1;
  return true;
};

const readNumber = (cursor: Cursor, what: string): number | undefined => {
  const { bytes } = cursor;
  const start = cursor.at;
  const end = tokenEnd(bytes, start);
  if (end > cursor.lineLimitAt) return cursor.failOverlong();
  const number = readFloat(bytes, start, end);
  if (number === undefined)
    return cursor.miss(`a number as ${what}`, what === 'timestamp' ? 'bad_timestamp' : 'bad_value', start);
  cursor.at = end;
  return number;
};

const tokenEnd = (bytes: Uint8Array, from: number): number => {
  let at = from;
  while (at < bytes.length && bytes[at] !== blank && bytes[at] !== newline) at += 1;
  return at;
};

const readTimestamp = (cursor: Cursor): number | undefined => {
  if (!atBlank(cursor, 'timestamp')) return undefined;
  const start = cursor.at;
  const seconds = readNumber(cursor, 'timestamp');
  if (seconds === undefined) return undefined;
  return msOf(seconds) ?? cursor.miss('finite seconds as timestamp', 'bad_timestamp', start);
};

/** Milliseconds of seconds; undefined where they are beyond the finite. */
const msOf = (seconds: number | undefined): number | undefined => {
  const ms = Math.round((seconds ?? Number.NaN) * 1_000);
  // Never the negative nought: a time is compared and printed.
  return Number.isFinite(ms) ? ms + 0 : undefined;
};

const dialectOf = (readSeries: ReadSeries, strict: boolean): Dialect => ({
  readEntry: (cursor, readKnownSeries) => {
    if (cursor.atEnd) {
      cursor.fail('no_eof', 'expected the page to end with # EOF, found end of input');
      return 'failed';
    }
    if (cursor.bytes[cursor.at] === hash) return readComment(cursor);
    if (!readKnownSeries(cursor) || !atBlank(cursor, 'value')) return 'failed';
    cursor.valueAt = cursor.at;
    return readTail(cursor, strict) ? 'sample' : 'failed';
  },
  readTail: cursor => readTail(cursor, strict),
  stampIn: (bytes, from, to) => msOf(readFloat(bytes, from, to)),
  readSeries,
  loose: false,
  ...(strict && { check: brokenRules }),
});

/**
 * OpenMetrics 1.0 as leniently as Prometheus reads it (model/textparse openmetricslex.l, openmetricsparse.go): the
 * grammar is held, what families promise each other is not. Timestamps are seconds and rounded to the millisecond.
 */
export const lenientOpenMetrics: Dialect = dialectOf(readTightSeries, false);

/** OpenMetrics 1.0 to the letter, and quoted names. A page with anything wrong in it is wrong as a whole. */
export const strictOpenMetrics: Dialect = dialectOf(readStrictSeries, true);

export const readOpenMetrics: ReadPage = (bytes, bounds) => new PageReader(lenientOpenMetrics, bounds).read(bytes);

export const readStrictOpenMetrics: ReadPage = (bytes, bounds) => new PageReader(strictOpenMetrics, bounds).read(bytes);
