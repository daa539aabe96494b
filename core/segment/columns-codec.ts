import { Column } from '../sample.ts';
import { type ByteReader, type ByteWriter, Corrupt } from './bytes.ts';

/** The numbers of a block without its labels: what `Columns` holds, in the order of a schema kept elsewhere. */
export type Numbers = {
  readonly timestampsMs: readonly number[];
  readonly pages: ReadonlySet<number>;
  readonly columns: readonly Column[];
};

/** How a column's values are written. 0–15: whole numbers of 10^-n. */
const largestExponent = 15;
const rawBits = 0xff;

/** Whole numbers below this keep differences within the 52 bits that a zigzag varint carries. */
const largestMantissa = 2 ** 51;

const powers = Array.from({ length: largestExponent + 1 }, (_, exponent) => 10 ** exponent);

/**
 * Writes by kind rather than by series, because like stands beside like: times, which slots are pages, which columns are
 * full, which are constant, how each is written, then the values.
 */
export const writeNumbers = (writer: ByteWriter, { timestampsMs, pages, columns }: Numbers): void => {
  const { length } = timestampsMs;
  writer.varint(length);
  writer.varint(columns.length);
  writeTimes(writer, timestampsMs);
  writeBits(writer, length, slot => pages.has(slot));
  const full = columns.map(column => column.isFull);
  const constant = columns.map(isConstant);
  writeBits(writer, columns.length, index => full[index]!);
  writeBits(writer, columns.length, index => constant[index]!);
  for (const [index, column] of columns.entries())
    if (!full[index]) writeBits(writer, length, slot => column.has(slot));
  const exponents = columns.map(exponentOf);
  for (const exponent of exponents) writer.byte(exponent);
  for (const [index, column] of columns.entries()) writeValues(writer, column, exponents[index]!, constant[index]!);
};

/** The same bytes where every column has a value at every time: pages, as lists of values by the time. */
export const writeRows = (
  writer: ByteWriter,
  timestampsMs: readonly number[],
  pages: ReadonlySet<number>,
  rows: readonly Float64Array[],
): void => {
  const first = rows[0]!;
  const { length } = first;
  writer.varint(rows.length);
  writer.varint(length);
  writeTimes(writer, timestampsMs);
  writeBits(writer, rows.length, slot => pages.has(slot));
  for (let at = 0; at < length; at += 8) writer.byte(length - at >= 8 ? 0xff : 0xff >> (8 - (length - at)));
  const constant = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) constant[at] = rows.every(row => Object.is(row[at], first[at])) ? 1 : 0;
  writeBits(writer, length, at => constant[at] === 1);
  const exponents = new Uint8Array(length);
  for (let at = 0; at < length; at += 1)
    exponents[at] = constant[at] === 1 ? exponentFrom(first[at]!, 0) : exponentOfAll(rows, at);
  writer.bytes(exponents);
  for (let at = 0; at < length; at += 1) {
    const exponent = exponents[at]!;
    const slots = constant[at] === 1 ? 1 : rows.length;
    let before = 0;
    for (let slot = 0; slot < slots; slot += 1) {
      const value = rows[slot]![at]!;
      if (exponent === rawBits) {
        ordinary.set(0, value);
        writer.uint32(ordinary.low(0));
        writer.uint32(ordinary.high(0));
      } else {
        const mantissa = exponent === 0 ? value : Math.round(value * powers[exponent]!);
        writer.zigzag(mantissa - before);
        before = mantissa;
      }
    }
  }
};

/** Where a value takes the bits that it has when it is stored: of NaN there is one. */
const ordinary = new Column(1);

/** The least exponent from `exponent` on that makes a value whole; rawBits where none does. */
const exponentFrom = (value: number, exponent: number): number => {
  for (let at = exponent; at <= largestExponent; at += 1) if (isWhole(value, at)) return at;
  return rawBits;
};

/** The same of a series' values; see exponentOf. */
const exponentOfAll = (rows: readonly Float64Array[], at: number): number => {
  let exponent = 0;
  for (const row of rows) {
    exponent = exponentFrom(row[at]!, exponent);
    if (exponent === rawBits) return rawBits;
  }
  return rows.every(row => isWhole(row[at]!, exponent)) ? exponent : rawBits;
};

/** `cells` bounds slots × columns before they are allocated. */
export const readNumbers = (reader: ByteReader, mostCells: number): Numbers => {
  const length = reader.count(1);
  const count = reader.count(1);
  if (length * count > mostCells)
    throw new Corrupt(`${length} times of ${count} columns, the limit is ${mostCells} together`);
  const timestampsMs = readTimes(reader, length);
  const pages = new Set(timestampsMs.keys().filter(readBits(reader, length)));
  const isFull = readBits(reader, count);
  const isConstant = readBits(reader, count);
  const columns = Column.many(count, length);
  const all = [...timestampsMs.keys()];
  const slots = columns.map((_, index) => (isFull(index) ? all : all.filter(readBits(reader, length))));
  const exponents = columns.map(() => reader.byte());
  for (const [index, column] of columns.entries())
    readValues(reader, column, slots[index]!, exponents[index]!, isConstant(index));
  return { timestampsMs, pages, columns };
};

const writeTimes = (writer: ByteWriter, timestampsMs: readonly number[]): void => {
  let before = 0;
  let deltaBefore = 0;
  for (const timestampMs of timestampsMs) {
    const delta = timestampMs - before;
    writer.zigzag(delta - deltaBefore);
    // The first one is no distance: the second is measured from it, the third by how the distance changes.
    deltaBefore = before === 0 ? 0 : delta;
    before = timestampMs;
  }
};

const readTimes = (reader: ByteReader, length: number): number[] => {
  const timestampsMs: number[] = [];
  let before = 0;
  let deltaBefore = 0;
  for (let slot = 0; slot < length; slot += 1) {
    const delta = reader.zigzag() + deltaBefore;
    const timestampMs = before + delta;
    if (slot > 0 && timestampMs <= before) throw new Corrupt(`time ${slot} is not after the one before`);
    deltaBefore = before === 0 ? 0 : delta;
    before = timestampMs;
    timestampsMs.push(timestampMs);
  }
  return timestampsMs;
};

const writeBits = (writer: ByteWriter, length: number, bit: (index: number) => boolean): void => {
  for (let at = 0; at < length; at += 8) {
    let byte = 0;
    for (let index = at; index < Math.min(at + 8, length); index += 1) if (bit(index)) byte |= 1 << (index - at);
    writer.byte(byte);
  }
};

const readBits = (reader: ByteReader, length: number): ((index: number) => boolean) => {
  const bytes = reader.bytes(Math.ceil(length / 8));
  return index => (bytes[index >> 3]! & (1 << (index & 7))) !== 0;
};

const firstSlot = (column: Column): number => {
  for (let slot = 0; slot < column.length; slot += 1) if (column.has(slot)) return slot;
  return -1;
};

const isConstant = (column: Column): boolean => {
  const first = firstSlot(column);
  if (first === -1) return false;
  const [high, low] = [column.high(first), column.low(first)];
  for (let slot = first + 1; slot < column.length; slot += 1) {
    if (column.has(slot) && (column.high(slot) !== high || column.low(slot) !== low)) return false;
  }
  return true;
};

/** The least power of ten that makes all values whole and comes back to the very bits; rawBits where none does. */
const exponentOf = (column: Column): number => {
  let exponent = 0;
  for (let slot = 0; slot < column.length; slot += 1) {
    if (!column.has(slot)) continue;
    const value = column.value(slot);
    while (!isWhole(value, exponent)) {
      exponent += 1;
      if (exponent > largestExponent) return rawBits;
    }
  }
  // A later value may have raised the exponent above what an earlier one bears.
  for (let slot = 0; slot < column.length; slot += 1) {
    if (column.has(slot) && !isWhole(column.value(slot), exponent)) return rawBits;
  }
  return exponent;
};

const isWhole = (value: number, exponent: number): boolean => {
  const mantissa = Math.round(value * powers[exponent]!);
  // Zero below zero has a sign of its own, which no whole number keeps.
  return Math.abs(mantissa) < largestMantissa && !Object.is(mantissa, -0) && mantissa / powers[exponent]! === value;
};

const writeValues = (writer: ByteWriter, column: Column, exponent: number, constant: boolean): void => {
  let before = 0;
  for (let slot = 0; slot < column.length; slot += 1) {
    if (!column.has(slot)) continue;
    if (exponent === rawBits) {
      writer.uint32(column.low(slot));
      writer.uint32(column.high(slot));
    } else {
      const mantissa = Math.round(column.value(slot) * powers[exponent]!);
      writer.zigzag(mantissa - before);
      before = mantissa;
    }
    if (constant) return;
  }
};

const readValues = (
  reader: ByteReader,
  column: Column,
  slots: readonly number[],
  exponent: number,
  constant: boolean,
): void => {
  if (exponent > largestExponent && exponent !== rawBits) throw new Corrupt(`exponent ${exponent} is not known`);
  let mantissa = 0;
  for (const [index, slot] of slots.entries()) {
    if (constant && index > 0) {
      column.setBits(slot, column.high(slots[0]!), column.low(slots[0]!));
    } else if (exponent === rawBits) {
      const low = reader.uint32();
      column.setBits(slot, reader.uint32(), low);
    } else {
      mantissa += reader.zigzag();
      column.setNumber(slot, mantissa / powers[exponent]!);
    }
  }
};
