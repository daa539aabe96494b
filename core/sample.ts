/** A value at a time. Times are milliseconds since 1970 in UTC. */
export type Sample = { readonly timestampMs: number; readonly value: number; readonly stale: boolean };

/** Short columns share their memory: taking it for each alone takes ten times as long as filling it. */
const shortLength = 64;
const sharedBytes = 9 * 1_024;
let shared = new ArrayBuffer(0);
let sharedUsed = 0;

/** Nine bytes a slot, zeros, from a multiple of eight on. */
const roomFor = (length: number): { readonly buffer: ArrayBuffer; readonly at: number } => {
  const bytes = 9 * length;
  if (length > shortLength) return { buffer: new ArrayBuffer(bytes), at: 0 };
  if (sharedUsed + bytes > shared.byteLength) {
    shared = new ArrayBuffer(sharedBytes);
    sharedUsed = 0;
  }
  const at = sharedUsed;
  sharedUsed = (at + bytes + 7) & ~7;
  return { buffer: shared, at };
};

/**
 * The values of one series at a list of shared times. A slot may be absent.
 *
 * Values are kept as raw bits: the staleness marker is a NaN whose pattern does not survive being handled as a
 * JavaScript number, so it is set and asked for by its bits. Copy columns only as bytes (`set`, `slice`).
 */
export class Column {
  readonly values: Float64Array;
  readonly present: Uint8Array;
  readonly #words: Uint32Array;

  constructor(length: number, { buffer, at } = roomFor(length)) {
    this.values = new Float64Array(buffer, at, length);
    this.#words = new Uint32Array(buffer, at, 2 * length);
    this.present = new Uint8Array(buffer, at + 8 * length, length);
  }

  /** So many columns side by side in memory: making room for each by itself costs more than filling it. */
  static many(count: number, length: number): Column[] {
    // Values begin at multiples of their size.
    const each = Math.ceil((9 * length) / 8) * 8;
    const buffer = new ArrayBuffer(each * count);
    return Array.from({ length: count }, (_, index) => new Column(length, { buffer, at: index * each }));
  }

  get length(): number {
    return this.present.length;
  }

  /** An ordinary value; any NaN becomes the ordinary NaN 0x7ff8000000000001, as Prometheus writes it. */
  set(slot: number, value: number): void {
    if (Number.isNaN(value)) this.setBits(slot, nanHigh, nanLow);
    else {
      this.values[slot] = value;
      this.present[slot] = 1;
    }
  }

  setStale(slot: number): void {
    this.setBits(slot, staleHigh, staleLow);
  }

  /** The exact 64 bits, upper half first: the only way in for NaNs that must keep their payload. */
  setBits(slot: number, high: number, low: number): void {
    this.#words[2 * slot + 1] = high;
    this.#words[2 * slot] = low;
    this.present[slot] = 1;
  }

  has(slot: number): boolean {
    return this.present[slot] === 1;
  }

  isStale(slot: number): boolean {
    return this.has(slot) && this.high(slot) === staleHigh && this.low(slot) === staleLow;
  }

  /** Upper 32 bits, unsigned. */
  high(slot: number): number {
    return this.#words[2 * slot + 1]!;
  }

  /** Lower 32 bits, unsigned. */
  low(slot: number): number {
    return this.#words[2 * slot]!;
  }

  /**
   * Takes over another column's slot. Where both are present the larger bit pattern (unsigned) wins: a rule that does
   * not depend on order or grouping, so a merge of merges is the same as one merge. Tells whether the two differed.
   */
  join(slot: number, from: Column, fromSlot: number): boolean {
    if (!from.has(fromSlot)) return false;
    const high = from.high(fromSlot);
    const low = from.low(fromSlot);
    if (!this.has(slot)) {
      this.setBits(slot, high, low);
      return false;
    }
    const ownHigh = this.high(slot);
    const ownLow = this.low(slot);
    if (ownHigh === high && ownLow === low) return false;
    if (high > ownHigh || (high === ownHigh && low > ownLow)) this.setBits(slot, high, low);
    return true;
  }
}

/** prometheus/prometheus model/value/value.go: StaleNaN 0x7ff0000000000002, NormalNaN 0x7ff8000000000001. */
const staleHigh = 0x7ff00000;
const staleLow = 0x00000002;
const nanHigh = 0x7ff80000;
const nanLow = 0x00000001;
