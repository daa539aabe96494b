/** A value at a time. Times are milliseconds since 1970 in UTC. */
export type Sample = { readonly timestampMs: number; readonly value: number; readonly stale: boolean };

/** Where the values of columns lie, one after another: eight bytes a slot, and whether there is a value. */
type Room = { readonly values: Float64Array; readonly words: Uint32Array; readonly present: Uint8Array };

const roomOf = (slots: number): Room => {
  const values = new Float64Array(slots);
  return { values, words: new Uint32Array(values.buffer), present: new Uint8Array(slots) };
};

/** Short columns share their room: making one for each alone takes ten times as long as filling it. */
const shortLength = 64;
const sharedSlots = 1_024;
let shared = roomOf(0);
let sharedUsed = 0;

/** Nothing but absent slots. */
const roomFor = (length: number): { readonly room: Room; readonly at: number } => {
  if (length > shortLength) return { room: roomOf(length), at: 0 };
  if (sharedUsed + length > shared.values.length) {
    shared = roomOf(sharedSlots);
    sharedUsed = 0;
  }
  const at = sharedUsed;
  sharedUsed = at + length;
  return { room: shared, at };
};

/**
 * The values of one series at a list of shared times. A slot may be absent.
 *
 * Values are kept as raw bits: the staleness marker is a NaN whose pattern does not survive being handled as a
 * JavaScript number, so it is set and asked for by its bits. Copy columns only as bytes (`set`, `slice`).
 */
export class Column {
  readonly length: number;
  readonly #room: Room;
  readonly #at: number;
  #values: Float64Array | undefined;
  #present: Uint8Array | undefined;

  constructor(length: number, { room, at } = roomFor(length)) {
    this.length = length;
    this.#room = room;
    this.#at = at;
  }

  /** So many columns side by side in memory: making room for each by itself costs more than filling it. */
  static many(count: number, length: number): Column[] {
    const room = roomOf(count * length);
    return Array.from({ length: count }, (_, index) => new Column(length, { room, at: index * length }));
  }

  /** All values as a list, which costs more than a short column itself: see `value`. */
  get values(): Float64Array {
    this.#values ??= this.#room.values.subarray(this.#at, this.#at + this.length);
    return this.#values;
  }

  /** The same of whether there is one: see `has`. */
  get present(): Uint8Array {
    this.#present ??= this.#room.present.subarray(this.#at, this.#at + this.length);
    return this.#present;
  }

  /** How many slots have a value. */
  get count(): number {
    const { present } = this.#room;
    let count = 0;
    for (let at = this.#at, end = at + this.length; at < end; at += 1) count += present[at]!;
    return count;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  get isFull(): boolean {
    return this.count === this.length;
  }

  value(slot: number): number {
    return this.#room.values[this.#at + slot]!;
  }

  /** 1 or 0: whatever value is there stays. */
  setPresent(slot: number, present: number): void {
    this.#room.present[this.#at + slot] = present;
  }

  /** A value that is no NaN. */
  setNumber(slot: number, value: number): void {
    this.#room.values[this.#at + slot] = value;
    this.#room.present[this.#at + slot] = 1;
  }

  /** An ordinary value; any NaN becomes the ordinary NaN 0x7ff8000000000001, as Prometheus writes it. */
  set(slot: number, value: number): void {
    if (Number.isNaN(value)) this.setBits(slot, nanHigh, nanLow);
    else this.setNumber(slot, value);
  }

  setStale(slot: number): void {
    this.setBits(slot, staleHigh, staleLow);
  }

  /** The exact 64 bits, upper half first: the only way in for NaNs that must keep their payload. */
  setBits(slot: number, high: number, low: number): void {
    const { words, present } = this.#room;
    const at = this.#at + slot;
    words[2 * at + 1] = high;
    words[2 * at] = low;
    present[at] = 1;
  }

  has(slot: number): boolean {
    return this.#room.present[this.#at + slot] === 1;
  }

  isStale(slot: number): boolean {
    return this.has(slot) && this.high(slot) === staleHigh && this.low(slot) === staleLow;
  }

  /** Upper 32 bits, unsigned. */
  high(slot: number): number {
    return this.#room.words[2 * (this.#at + slot) + 1]!;
  }

  /** Lower 32 bits, unsigned. */
  low(slot: number): number {
    return this.#room.words[2 * (this.#at + slot)]!;
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
