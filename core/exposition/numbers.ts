import { dot, minus, nine, plus, zero } from './bytes.ts';
import { scanDecimal, scanned } from './decimal.ts';

const textOf = (bytes: Uint8Array, from: number, to: number): string => {
  let text = '';
  for (let at = from; at < to; at += 1) text += String.fromCharCode(bytes[at]!);
  return text;
};

/** The words a number may be instead of digits, as strconv.ParseFloat takes them: NaN has no sign. */
const words: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ...['inf', 'infinity'].flatMap((word): [string, number][] => [
    [word, Number.POSITIVE_INFINITY],
    [`+${word}`, Number.POSITIVE_INFINITY],
    [`-${word}`, Number.NEGATIVE_INFINITY],
  ]),
]);

/** The longest of these words is nine bytes. */
const readWord = (bytes: Uint8Array, from: number, to: number): number | undefined =>
  to - from > 9 ? undefined : words.get(textOf(bytes, from, to).toLowerCase());

/** Digits, a dot, an exponent: Go's strconv.ParseFloat without hexadecimal and underscores, as in text 0.0.4. */
const isDecimal = (bytes: Uint8Array, from: number, to: number): boolean => {
  let at = from;
  if (bytes[at] === minus || bytes[at] === plus) at += 1;
  const wholeAt = at;
  while (at < to && isDigit(bytes[at]!)) at += 1;
  let digits = at - wholeAt;
  if (at < to && bytes[at] === dot) {
    const partAt = at + 1;
    for (at = partAt; at < to && isDigit(bytes[at]!); ) at += 1;
    digits += at - partAt;
  }
  if (digits === 0) return false;
  if (at === to) return true;
  if ((bytes[at]! | 0x20) !== 0x65) return false;
  at += 1;
  if (at < to && (bytes[at] === minus || bytes[at] === plus)) at += 1;
  if (at === to) return false;
  while (at < to && isDigit(bytes[at]!)) at += 1;
  return at === to;
};

const isDigit = (byte: number): boolean => byte >= zero && byte <= nine;

/** The number that [from, to) spells, correctly rounded; undefined where it spells none or one beyond the doubles. */
export const readFloat = (bytes: Uint8Array, from: number, to: number): number | undefined => {
  if (scanDecimal(bytes, from, to) === to) return scanned[0]!;
  if (!isDecimal(bytes, from, to)) return readWord(bytes, from, to);
  const value = Number(textOf(bytes, from, to));
  return Number.isFinite(value) ? value : undefined;
};

const int64Max = 9_223_372_036_854_775_807n;

/** The whole number in [from, to), inside 64 bits, as strconv.ParseInt takes it; undefined where it is none. Beyond 2^53 it is a bigint, to the last digit. */
export const readInteger = (bytes: Uint8Array, from: number, to: number): number | bigint | undefined => {
  const negative = bytes[from] === minus;
  const first = negative || bytes[from] === plus ? from + 1 : from;
  if (first >= to) return undefined;
  let value = 0;
  for (let at = first; at < to; at += 1) {
    const byte = bytes[at]!;
    if (byte < zero || byte > nine) return undefined;
    value = value * 10 + byte - zero;
  }
  if (value > Number.MAX_SAFE_INTEGER) {
    if (value > 1e19) return undefined;
    const exact = BigInt(textOf(bytes, first, to));
    if (exact > (negative ? int64Max + 1n : int64Max)) return undefined;
    return negative ? -exact : exact;
  }
  // Never the negative nought: a time is compared and printed.
  return negative && value !== 0 ? -value : value;
};
