import { limits } from '../limits.ts';

/** Looks this many slots far: made-up names that all fall on one slot cost no more than this. */
const probes = 8;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of UTF-8 bytes, undefined where they are not valid. A byte order mark stays what it is. */
export const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
};

const escapes = /\\[\\n"]/g;

/** Undoes `\\`, `\n` and `\"`; any other backslash stays (prometheus promparse.go, lvalReplacer). */
export const unescaped = (text: string): string => text.replace(escapes, pair => (pair === '\\n' ? '\n' : pair[1]!));

/** What the scan of a word saw: a byte beyond ASCII, a backslash. */
export const beyondAscii = 1;
export const hasBackslash = 2;

/** One step of FNV-1a: a word's hash is this over its bytes, from `hashSeed` on. */
export const hashSeed = 0x811c9dc5 | 0;

/**
 * Names and values of one page: a page says the same words over and over, so each becomes a string once, and the same
 * bytes give the very same string. What finds no slot is made anew.
 */
export class Words {
  readonly #bytes: Uint8Array;
  readonly #buffer: Buffer;
  readonly #slots: Int32Array;
  readonly #starts: number[] = [0];
  readonly #ends: number[] = [0];
  readonly #strings: string[] = [''];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    // A slot for each sixteen bytes of a small page: making many costs more than reading it.
    this.#slots = new Int32Array(Math.min(limits.wordSlots, 2 ** (28 - Math.clz32(bytes.length | 4_096))));
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The text of [from, to), escapes undone; undefined where it is not UTF-8. */
  read(from: number, to: number, wordHash: number, seen: number): string | undefined {
    const mask = this.#slots.length - 1;
    let slot = (wordHash ^ (wordHash >>> 15)) & mask;
    let free = -1;
    for (let probe = 0; probe < probes; probe += 1) {
      const word = this.#slots[slot]!;
      if (word === 0) {
        free = slot;
        break;
      }
      if (this.#same(word, from, to)) return this.#strings[word]!;
      slot = (slot + 1) & mask;
    }
    const raw = (seen & beyondAscii) === 0 ? this.#buffer.toString('latin1', from, to) : this.text(from, to);
    if (raw === undefined) return undefined;
    const text = (seen & hasBackslash) === 0 ? raw : unescaped(raw);
    if (free !== -1) {
      this.#slots[free] = this.#strings.length;
      this.#starts.push(from);
      this.#ends.push(to);
      this.#strings.push(text);
    }
    return text;
  }

  /** The text of [from, to) as it stands; undefined where it is not UTF-8. */
  text(from: number, to: number): string | undefined {
    const bytes = this.#bytes;
    for (let at = from; at < to; at += 1) if (bytes[at]! >= 0x80) return decodeUtf8(bytes.subarray(from, to));
    return this.#buffer.toString('latin1', from, to);
  }

  #same(word: number, from: number, to: number): boolean {
    const start = this.#starts[word]!;
    if (this.#ends[word]! - start !== to - from) return false;
    const bytes = this.#bytes;
    for (let at = from, other = start; at < to; at += 1, other += 1) if (bytes[at] !== bytes[other]) return false;
    return true;
  }
}
