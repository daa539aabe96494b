import type { Column } from '../sample.ts';
import { Corrupt } from './bytes.ts';
import { type Learned, Mixing } from './mixing.ts';
import type { BitCoder } from './range-coder.ts';

// Whole numbers as bits that are easy to guess: how many binary digits, then the sign, then the digits. Each bit has three
// contexts, whose places in the tables are these.

const classes = 64;
const escapeClass = 63;
const largestClass = 53;
const contextsA = 96;
const contextsB = 256;
const contextsC = 128;
const prefixes = 8;
const guessedDigits = 3;

const placeA = 0;
const placeB = placeA + contextsA * classes;
const placeC = placeB + contextsB * classes;
const placeDigits = placeC + contextsC * classes;
const placeSigns = placeDigits + classes * prefixes;
const placeFlags = placeSigns + 3 * classes;
const flagContexts = 64;
const placeTrees = placeFlags + flagContexts * (2 + 16);
const places = placeTrees + 2 * 32;

/** Where the mixing weights of each kind of bit begin. */
const mixFlags = 0;
const mixTrees = 1;
const mixDigits = 2;
const mixes = 48;

const mixing = new Mixing(places, mixes);

/** The one there is, at its beginning: until the next call it is the caller's. */
export const mixingFrom = (learned?: Learned): Mixing => {
  mixing.begin(learned);
  return mixing;
};

/** How many binary digits a magnitude has. */
export const bitLength = (magnitude: number): number =>
  magnitude < 2 ** 31 ? 32 - Math.clz32(magnitude) : 64 - Math.clz32(magnitude / 2 ** 32);

/** Powers of two by their exponent: working one out takes longer than coding a bit. */
const powers = Float64Array.from({ length: 54 }, (_, at) => 2 ** at);

/** So many binary digits of a magnitude, at most 24, `left` being how many follow. */
const digitsAt = (magnitude: number, left: number, digits: number): number =>
  magnitude < 2 ** 31
    ? (magnitude >>> left) & ((1 << digits) - 1)
    : Math.floor(magnitude / powers[left]!) % powers[digits]!;

/** The contexts of a whole number: a below 96, b below 256, c below 128, sign below 16, mix a multiple of 8 below 48. */
export type Contexts = { a: number; b: number; c: number; sign: number; mix: number };

/**
 * Codes in either direction: what is given is written, or (reading) ignored; what is answered is what was written. One
 * text for both, so that they cannot drift apart.
 */
export class NumberCoder {
  readonly #coder: BitCoder;
  readonly #mixing: Mixing;
  /** The binary digits of the last whole number, 63 for an escape. */
  lastClass = 0;

  constructor(coder: BitCoder, mixing: Mixing) {
    this.#coder = coder;
    this.#mixing = mixing;
  }

  /** `context` below 64, `level` below 16. */
  flag(context: number, level: number, bit: number): number {
    const place = placeFlags + context;
    const both = placeFlags + flagContexts * 2 + context * 16 + level;
    return this.#mixing.bit(this.#coder, place, both, place, mixFlags, bit);
  }

  /** A number below 32; `context` below 2. */
  small(context: number, value: number): number {
    let node = 1;
    for (let at = 4; at >= 0; at -= 1) {
      const place = placeTrees + context * 32 + node;
      node = node * 2 + this.#mixing.bit(this.#coder, place, place, place, mixTrees, (value >>> at) & 1);
    }
    return node - 32;
  }

  /** The bits of one value as they are. */
  bits(column: Column, slot: number, writing: boolean): void {
    const high = writing ? column.high(slot) : 0;
    const low = writing ? column.low(slot) : 0;
    const upper = this.#coder.plain(high >>> 16, 16) * 65_536 + this.#coder.plain(high & 0xffff, 16);
    const lower = this.#coder.plain(low >>> 16, 16) * 65_536 + this.#coder.plain(low & 0xffff, 16);
    if (!writing) column.setBits(slot, upper, lower);
  }

  /** A whole number below 2^53 either side of 0; NaN is the escape: the value has none. */
  whole(value: number, { a, b, c, sign, mix }: Contexts): number {
    const mixing = this.#mixing;
    const coder = this.#coder;
    const isNone = Number.isNaN(value);
    const magnitude = isNone ? 0 : Math.abs(value);
    const own = isNone ? escapeClass : bitLength(magnitude);
    const slotA = placeA + a * classes;
    const slotB = placeB + b * classes;
    const slotC = placeC + c * classes;
    if (mixing.bit(coder, slotA, slotB, slotC, mix, own === 0 ? 0 : 1) === 0) {
      this.lastClass = 0;
      return 0;
    }
    let node = 1;
    for (let at = 5; at >= 0; at -= 1) {
      const bit = (own >>> at) & 1;
      node = node * 2 + mixing.bit(coder, slotA + node, slotB + node, slotC + node, mix + 1 + (at >> 1), bit);
    }
    const digits = node - classes;
    this.lastClass = digits;
    if (digits === escapeClass) return Number.NaN;
    if (digits === 0 || digits > largestClass) throw new Corrupt(`a number of ${digits} digits`);
    const near = Math.min(15, digits);
    const negative = mixing.bit(
      coder,
      placeSigns + sign,
      placeSigns + classes + digits,
      placeSigns + 2 * classes + (sign & 3) * 16 + near,
      mix + 4,
      value < 0 ? 1 : 0,
    );
    let coded = 1;
    let left = digits - 1;
    for (let prefix = 1; prefix < 1 << guessedDigits && left > 0; ) {
      left -= 1;
      const place = placeDigits + digits * prefixes + prefix;
      const bit = mixing.bit(coder, place, place, place, mixDigits, digitsAt(magnitude, left, 1));
      prefix = prefix * 2 + bit;
      coded = coded * 2 + bit;
    }
    while (left > 0) {
      const some = Math.min(left, 24);
      left -= some;
      coded = coded * powers[some]! + coder.plain(digitsAt(magnitude, left, some), some);
    }
    return negative === 1 ? -coded : coded;
  }
}
