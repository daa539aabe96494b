import type { BitCoder } from './range-coder.ts';

// How likely the next bit is, learned from the bits before under three contexts at once, their opinions mixed by weights
// that are learned too (after M. Mahoney's lpaq1). Whole numbers only: reader and writer must agree to the last bit.

/** ln(p / (1 - p)) scaled by 256 into ±2047, for p of 4096; and its inverse, interpolated between 33 points. */
const squashPoints = [
  1, 2, 3, 6, 10, 16, 27, 45, 73, 120, 194, 310, 488, 747, 1101, 1546, 2047, 2549, 2994, 3348, 3607, 3785, 3901, 3975,
  4022, 4050, 4068, 4079, 4085, 4089, 4092, 4093, 4094,
];
const squashTable = Int16Array.from({ length: 4_096 }, (_, at) => {
  const weight = at & 127;
  const place = at >> 7;
  return (squashPoints[place]! * (128 - weight) + squashPoints[place + 1]! * weight + 64) >> 7;
});
const squash = (logit: number): number => (logit > 2_047 ? 4_095 : logit < -2_047 ? 1 : squashTable[logit + 2_048]!);
const stretchTable = new Int16Array(4_096);
for (let logit = -2_047, next = 0; logit <= 2_047; logit += 1) {
  const reached = squash(logit);
  for (; next <= reached; next += 1) stretchTable[next] = logit;
  if (logit === 2_047) stretchTable.fill(2_047, next);
}

/** A chance moves by 1/(n + 1.5) of what it was wrong by, n being how often it was asked, at most this often. */
const mostSeen = 60;
const rates = Int32Array.from({ length: mostSeen + 1 }, (_, seen) => Math.floor(32_768 / (seen + 1.5)));

/** How fast weights follow, as a shift. */
const weightRate = 7;
const evenWeight = 22_000;

/** A chance nobody asked yet. */
const untold = 0x8000 << 8;

/** What was learned up to some point: the chances that were asked, and all weights. */
export type Learned = {
  readonly slots: Uint16Array;
  readonly chances: Int32Array;
  readonly weights: Int32Array;
};

/**
 * What is being learned. The tables are large and most segments ask little of them, so one serves for all, one after the
 * other: it knows which chances were asked, and forgets and hands over only these.
 */
export class Mixing {
  /** Upper 16 bits: the chance of a one; lower 8: how often it was asked. */
  readonly #chances: Int32Array;
  readonly #weights: Int32Array;
  /** The slots that were asked, in order. */
  readonly #asked: Uint16Array;
  #askedCount = 0;

  /** At most 65,536 slots. */
  constructor(slots: number, mixes: number) {
    this.#chances = new Int32Array(slots).fill(untold);
    this.#weights = new Int32Array(mixes * 3).fill(evenWeight);
    this.#asked = new Uint16Array(slots);
  }

  /** Forgets everything, and goes on from what was learned elsewhere. */
  begin(from?: Learned): void {
    for (let at = 0; at < this.#askedCount; at += 1) this.#chances[this.#asked[at]!] = untold;
    this.#askedCount = 0;
    if (from === undefined) {
      this.#weights.fill(evenWeight);
      return;
    }
    this.#weights.set(from.weights);
    this.#asked.set(from.slots);
    this.#askedCount = from.slots.length;
    for (let at = 0; at < from.slots.length; at += 1) this.#chances[from.slots[at]!] = from.chances[at]!;
  }

  learned(): Learned {
    const slots = this.#asked.slice(0, this.#askedCount);
    const chances = new Int32Array(slots.length);
    for (let at = 0; at < slots.length; at += 1) chances[at] = this.#chances[slots[at]!]!;
    return { slots, chances, weights: this.#weights.slice() };
  }

  /** One bit under three contexts, each a slot of its own; `mix` chooses the weights. */
  bit(coder: BitCoder, a: number, b: number, c: number, mix: number, bit: number): number {
    const chances = this.#chances;
    const weights = this.#weights;
    const [chanceA, chanceB, chanceC] = [chances[a]!, chances[b]!, chances[c]!];
    const logitA = stretchTable[chanceA >>> 12]!;
    const logitB = stretchTable[chanceB >>> 12]!;
    const logitC = stretchTable[chanceC >>> 12]!;
    const at = mix * 3;
    const logit =
      (Math.imul(logitA, weights[at]!) + Math.imul(logitB, weights[at + 1]!) + Math.imul(logitC, weights[at + 2]!)) >>
      16;
    const guess = squash(logit);
    const coded = coder.code(guess, bit);
    const wrong = Math.imul((coded << 12) - guess, weightRate);
    weights[at] = weights[at]! + ((Math.imul(logitA, wrong) + 0x1000) >> 13);
    weights[at + 1] = weights[at + 1]! + ((Math.imul(logitB, wrong) + 0x1000) >> 13);
    weights[at + 2] = weights[at + 2]! + ((Math.imul(logitC, wrong) + 0x1000) >> 13);
    if (chanceA === untold) this.#asked[this.#askedCount++] = a;
    chances[a] = moved(chanceA, coded);
    if (b !== a) {
      if (chanceB === untold) this.#asked[this.#askedCount++] = b;
      chances[b] = moved(chanceB, coded);
    }
    if (c !== a && c !== b) {
      if (chanceC === untold) this.#asked[this.#askedCount++] = c;
      chances[c] = moved(chanceC, coded);
    }
    return coded;
  }
}

const moved = (state: number, bit: number): number => {
  const seen = state & 0xff;
  const chance = state >>> 8;
  const target = bit === 1 ? 0xffff : 0;
  const next = chance + (Math.imul(target - chance, rates[seen]!) >> 15);
  return (next << 8) | (seen < mostSeen ? seen + 1 : seen);
};
