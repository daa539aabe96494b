import { type Label, type LabelSet, labelSetOf, metricNameLabel } from '../labels.ts';
import {
  backslash,
  braceClose,
  braceOpen,
  comma,
  equal,
  kindOf,
  labelPart,
  labelStart,
  namePart,
  nameStart,
  newline,
  quote,
} from './bytes.ts';
import type { Cursor } from './cursor.ts';
import { beyondAscii, hasBackslash, hashSeed } from './words.ts';

/**
 * Reads `name`, `name{…}` or `{"name",…}`; the cursor stands after it and holds its labels. A label set has no name twice
 * and has its metric name. This is text 0.0.4 as Prometheus reads it: blanks between tokens, labels that only a blank
 * parts, newlines inside values.
 */
export const readLooseSeries = (cursor: Cursor): boolean => readSeries(cursor, true);

/** As above in OpenMetrics, which has none of these freedoms. */
export const readTightSeries = (cursor: Cursor): boolean => readSeries(cursor, false);

/** As above to the letter: no comma may trail. */
export const readStrictSeries = (cursor: Cursor): boolean => readSeries(cursor, false) && !hasTrailingComma(cursor);

/** Whether the braces that end here end in a comma; then that is the problem. */
export const hasTrailingComma = (cursor: Cursor): boolean => {
  const { bytes, at } = cursor;
  if (bytes[at - 1] !== braceClose || bytes[at - 2] !== comma) return false;
  cursor.miss('a label after the comma', 'syntax', at - 1);
  return true;
};

const readSeries = (cursor: Cursor, loose: boolean): boolean => {
  const { bytes } = cursor;
  const start = cursor.at;
  cursor.seriesAt = start;
  const labels: Label[] = [];
  if ((kindOf[bytes[start]!]! & nameStart) !== 0) {
    const name = readPlain(cursor, namePart);
    if (tooLong(cursor, 'metric name', start, cursor.bounds.labelValueBytes)) return false;
    labels.push([metricNameLabel, name]);
    cursor.seriesEnd = cursor.at;
    if (loose) cursor.skipBlanks();
  } else if (bytes[start] !== braceOpen) return cursor.miss('a metric name, "{" or "#"') ?? false;
  if (bytes[cursor.at] === braceOpen) {
    cursor.at += 1;
    if (!readLabels(cursor, loose, labels)) return false;
    cursor.seriesEnd = cursor.at;
  }
  cursor.labels = labelSetOf(labels);
  if (labels.length > 0 && labels.some(isMetricName)) return true;
  cursor.fail('no_metric_name', 'expected a metric name before the braces or quoted inside them, found none', start);
  return false;
};

/** What stands in an exemplar's braces, the closing one included; OpenMetrics only. */
export const readExemplarLabels = (cursor: Cursor): LabelSet | undefined => {
  // A metric name has no place here; with one set, a quoted name alone is refused as a second one.
  const labels: Label[] = [[metricNameLabel, '']];
  return readLabels(cursor, false, labels) ? labelSetOf(labels) : undefined;
};

const isMetricName = ([name]: Label): boolean => name === metricNameLabel;

/** Everything after the opening brace, the closing one included. A comma may trail; in loose text it may be missing. */
const readLabels = (cursor: Cursor, loose: boolean, labels: Label[]): boolean => {
  const { bytes, bounds } = cursor;
  let count = labels.length;
  for (;;) {
    if (loose) cursor.skipBlanks();
    if (cursor.isOverlong()) return false;
    const start = cursor.at;
    const first = bytes[start];
    if (first === braceClose) {
      cursor.at += 1;
      if (count <= bounds.labelCount) return true;
      const name = labels.find(isMetricName)?.[1] ?? 'a series';
      cursor.fail('label_limit', `${count} labels on ${name}, the limit is ${bounds.labelCount}`, start);
      return false;
    }
    const quoted = first === quote;
    if (!quoted && (kindOf[first!]! & labelStart) === 0) return cursor.miss('a label name or "}"') ?? false;
    const name = quoted ? readName(cursor) : readPlain(cursor, labelPart);
    if (name === undefined) return false;
    const nameEnd = cursor.at;
    if (loose) cursor.skipBlanks();
    const next = bytes[cursor.at];
    if (quoted && (next === comma || next === braceClose)) {
      if (tooLong(cursor, 'metric name', start, bounds.labelValueBytes, nameEnd)) return false;
      if (labels.some(isMetricName))
        return cursor.fail('second_metric_name', `a second metric name ${JSON.stringify(name)}`, start) ?? false;
      labels.push([metricNameLabel, name]);
      labels.sort(byName);
      count += 1;
      if (next === comma) cursor.at += 1;
      continue;
    }
    if (next !== equal) return cursor.miss('"=" after the label name') ?? false;
    if (tooLong(cursor, 'label name', start, bounds.labelNameBytes, nameEnd)) return false;
    if (name === metricNameLabel)
      return cursor.fail('reserved_label', 'the label name "__name__" is reserved', start) ?? false;
    cursor.at += 1;
    if (loose) cursor.skipBlanks();
    const value = readQuoted(cursor, loose, name);
    if (value === undefined) return false;
    count += 1;
    // Past the limit they are only counted: an endless list must not be sorted.
    if (count <= bounds.labelCount && !place(labels, [name, value])) {
      return cursor.fail('duplicate_label', `the label name ${JSON.stringify(name)} stands twice`, start) ?? false;
    }
    if (loose) cursor.skipBlanks();
    const after = bytes[cursor.at];
    if (after === comma) cursor.at += 1;
    else if (after !== braceClose && !(loose && (after === quote || (kindOf[after!]! & labelStart) !== 0))) {
      return cursor.miss('"," or "}" after the label value') ?? false;
    }
  }
};

const byName = (a: Label, b: Label): number => (a[0] < b[0] ? -1 : 1);

/** Keeps them sorted, which is how most pages have them; tells whether the name was new. */
const place = (labels: Label[], label: Label): boolean => {
  let at = labels.length;
  while (at > 0 && labels[at - 1]![0] > label[0]) at -= 1;
  if (at > 0 && labels[at - 1]![0] === label[0]) return false;
  if (at === labels.length) labels.push(label);
  else labels.splice(at, 0, label);
  return true;
};

/** An unquoted name: the bytes of one kind from here on, of which the first is known to be one. */
export const readPlain = (cursor: Cursor, kind: number): string => {
  const { bytes } = cursor;
  const start = cursor.at;
  let at = start;
  let wordHash = hashSeed;
  for (let byte = bytes[at]!; (kindOf[byte]! & kind) !== 0; byte = bytes[at]!) {
    wordHash = Math.imul(wordHash ^ byte, 0x01000193);
    at += 1;
  }
  cursor.at = at;
  return cursor.words.read(start, at, wordHash, 0)!;
};

/**
 * A quoted metric or label name. Stricter than a value, as in Prometheus's expfmt: not empty, no newline, no escape but
 * the three there are.
 */
export const readName = (cursor: Cursor): string | undefined => {
  const start = cursor.at;
  const name = readQuoted(cursor, false);
  if (name === '') return cursor.fail('bad_name', 'expected a name between the quotes, found none', start);
  if (name === undefined) return undefined;
  const { bytes } = cursor;
  for (let at = start + 1; at < cursor.at - 1; at += 1) {
    if (bytes[at] !== backslash) continue;
    at += 1;
    if (bytes[at] !== backslash && bytes[at] !== quote && bytes[at] !== 0x6e)
      return cursor.miss('one of \\\\ \\" \\n in a name', 'bad_escape', at - 1);
  }
  return name;
};

/** A quoted text with its escapes undone; an unknown escape stays as it is. `ofLabel` names what a value belongs to. */
const readQuoted = (cursor: Cursor, newlines: boolean, ofLabel?: string): string | undefined => {
  const { bytes } = cursor;
  if (bytes[cursor.at] !== quote) return cursor.miss('a value in double quotes');
  const start = cursor.at + 1;
  // A quote that is never closed must not be looked for to the end of the page.
  const length = Math.min(bytes.length, cursor.lineLimitAt + 1);
  let at = start;
  let wordHash = hashSeed;
  let seen = 0;
  for (; at < length; at += 1) {
    const byte = bytes[at]!;
    if (byte === quote) break;
    if (byte === newline && !newlines) break;
    wordHash = Math.imul(wordHash ^ byte, 0x01000193);
    if (byte >= 0x80) seen |= beyondAscii;
    else if (byte === backslash && at + 1 < length) {
      seen |= hasBackslash;
      at += 1;
      const escaped = bytes[at]!;
      if (escaped === newline && !newlines) break;
      if (escaped >= 0x80) seen |= beyondAscii;
      wordHash = Math.imul(wordHash ^ escaped, 0x01000193);
    }
  }
  if (at >= length && length < bytes.length) return cursor.failOverlong();
  if (bytes[at] !== quote) return cursor.fail('open_quote', 'expected a closing quote, found none', start - 1);
  const text = cursor.words.read(start, at, wordHash, seen);
  if (text === undefined) return cursor.fail('bad_utf8', 'the text in quotes is not valid UTF-8', start);
  const { labelValueBytes } = cursor.bounds;
  if (ofLabel !== undefined && at - start > labelValueBytes && Buffer.byteLength(text) > labelValueBytes) {
    return cursor.fail(
      'label_value_limit',
      `${Buffer.byteLength(text)} bytes in ${JSON.stringify(ofLabel.slice(0, 100))}, the limit is ${labelValueBytes}`,
      start,
    );
  }
  cursor.at = at + 1;
  return text;
};

const tooLong = (cursor: Cursor, what: string, from: number, limit: number, to: number = cursor.at): boolean => {
  if (to - from <= limit) return false;
  const code = what === 'metric name' ? 'metric_name_limit' : 'label_name_limit';
  cursor.fail(code, `a ${what} of ${to - from} bytes, the limit is ${limit}`, from);
  return true;
};
