import type { LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';

/** 53 bits of a hash of a label set (cyrb53 over UTF-16 code units): quick, and of a million series not one in a million meets another. */
export const hashOf = (labels: LabelSet, seed = 0): number => {
  let one = 0xdeadbeef ^ seed;
  let other = 0x41c6ce57 ^ seed;
  const mix = (unit: number): void => {
    one = Math.imul(one ^ unit, 0x9e3779b1);
    other = Math.imul(other ^ unit, 0x5f356495);
  };
  for (const [name, value] of labels) {
    for (let at = 0; at < name.length; at += 1) mix(name.charCodeAt(at));
    mix(0x1_0000);
    for (let at = 0; at < value.length; at += 1) mix(value.charCodeAt(at));
    mix(0x1_0001);
  }
  one = Math.imul(one ^ (one >>> 16), 0x85ebca6b) ^ Math.imul(other ^ (other >>> 13), 0xc2b2ae35);
  other = Math.imul(other ^ (other >>> 16), 0x85ebca6b) ^ Math.imul(one ^ (one >>> 13), 0xc2b2ae35);
  return (other >>> 11) * 2 ** 32 + (one >>> 0);
};

/**
 * Series that were seen within limits.activeSeriesMs, roughly: in two generations, each half as long, so that a series counts for
 * half to all of it after it was last seen.
 */
export class SeriesCount {
  #young = new Set<number>();
  #old = new Set<number>();
  #sinceMs: number | undefined;

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Takes in those of the hashes that fit under `most`. Answers how many new ones did not. */
  admit(hashes: Iterable<number>, most: number, nowMs: number): { readonly refused: ReadonlySet<number> } {
    this.#age(nowMs);
    const refused = new Set<number>();
    for (const hash of hashes) {
      if (this.#young.has(hash)) continue;
      if (this.#old.delete(hash) || this.size < most) this.#young.add(hash);
      else refused.add(hash);
    }
    return { refused };
  }

  /** How many of the hashes are not known. */
  newIn(hashes: Iterable<number>, nowMs: number): number {
    this.#age(nowMs);
    let count = 0;
    for (const hash of new Set(hashes)) if (!this.#young.has(hash) && !this.#old.has(hash)) count += 1;
    return count;
  }

  #age(nowMs: number): void {
    this.#sinceMs ??= nowMs;
    const generationMs = limits.activeSeriesMs / 2;
    const past = Math.floor((nowMs - this.#sinceMs) / generationMs);
    if (past < 1) return;
    this.#old = past === 1 ? this.#young : new Set();
    this.#young = new Set();
    this.#sinceMs += past * generationMs;
  }
}
