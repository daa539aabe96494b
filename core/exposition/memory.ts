import { limits } from '../limits.ts';

/** Slots looked at before a text counts as unknown: made-up texts that fall together cost no more than this. */
const probes = 16;

/**
 * Texts that were read before and what they were read as, so that their bytes need not become strings again.
 * A text's id is the order in which it came. It holds copies: pages may go.
 */
export class TextMemory<T> {
  /** What the texts mean, by id. */
  readonly meanings: T[] = [];
  #arena = new Uint8Array(4_096);
  #view = new DataView(this.#arena.buffer);
  #used = 0;
  /** Hash, start and length of each text, side by side: they are looked at together. */
  #texts: Int32Array = new Int32Array(3 * 64);
  #table = new Int32Array(128).fill(-1);
  #shift = 32 - 7;
  readonly #mostTextBytes: number;

  /** Takes texts of `mostTextBytes` together. */
  constructor(mostTextBytes: number = limits.pageMemoryBytes) {
    this.#mostTextBytes = mostTextBytes;
  }

  get count(): number {
    return this.meanings.length;
  }

  /** About: what a text means takes some four times as much as the text. */
  get bytes(): number {
    return this.#arena.length + 4 * this.#used + 4 * this.#texts.length + 4 * this.#table.length;
  }

  /** The id of the text in [from, to), -1 where it is not known. */
  find(page: DataView, from: number, to: number): number {
    const length = to - from;
    const hash = hashOf(page, from, length);
    const table = this.#table;
    const texts = this.#texts;
    const mask = table.length - 1;
    let slot = hash >>> this.#shift;
    for (let probe = 0; probe < probes; probe += 1) {
      const id = table[slot]!;
      if (id === -1) return -1;
      if (
        texts[3 * id] === hash &&
        texts[3 * id + 2] === length &&
        isSame(this.#view, texts[3 * id + 1]!, page, from, length)
      )
        return id;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  /** Remembers a text that is not known yet; -1 where it finds no slot or the memory is full, and then it is not kept. */
  add(page: DataView, from: number, to: number, meaning: T): number {
    const length = to - from;
    const id = this.count;
    if (this.#used + length > this.#mostTextBytes) return -1;
    if (id >= this.#table.length >> 1) this.#grow();
    const hash = hashOf(page, from, length);
    const slot = this.#free(hash);
    if (slot === -1) return -1;
    this.#table[slot] = id;
    this.#texts[3 * id] = hash;
    this.#texts[3 * id + 1] = this.#keep(page, from, length);
    this.#texts[3 * id + 2] = length;
    this.meanings.push(meaning);
    return id;
  }

  #free(hash: number): number {
    const mask = this.#table.length - 1;
    let slot = hash >>> this.#shift;
    for (let probe = 0; probe < probes; probe += 1) {
      if (this.#table[slot] === -1) return slot;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  #keep(page: DataView, from: number, length: number): number {
    const start = this.#used;
    this.#used += length;
    if (this.#used > this.#arena.length) {
      const wider = new Uint8Array(2 * this.#used);
      wider.set(this.#arena);
      this.#arena = wider;
      this.#view = new DataView(wider.buffer);
    }
    this.#arena.set(new Uint8Array(page.buffer, page.byteOffset + from, length), start);
    return start;
  }

  #grow(): void {
    this.#texts = widened(this.#texts, 2 * this.#texts.length);
    this.#table = new Int32Array(2 * this.#table.length).fill(-1);
    this.#shift -= 1;
    for (let id = 0; id < this.count; id += 1) {
      const slot = this.#free(this.#texts[3 * id]!);
      // One that finds no slot any more is only read anew each time.
      if (slot !== -1) this.#table[slot] = id;
    }
  }
}

/** The same numbers with room for `length`; the very array where it has that. */
export const widened = (kept: Int32Array, length: number): Int32Array => {
  if (kept.length >= length) return kept;
  const wider = new Int32Array(length);
  wider.set(kept);
  return wider;
};

/** Two lanes of multiplication, the upper bits are the good ones. */
const hashOf = (page: DataView, from: number, length: number): number => {
  let even = length;
  let odd = 0;
  let at = from;
  const end = from + length;
  for (const wide = end - 8; at <= wide; at += 8) {
    even = Math.imul(even ^ page.getInt32(at, true), 0x9e3779b1);
    odd = Math.imul(odd ^ page.getInt32(at + 4, true), 0x85ebca77);
    even ^= even >>> 15;
  }
  if (length >= 8) {
    // The last eight once more, where they are not a whole step.
    even = Math.imul(even ^ page.getInt32(end - 8, true), 0x9e3779b1);
    odd = Math.imul(odd ^ page.getInt32(end - 4, true), 0x85ebca77);
  } else for (; at < end; at += 1) odd = Math.imul(odd ^ page.getUint8(at), 0x01000193);
  const hash = Math.imul(even ^ (even >>> 16), 0xc2b2ae3d) ^ odd;
  return Math.imul(hash ^ (hash >>> 15), 0x27d4eb2f);
};

const isSame = (left: DataView, a: number, right: DataView, b: number, length: number): boolean => {
  let at = 0;
  for (const wide = length - 16; at <= wide; at += 16) {
    const differs =
      (left.getInt32(a + at, true) ^ right.getInt32(b + at, true)) |
      (left.getInt32(a + at + 4, true) ^ right.getInt32(b + at + 4, true)) |
      (left.getInt32(a + at + 8, true) ^ right.getInt32(b + at + 8, true)) |
      (left.getInt32(a + at + 12, true) ^ right.getInt32(b + at + 12, true));
    if (differs !== 0) return false;
  }
  for (const four = length - 4; at <= four; at += 4)
    if (left.getInt32(a + at, true) !== right.getInt32(b + at, true)) return false;
  for (; at < length; at += 1) if (left.getUint8(a + at) !== right.getUint8(b + at)) return false;
  return true;
};
