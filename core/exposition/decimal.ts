import { blank, dot, minus, plus, zero } from './bytes.ts';

/** Powers of ten that a double holds exactly: up to 10^22. */
const powersOfTen = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Where `scanDecimal` leaves its number: a value of its own would cost an allocation each. */
export const scanned = new Float64Array(1);

/** 2^27 + 1 cuts a double into two halves whose products are exact (Dekker). */
const splitter = 134_217_729;

/** What a * b loses when it is rounded to `product`. */
const lost = (a: number, b: number, product: number): number => {
  const wideA = splitter * a;
  const highA = wideA - (wideA - a);
  const lowA = a - highA;
  const wideB = splitter * b;
  const highB = wideB - (wideB - b);
  const lowB = b - highB;
  return highA * highB - product + highA * lowB + lowA * highB + lowA * lowB;
};

/**
 * (high * 10^lowDigits + low) * 10^scale correctly rounded, for up to 19 digits and |scale| up to 22; NaN where it lies
 * too near the middle of two doubles to say. Computed in pairs of doubles, good for some 104 bits: where moving the
 * result by 2^-98 of itself changes nothing, it is the right one.
 */
const rounded = (high: number, low: number, lowDigits: number, scale: number): number => {
  const shift = powersOfTen[lowDigits]!;
  const product = high * shift;
  const sum = product + low;
  const head = sum;
  const tail = lost(high, shift, product) + (low - (sum - product));
  const factor = powersOfTen[scale < 0 ? -scale : scale]!;
  let first: number;
  let rest: number;
  if (scale < 0) {
    first = head / factor;
    const back = first * factor;
    rest = (head - back - lost(first, factor, back) + tail) / factor;
  } else {
    first = head * factor;
    rest = lost(head, factor, first) + tail * factor;
  }
  const doubt = first * 2 ** -98;
  const below = first + (rest - doubt);
  return below === first + (rest + doubt) ? below : Number.NaN;
};

/**
 * Reads digits, one dot, an exponent from `at` on as far as they go and answers where they end, leaving the number, in
 * the doubles' own rounding, in `scanned`. -1 where there is no such number or it takes longer thought: words, more than
 * 19 digits, far exponents. Then nothing is said about whether the text is a number.
 */
export const scanDecimal = (bytes: Uint8Array, from: number, end: number): number => {
  let at = from;
  let byte = at < end ? bytes[at]! : 0;
  const negative = byte === minus;
  if (negative || byte === plus) {
    at += 1;
    byte = at < end ? bytes[at]! : 0;
  }
  const digitsAt = at;
  // Nine digits at most: whole numbers of 32 bits are the fastest there are.
  let small = 0;
  const smallEnd = at + 9 < end ? at + 9 : end;
  while (at < smallEnd) {
    const digit = bytes[at]! - zero;
    if (digit >>> 0 > 9) break;
    small = (small * 10 + digit) | 0;
    at += 1;
  }
  // Whole numbers of up to nine digits are what most values are.
  if (at < end && bytes[at]! <= blank && at > digitsAt) {
    scanned[0] = negative ? -small : small;
    return at;
  }
  // Leading noughts are no digits: they need no room.
  let digits = small === 0 ? 0 : at - digitsAt;
  let high = small;
  let low = 0;
  let lowDigits = 0;
  let scale = 0;
  let dots = 0;
  for (; at < end; at += 1) {
    byte = bytes[at]!;
    const digit = byte - zero;
    if (digit >>> 0 > 9) {
      if (byte !== dot || dots === 1) break;
      dots = 1;
      continue;
    }
    scale -= dots;
    if (digits < 15) high = high * 10 + digit;
    else if (digits < 19) {
      low = low * 10 + digit;
      lowDigits += 1;
    } else return -1;
    if (high > 0) digits += 1;
  }
  if (at - digitsAt <= dots) return -1;
  if (at < end && (byte | 0x20) === 0x65) {
    at += 1;
    byte = at < end ? bytes[at]! : 0;
    const down = byte === minus;
    if (down || byte === plus) at += 1;
    const exponentAt = at;
    let exponent = 0;
    for (; at < end; at += 1) {
      const digit = bytes[at]! - zero;
      if (digit >>> 0 > 9) break;
      exponent = exponent * 10 + digit;
      if (exponent > 400) return -1;
    }
    if (at === exponentAt) return -1;
    scale += down ? -exponent : exponent;
  }
  if (scale < -22 || scale > 22) return -1;
  let value: number;
  if (lowDigits > 0) {
    value = rounded(high, low, lowDigits, scale);
    if (Number.isNaN(value)) return -1;
  } else value = scale < 0 ? high / powersOfTen[-scale]! : high * powersOfTen[scale]!;
  scanned[0] = negative ? -value : value;
  return at;
};
