import type { Chance } from './chance.ts';

/** The 64 bits of a value, upper half first. */
export type Bits = readonly [high: number, low: number];

const floats = new Float64Array(1);
const words = new Uint32Array(floats.buffer);

export const bitsOfNumber = (value: number): Bits => {
  floats[0] = value;
  return [words[1]!, words[0]!];
};

export const numberOfBits = ([high, low]: Bits): number => {
  words[1] = high;
  words[0] = low;
  return floats[0]!;
};

/** Unsigned, as in Column.join: what wins where two say different things. */
export const isLarger = (a: Bits, b: Bits): boolean => a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);

export const areSame = (a: Bits, b: Bits): boolean => a[0] === b[0] && a[1] === b[1];

export const textOfBits = (bits: Bits): string =>
  `${bits[0].toString(16).padStart(8, '0')}${bits[1].toString(16).padStart(8, '0')}`;

export const staleBits: Bits = [0x7ff00000, 0x00000002];
/** What a door that reads text makes of NaN. */
export const nanBits: Bits = [0x7ff80000, 0x00000001];

const special: readonly Bits[] = [
  nanBits,
  bitsOfNumber(Number.POSITIVE_INFINITY),
  bitsOfNumber(Number.NEGATIVE_INFINITY),
  bitsOfNumber(-0),
  bitsOfNumber(0),
  bitsOfNumber(5e-324),
  bitsOfNumber(Number.MAX_VALUE),
  bitsOfNumber(2 ** 53),
  bitsOfNumber(0.1 + 0.2),
];

/** NaNs with something to say, quiet ones and signalling ones, and the staleness marker. */
const payloads: readonly Bits[] = [
  staleBits,
  staleBits,
  [0x7ff80000, 0xdeadbeef],
  [0xfff80000, 7],
  [0x7ff00000, 1],
  [0xfff12345, 0x6789abcd],
];

/** Values of one run, which no two samples share but for those that computers get wrong. */
export class Values {
  #counter: number;

  /** Two runs of values that begin far from each other have none in common. */
  constructor(first: number) {
    this.#counter = first;
  }

  next(chance: Chance, door: string): Bits {
    this.#counter += 1;
    if (chance.is(0.06)) return chance.pick(door === 'bits' ? [...special, ...payloads] : special);
    const shape = chance.next();
    if (shape < 0.4) return bitsOfNumber(this.#counter);
    if (shape < 0.7) return bitsOfNumber(this.#counter / 100);
    if (shape < 0.8) return bitsOfNumber(-this.#counter * 1e9);
    return bitsOfNumber((this.#counter + chance.next()) * 10 ** chance.between(-12, 12));
  }
}
