import { dot, minus, nine, plus, zero } from './bytes.ts';

/** Powers of ten that a double holds exactly: up to 10^22. */
const powersOfTen = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

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

/**
 * The number that [from, to) spells, correctly rounded; undefined where it spells none or one beyond the doubles.
 *
 * The grammar is Go's strconv.ParseFloat without hexadecimal and underscores, as in text 0.0.4. Up to 15 digits and
 * powers of ten up to 22 are exact in doubles, so one multiplication rounds once; all else goes through Number.
 */
export const readFloat = (bytes: Uint8Array, from: number, to: number): number | undefined => {
  let at = from;
  const negative = bytes[at] === minus;
  if (negative || bytes[at] === plus) at += 1;
  let mantissa = 0;
  let significant = 0;
  let digits = 0;
  let scale = 0;
  for (; at < to; at += 1) {
    const digit = bytes[at]! - zero;
    if (digit < 0 || digit > 9) break;
    digits += 1;
    if (significant > 0 || digit > 0) significant += 1;
    mantissa = mantissa * 10 + digit;
  }
  if (at < to && bytes[at] === dot) {
    for (at += 1; at < to; at += 1) {
      const digit = bytes[at]! - zero;
      if (digit < 0 || digit > 9) break;
      digits += 1;
      if (significant > 0 || digit > 0) significant += 1;
      mantissa = mantissa * 10 + digit;
      scale -= 1;
    }
  }
  if (digits === 0) return readWord(bytes, from, to);
  if (at < to) {
    if ((bytes[at]! | 0x20) !== 0x65) return undefined;
    at += 1;
    const down = bytes[at] === minus;
    if (at < to && (down || bytes[at] === plus)) at += 1;
    if (at >= to) return undefined;
    let exponent = 0;
    for (; at < to; at += 1) {
      const byte = bytes[at]!;
      if (byte < zero || byte > nine) return undefined;
      // Beyond this every value is nought or out of range; the digits are still looked at.
      if (exponent < 100_000) exponent = exponent * 10 + byte - zero;
    }
    scale += down ? -exponent : exponent;
  }
  if (significant <= 15 && scale >= -22 && scale <= 22) {
    const value = scale < 0 ? mantissa / powersOfTen[-scale]! : mantissa * powersOfTen[scale]!;
    return negative ? -value : value;
  }
  const value = Number(textOf(bytes, from, to));
  return Number.isFinite(value) ? value : undefined;
};

const int64Max = 9_223_372_036_854_775_807n;

/** The whole number in [from, to), inside 64 bits; undefined where it is none. Beyond 2^53 it is the nearest double. */
export const readInteger = (bytes: Uint8Array, from: number, to: number): number | undefined => {
  const negative = bytes[from] === minus;
  const first = negative ? from + 1 : from;
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
    value = Number(exact);
  }
  // Never the negative nought: a time is compared and printed.
  return negative && value !== 0 ? -value : value;
};
