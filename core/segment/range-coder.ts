import { Corrupt } from './bytes.ts';

// A binary arithmetic coder without carries (after M. Mahoney's lpaq1): both ends narrow the same range by the same
// probabilities. Everything is whole numbers below 2^31, so that every machine computes the same.

/** Bits of a probability: 1 … 4095 of 4096. */
const probabilityBits = 12;

const top = 0x7fffffff;
const topByteShift = 23;
const topByte = 0x7f800000;

/** Either direction: `code` takes the bit to write and answers it, or (reading) answers the bit that was written. */
export type BitCoder = {
  /** `probability` of a one, of 4096. */
  code(probability: number, bit: number): number;
  /** Bits of an even chance, the highest first, at most 30. */
  plain(value: number, bits: number): number;
};

export class BitWriter implements BitCoder {
  #bytes: Uint8Array = Buffer.allocUnsafe(1_024);
  #length = 0;
  #low = 0;
  #high = top;

  code(probability: number, bit: number): number {
    const range = this.#high - this.#low;
    const middle =
      this.#low +
      Math.imul(range >>> probabilityBits, probability) +
      (Math.imul(range & 0xfff, probability) >>> probabilityBits);
    if (bit === 1) this.#high = middle;
    else this.#low = middle + 1;
    while (((this.#low ^ this.#high) & topByte) === 0) this.#shift();
    return bit;
  }

  plain(value: number, bits: number): number {
    for (let at = bits - 1; at >= 0; at -= 1) this.code(2_048, (value >>> at) & 1);
    return value;
  }

  /** The bytes; a reader takes whatever follows them for zeros. */
  done(): Uint8Array {
    // The fewest bytes that name a number inside the range.
    for (let bytes = 0; bytes <= 4; bytes += 1) {
      const kept = bytes === 4 ? top : top & ~(2 ** Math.max(0, 31 - 8 * bytes) - 1);
      const value = (this.#low + (top & ~kept)) & kept;
      if (value < this.#low || value > this.#high) continue;
      this.#low = value;
      for (let each = 0; each < bytes; each += 1) this.#shift();
      break;
    }
    return new Uint8Array(this.#bytes.subarray(0, this.#length));
  }

  #shift(): void {
    if (this.#length === this.#bytes.length) {
      const grown = Buffer.allocUnsafe(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.#length++] = this.#low >>> topByteShift;
    this.#low = (this.#low << 8) & top;
    this.#high = ((this.#high << 8) & top) | 0xff;
  }
}

export class BitReader implements BitCoder {
  readonly #bytes: Uint8Array;
  #at = 0;
  #low = 0;
  #high = top;
  #value = 0;
  #spare = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    // 31 bits: three bytes and seven bits of the fourth.
    for (let each = 0; each < 3; each += 1) this.#value = (this.#value << 8) | this.#next();
    const fourth = this.#next();
    this.#value = (this.#value << 7) | (fourth >>> 1);
    this.#spare = fourth & 1;
  }

  code(probability: number, _bit: number): number {
    const low = this.#low;
    const high = this.#high;
    const range = (high - low) | 0;
    const middle =
      (low +
        Math.imul(range >>> probabilityBits, probability) +
        (Math.imul(range & 0xfff, probability) >>> probabilityBits)) |
      0;
    if (this.#value <= middle) {
      this.#high = middle;
      if (((low ^ middle) & topByte) === 0) this.#shift();
      return 1;
    }
    this.#low = (middle + 1) | 0;
    if ((((middle + 1) ^ high) & topByte) === 0) this.#shift();
    return 0;
  }

  /**
   * As `code` with an even chance, but without a branch on the bit: values that nothing foretells are mostly such bits, and
   * no processor foretells them either.
   */
  plain(_value: number, bits: number): number {
    let coded = 0;
    for (let left = bits; left > 0; left -= 1) {
      const low = this.#low;
      const high = this.#high;
      const range = (high - low) | 0;
      const middle = (low + ((range >>> probabilityBits) << (probabilityBits - 1)) + ((range & 0xfff) >>> 1)) | 0;
      // All ones where the bit is one: the value is not beyond the middle.
      const one = ~((middle - this.#value) >> 31);
      const nextLow = (low & one) | ((middle + 1) & ~one);
      const nextHigh = (middle & one) | (high & ~one);
      this.#low = nextLow;
      this.#high = nextHigh;
      coded = (coded << 1) | (one & 1);
      if (((nextLow ^ nextHigh) & topByte) === 0) this.#shift();
    }
    return coded;
  }

  #shift(): void {
    let low = this.#low;
    let high = this.#high;
    do {
      low = (low << 8) & top;
      high = ((high << 8) & top) | 0xff;
      const next = this.#next();
      this.#value = ((this.#value << 8) & top) | (this.#spare << 7) | (next >>> 1);
      this.#spare = next & 1;
    } while (((low ^ high) & topByte) === 0);
    this.#low = low;
    this.#high = high;
  }

  /** Far behind the end nothing was written: such bytes are not ours. */
  #next(): number {
    if (this.#at > this.#bytes.length + 8) throw new Corrupt('the coded bits end early');
    const byte = this.#at < this.#bytes.length ? this.#bytes[this.#at]! : 0;
    this.#at += 1;
    return byte;
  }
}
