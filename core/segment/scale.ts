import type { Column } from '../sample.ts';

/**
 * How a column's values become whole numbers. `exponent` 0–15: wholes of 10^-exponent; `shift`: multiples of 2^shift
 * (only at exponent 0); `ulps`: the decimal is only near, and how far off the double is, is written beside it: sums of
 * decimals gather such rounding. `rawExponent`: no whole numbers, the bits themselves.
 */
export type Scale = { readonly exponent: number; readonly shift: number; readonly ulps: boolean };

export const largestExponent = 15;
export const rawExponent = 31;
const largestShift = 31;

/** Differences of whole numbers below this are exact. */
export const largestWhole = 2 ** 51;

/** Farther off than this a decimal is no help. */
const mostUlps = 2 ** 20;

const powers: readonly number[] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/** Scales in one number, equal where the scales are; -1 is none. */
export const codeOf = ({ exponent, shift, ulps }: Scale): number => exponent | (shift << 5) | (ulps ? 1_024 : 0);
export const scaleOf = (code: number): Scale => ({
  exponent: code & 31,
  shift: (code >> 5) & 31,
  ulps: (code & 1_024) !== 0,
});
export const noScale = -1;

/** Powers of two by their exponent: working one out takes as long as all else there is to a value. */
const twos = Float64Array.from({ length: 64 }, (_, shift) => 2 ** shift);

const shared = new Float64Array(1);
const words = new Uint32Array(shared.buffer);

/** How many doubles lie between two of like sign and size. */
const ulpsBetween = (value: number, from: number): number => {
  shared[0] = value;
  const [low, high] = [words[0]!, words[1]!];
  shared[0] = from;
  return (high - words[1]!) * 2 ** 32 + (low - words[0]!);
};

/** The whole number of a value, NaN where it has none. */
export const wholeOf = (value: number, { exponent, shift, ulps }: Scale): number => {
  if (exponent === rawExponent) return Number.NaN;
  const power = powers[exponent]!;
  if (ulps) {
    const whole = Math.round(value * power);
    if (!(Math.abs(whole) < largestWhole * 2) || Object.is(whole, -0)) return Number.NaN;
    return Math.abs(ulpsBetween(value, whole / power)) <= mostUlps ? whole : Number.NaN;
  }
  return exactWholeOf(value, power, twos[shift]!);
};

const exactWholeOf = (value: number, power: number, unit: number): number => {
  const whole = Math.round((value * power) / unit);
  // Zero below zero has a sign of its own, which no whole number keeps.
  return Math.abs(whole) < largestWhole && !Object.is(whole, -0) && (whole * unit) / power === value
    ? whole
    : Number.NaN;
};

/** What is left between a value and its whole number; 0 where the scale is exact. */
export const ulpsOf = (value: number, whole: number, { exponent, ulps }: Scale): number =>
  ulps ? ulpsBetween(value, whole / powers[exponent]!) : 0;

export const doubleOf = (whole: number, ulpsOff: number, { exponent, shift, ulps }: Scale): number => {
  if (!ulps) return (whole * twos[shift]!) / powers[exponent]!;
  shared[0] = whole / powers[exponent]!;
  const low = words[0]! + ulpsOff;
  const carry = Math.floor(low / 2 ** 32);
  words[0] = low - carry * 2 ** 32;
  words[1] = words[1]! + carry;
  return shared[0]!;
};

/** What one whole number of `from` is in `to`, where both are decimal; else NaN. */
export const ratioOf = (from: Scale, to: Scale): number =>
  from.exponent === rawExponent || to.exponent === rawExponent
    ? Number.NaN
    : (2 ** from.shift / powers[from.exponent]! / 2 ** to.shift) * powers[to.exponent]!;

const raw: Scale = { exponent: rawExponent, shift: 0, ulps: false };

/**
 * The scale to write a column in. The one it had before stays while every value fits it. Values that fit no scale are
 * written as bits one by one, so that a staleness marker does not spoil the column for the others.
 */
export const chooseScale = (column: Column, before: Scale | undefined): Scale => {
  if (before !== undefined && before.exponent !== rawExponent && !before.ulps && everyFits(column, before))
    return before;
  const exact = exactScale(column);
  // More digits than a person writes are rounding: see whether fewer, and a few ulps beside them, say the same.
  if (exact !== undefined && exact.exponent <= 9) return exact;
  const near = nearScale(column);
  if (exact !== undefined && !near.ulps) return exact;
  return before?.ulps && near.ulps && before.exponent >= near.exponent ? before : near;
};

const everyFits = (column: Column, scale: Scale): boolean => {
  for (let slot = 0; slot < column.length; slot += 1)
    if (column.has(slot) && Number.isNaN(wholeOf(column.value(slot), scale))) return false;
  return true;
};

/** The fewest digits, and at none the largest power of two, that all values that have any share. */
const exactScale = (column: Column): Scale | undefined => {
  let exponent = 0;
  let shift = largestShift;
  let fitting = 0;
  for (let slot = 0; slot < column.length; slot += 1) {
    if (!column.has(slot)) continue;
    const value = column.value(slot);
    let own = 0;
    while (own <= largestExponent && Number.isNaN(exactWholeOf(value, powers[own]!, 1))) own += 1;
    if (own > largestExponent) {
      // Infinities, NaNs and -0 have no digits in any scale; other values want a scale of their own.
      if (Number.isFinite(value) && value !== 0) return undefined;
      continue;
    }
    fitting += 1;
    exponent = Math.max(exponent, own);
    if (own === 0) shift = Math.min(shift, evenIn(value));
  }
  if (fitting === 0) return undefined;
  const scale = { exponent, shift: exponent > 0 || shift === largestShift ? 0 : shift, ulps: false };
  return exponent === 0 || fittingIn(column, scale) === fitting ? scale : undefined;
};

/** How often two goes into a whole number, at most largestShift. */
const evenIn = (whole: number): number => {
  const low = whole | 0;
  return low === 0 ? largestShift : 31 - Math.clz32(low & -low);
};

const fittingIn = (column: Column, scale: Scale): number => {
  let fitting = 0;
  for (let slot = 0; slot < column.length; slot += 1)
    if (column.has(slot) && !Number.isNaN(wholeOf(column.value(slot), scale))) fitting += 1;
  return fitting;
};

const bitsOfDigit = Math.log2(10);
/** Ulps have no history to be guessed by, so each of their bits counts a little more. */
const ulpWeight = 1.2;
const bitsOfRaw = 70;

/** Digits and ulps weighed against each other. */
const nearScale = (column: Column): Scale => {
  let best = raw;
  let bestBits = bitsOfRaw;
  for (let exponent = 0; exponent <= largestExponent; exponent += 1) {
    const scale = { exponent, shift: 0, ulps: true };
    let most = 0;
    let present = 0;
    let unfit = 0;
    for (let slot = 0; slot < column.length; slot += 1) {
      if (!column.has(slot)) continue;
      present += 1;
      const value = column.value(slot);
      const whole = wholeOf(value, scale);
      if (Number.isNaN(whole)) unfit += 1;
      else most = Math.max(most, Math.abs(ulpsOf(value, whole, scale)));
    }
    const bits = bitsOfDigit * exponent + ulpWeight * Math.log2(1 + most) + (unfit / Math.max(1, present)) * 64;
    if (bits < bestBits) {
      best = { exponent, shift: 0, ulps: most > 0 };
      bestBits = bits;
    }
  }
  return best;
};
