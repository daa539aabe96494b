import { bytesType, fixed64Type, varintType, type Wire, WireError } from '../exposition/wire.ts';
import { decodeUtf8 } from '../exposition/words.ts';

/** The 64 bits of a double, upper half first: a staleness marker does not survive being read as a number. */
export type Bits = { readonly high: number; readonly low: number };

/** prometheus/prometheus model/value/value.go: StaleNaN 0x7ff0000000000002. */
export const isStaleBits = ({ high, low }: Bits): boolean => high === 0x7ff00000 && low === 2;

const scratch = new DataView(new ArrayBuffer(8));

export const doubleOf = ({ high, low }: Bits): number => {
  scratch.setUint32(0, high);
  scratch.setUint32(4, low);
  return scratch.getFloat64(0);
};

export const bitsOf = (value: number): Bits => {
  scratch.setFloat64(0, value);
  return { high: scratch.getUint32(0), low: scratch.getUint32(4) };
};

const uint32At = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;

const bitsHere = (wire: Wire): Bits => {
  if (wire.end - wire.at < 8) throw new WireError('expected 8 bytes, found the end of the message', wire.at);
  const bits = { low: uint32At(wire.bytes, wire.at), high: uint32At(wire.bytes, wire.at + 4) };
  wire.at += 8;
  return bits;
};

/** The current field as the bits of a double. */
export const readBits = (wire: Wire, what: string): Bits => {
  wire.expect(fixed64Type, what);
  return bitsHere(wire);
};

/** The current field as 64 unsigned bits (fixed64 and sfixed64 alike). */
export const readFixed64 = (wire: Wire, what: string): bigint => {
  const { high, low } = readBits(wire, what);
  return (BigInt(high) << 32n) | BigInt(low);
};

export const readDouble = (wire: Wire, what: string): number => doubleOf(readBits(wire, what));

/** The current field as a signed 64-bit number; beyond 2^53 the nearest. */
export const readInt64 = (wire: Wire, what: string): number => {
  wire.expect(varintType, what);
  return Number(wire.varint());
};

/** The current field's bytes in hexadecimal. */
export const readHex = (wire: Wire, what: string): string => {
  const { bytes, at, end } = readInside(wire, what);
  return Buffer.from(bytes.subarray(at, end)).toString('hex');
};

/** The current field as an unsigned number; beyond 2^53 the nearest. */
export const readUint = (wire: Wire, what: string): number => {
  wire.expect(varintType, what);
  return wire.number();
};

const unzigzag = (value: bigint): number => {
  const unsigned = BigInt.asUintN(64, value);
  return Number((unsigned >> 1n) ^ -(unsigned & 1n));
};

/** sint32 and sint64. */
export const readSigned = (wire: Wire, what: string): number => {
  wire.expect(varintType, what);
  return unzigzag(wire.varint());
};

export const readInside = (wire: Wire, what: string): Wire => {
  wire.expect(bytesType, what);
  return wire.inside();
};

const isAscii = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at += 1) if (bytes[at]! >= 0x80) return false;
  return true;
};

/** Stands where bytes are no UTF-8: half a character, which no text has that was. */
const illFormed = '\ud800';

/**
 * The current field's bytes as text. What is no UTF-8 makes it ill-formed and not replaced, since that would make two labels
 * one: `labelsReject` refuses such labels, so that one bad series costs none of its neighbours.
 */
export const readString = (wire: Wire, what: string): string => {
  wire.expect(bytesType, what);
  const length = wire.number();
  const { at, bytes } = wire;
  const end = at + length;
  if (end > wire.end)
    throw new WireError(`expected ${length} bytes, found the end of the message after ${wire.end - at}`, at);
  wire.at = end;
  if (bytes instanceof Buffer && isAscii(bytes, at, end)) return bytes.toString('latin1', at, end);
  const text = bytes.subarray(at, end);
  return decodeUtf8(text) ?? new TextDecoder().decode(text).replaceAll('\ufffd', illFormed);
};

/** A repeated field of numbers, packed or one by one, in the order in which they come. */
const readRepeated = <T>(wire: Wire, into: T[], type: number, what: string, one: (wire: Wire) => T): void => {
  if (wire.type !== bytesType) {
    wire.expect(type, what);
    into.push(one(wire));
    return;
  }
  const inside = wire.inside();
  while (inside.at < inside.end) into.push(one(inside));
};

export const readUints = (wire: Wire, into: number[], what: string): void =>
  readRepeated(wire, into, varintType, what, each => each.number());

export const readSigneds = (wire: Wire, into: number[], what: string): void =>
  readRepeated(wire, into, varintType, what, each => unzigzag(each.varint()));

export const readDoubles = (wire: Wire, into: number[], what: string): void =>
  readRepeated(wire, into, fixed64Type, what, each => doubleOf(bitsHere(each)));

export const readFixed64s = (wire: Wire, into: number[], what: string): void =>
  readRepeated(wire, into, fixed64Type, what, each => {
    const { high, low } = bitsHere(each);
    return high * 2 ** 32 + low;
  });
