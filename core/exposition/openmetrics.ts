import type { FamilyType } from '../batch.ts';
import { blank, braceOpen, hash, newline } from './bytes.ts';
import type { Cursor } from './cursor.ts';
import type { ReadPage } from './exposition.ts';
import { type Metadata, readMetadata, readType } from './metadata.ts';
import { readFloat } from './numbers.ts';
import { type Page, type ReadEntry, readPage } from './page.ts';
import { readExemplarLabels, readSeries } from './series.ts';

/**
 * Reads OpenMetrics 1.0 as leniently as Prometheus does (model/textparse openmetricslex.l, openmetricsparse.go): the
 * grammar is held, what families promise each other is not. Timestamps are seconds and rounded to the millisecond.
 * Exemplars are read and left out.
 */
export const readOpenMetrics: ReadPage = (bytes, bounds) => readPage(bytes, bounds, readOpenMetricsEntry);

const types: ReadonlyMap<string, FamilyType> = new Map(
  (['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset', 'unknown'] as const).map(type => [
    type,
    type,
  ]),
);

const readOpenMetricsEntry: ReadEntry = (cursor, page, line) => {
  if (cursor.atEnd) {
    cursor.fail('no_eof', 'expected the page to end with # EOF, found end of input');
    return 'failed';
  }
  if (cursor.bytes[cursor.at] === hash) return readComment(cursor, page);
  return readSample(cursor, page, line) ? 'entry' : 'failed';
};

const readComment = (cursor: Cursor, page: Page): 'entry' | 'end' | 'failed' => {
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
  return describe(cursor, page, metadata) && endOfLine(cursor) ? 'entry' : 'failed';
};

const describe = (cursor: Cursor, page: Page, metadata: Metadata): boolean => {
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
  page.describe(metadata, type);
  return true;
};

/** `series value [timestamp] [# {exemplar labels} value [timestamp]]`, single blanks between. */
const readSample = (cursor: Cursor, page: Page, line: number): boolean => {
  const labels = readSeries(cursor, 'tight');
  if (labels === undefined) return false;
  const value = readNumber(cursor, 'value');
  if (value === undefined) return false;
  let timestampMs: number | undefined;
  if (!atLineEnd(cursor) && !atExemplar(cursor)) {
    timestampMs = readTimestamp(cursor);
    if (timestampMs === undefined) return false;
  }
  if (atExemplar(cursor)) {
    cursor.at += 4;
    if (!readExemplarLabels(cursor) || readNumber(cursor, 'exemplar value') === undefined) return false;
    if (!atLineEnd(cursor) && readTimestamp(cursor) === undefined) return false;
  }
  if (!endOfLine(cursor)) return false;
  page.samples.push(timestampMs === undefined ? { labels, value, line } : { labels, value, timestampMs, line });
  return true;
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

const readNumber = (cursor: Cursor, what: string): number | undefined => {
  const { bytes } = cursor;
  if (bytes[cursor.at] !== blank) return cursor.miss(`one blank and a number as ${what}`, 'bad_value');
  const start = cursor.at + 1;
  let end = start;
  while (end < bytes.length && bytes[end] !== blank && bytes[end] !== newline) end += 1;
  const number = readFloat(bytes, start, end);
  if (number === undefined)
    return cursor.miss(`a number as ${what}`, what === 'timestamp' ? 'bad_timestamp' : 'bad_value', start);
  cursor.at = end;
  return number;
};

const readTimestamp = (cursor: Cursor): number | undefined => {
  const start = cursor.at;
  const seconds = readNumber(cursor, 'timestamp');
  if (seconds === undefined) return undefined;
  const timestampMs = Math.round(seconds * 1_000);
  if (Number.isFinite(timestampMs)) return timestampMs;
  return cursor.miss('finite seconds as timestamp', 'bad_timestamp', start + 1);
};
