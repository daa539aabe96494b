import type { LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import {
  backslash,
  blank,
  braceClose,
  braceOpen,
  hash,
  isBlank,
  kindOf,
  namePart,
  nameStart,
  newline,
  quote,
  tab,
} from './bytes.ts';
import type { Cursor } from './cursor.ts';
import { scanDecimal, scanned } from './decimal.ts';
import type { Dialect, ReadSeries } from './dialect.ts';
import { newlineAt } from './lines.ts';
import { TextMemory, widened } from './memory.ts';
import type { Metadata } from './metadata.ts';
import { readFloat } from './numbers.ts';
import type { Page } from './page.ts';

/** What `readLine` made of a line. */
const unknownLine = 0;
export const sampleLine = 1;
export const metadataLine = 2;

/**
 * The series and comments of a target's pages by their bytes. A text that was once read as a whole series is read the
 * same wherever it stands: its end is told by itself, by its closing brace or by the blank after its name.
 */
export class KnownLines {
  readonly #dialect: Dialect;
  readonly #series: TextMemory<LabelSet>;
  readonly #comments: TextMemory<Metadata>;
  /** Where on the last page each series stood. */
  #places: Int32Array = new Int32Array(64);
  /** Whether samples have times: so had the last one that was read at length. */
  #timed = false;

  /** Remembers series of `mostTextBytes` together, and as much of comments; others are read anew each time. */
  constructor(dialect: Dialect, mostTextBytes?: number) {
    this.#dialect = dialect;
    this.#series = new TextMemory(mostTextBytes);
    this.#comments = new TextMemory(mostTextBytes);
  }

  /** Series that found no room. */
  refused = 0;

  get bytes(): number {
    return this.#series.bytes + this.#comments.bytes + 4 * this.#places.length;
  }

  /** Whether most of what is remembered is no longer on the page. */
  isStale({ count, metadata }: Page): boolean {
    const kept = this.#series.count + this.#comments.count;
    return kept > limits.pageMemorySlack * (count + metadata.length) + limits.pageMemoryTexts;
  }

  /**
   * Reads a line at the cursor that is a known comment, or a known series with a plain value and, where such were seen, a
   * time. Anything else is unknown, and the cursor stays.
   */
  readLine(cursor: Cursor): number {
    const { bytes, view } = cursor;
    const start = cursor.at;
    if (start >= bytes.length) return unknownLine;
    const first = bytes[start]!;
    if (first === hash) return this.#readComment(cursor);
    if ((kindOf[first]! & nameStart) === 0 && first !== braceOpen) return unknownLine;
    const lineEnd = newlineAt(view, start, bytes.length);
    if (lineEnd === bytes.length || lineEnd - start > cursor.bounds.lineBytes) return unknownLine;
    let valueEnd = lineEnd;
    let before = this.#lastBlank(bytes, start, lineEnd);
    if (before === -1) return unknownLine;
    let timestampMs = Number.NaN;
    if (this.#timed) {
      const stamp = this.#dialect.stampIn(bytes, before + 1, lineEnd);
      if (stamp === undefined) return unknownLine;
      timestampMs = stamp;
      valueEnd = before;
      before = this.#lastBlank(bytes, start, valueEnd);
      if (before === -1) return unknownLine;
    }
    let seriesEnd = before;
    if (this.#dialect.loose) while (seriesEnd > start && isBlank(bytes[seriesEnd - 1])) seriesEnd -= 1;
    if (seriesEnd <= start) return unknownLine;
    const id = this.#series.find(view, start, seriesEnd);
    if (id === -1) return unknownLine;
    if (scanDecimal(bytes, before + 1, valueEnd) === valueEnd) cursor.value = scanned[0]!;
    else {
      const value = readFloat(bytes, before + 1, valueEnd);
      if (value === undefined) return unknownLine;
      cursor.value = value;
    }
    cursor.labels = this.#series.meanings[id]!;
    cursor.id = id;
    cursor.valueAt = before + 1;
    cursor.timestampMs = timestampMs;
    cursor.extra = undefined;
    cursor.at = lineEnd + 1;
    return sampleLine;
  }

  /** The blank before the last word in [from, to), -1 where there is none or another control character in its place. */
  #lastBlank(bytes: Uint8Array, from: number, to: number): number {
    let at = to - 1;
    while (at > from && bytes[at]! > blank) at -= 1;
    const found = bytes[at];
    return at > from && (found === blank || (this.#dialect.loose && found === tab)) ? at : -1;
  }

  #readComment(cursor: Cursor): number {
    const { bytes, view, at } = cursor;
    const lineEnd = newlineAt(view, at, bytes.length);
    if (lineEnd === bytes.length) return unknownLine;
    const id = this.#comments.find(view, at, lineEnd);
    if (id === -1) return unknownLine;
    cursor.metadata = this.#comments.meanings[id];
    cursor.at = lineEnd + 1;
    return metadataLine;
  }

  /** The dialect's own reading of a series, which is asked only for texts that are not known; they are from then on. */
  readonly readSeries: ReadSeries = cursor => {
    const { view, at: start } = cursor;
    const end = seriesEndAt(cursor, this.#dialect.loose);
    const id = end === -1 ? -1 : this.#series.find(view, start, end);
    if (id !== -1) {
      cursor.labels = this.#series.meanings[id]!;
      cursor.id = id;
      cursor.seriesAt = start;
      cursor.seriesEnd = end;
      cursor.at = end;
      return true;
    }
    if (!this.#dialect.readSeries(cursor)) return false;
    cursor.id = this.#series.add(view, start, cursor.seriesEnd, cursor.labels);
    if (cursor.id === -1) this.refused += 1;
    return true;
  };

  /** Learns from an entry that was read at length and began at `start`. */
  learn(cursor: Cursor, outcome: 'sample' | 'metadata', start: number): void {
    if (outcome === 'sample') this.#timed = !Number.isNaN(cursor.timestampMs);
    else if (cursor.bytes[start] === hash && cursor.bytes[cursor.at - 1] === newline && cursor.metadata !== undefined)
      this.#comments.add(cursor.view, start, cursor.at - 1, cursor.metadata);
  }

  /** Notes where the series stand on this page. */
  place({ count, ids }: Page): void {
    if (this.#places.length < this.#series.count) this.#places = widened(this.#places, 2 * this.#series.count);
    for (let at = 0; at < count; at += 1) if (ids[at]! >= 0) this.#places[ids[at]!] = at;
  }

  /** Where the series stood on the page `before`, -1 where it did not. */
  placeOf(id: number, before: Page): number {
    if (id < 0 || id >= this.#places.length) return -1;
    const at = this.#places[id]!;
    return at < before.count && before.ids[at] === id ? at : -1;
  }
}

/** Where the series that begins here ends, if it is one; -1 where its braces do not close. */
const seriesEndAt = ({ bytes, at: start, lineLimitAt }: Cursor, loose: boolean): number => {
  const length = Math.min(bytes.length, lineLimitAt);
  let at = start;
  while (at < length && (kindOf[bytes[at]!]! & namePart) !== 0) at += 1;
  const nameEnd = at;
  if (loose) while (isBlank(bytes[at])) at += 1;
  if (bytes[at] !== braceOpen) return nameEnd > start ? nameEnd : -1;
  let quoted = false;
  for (at += 1; at < length; at += 1) {
    const byte = bytes[at]!;
    if (byte === quote) quoted = !quoted;
    else if (quoted && byte === backslash) at += 1;
    else if (byte === braceClose && !quoted) return at + 1;
  }
  return -1;
};
