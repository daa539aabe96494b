/** The wire types of protobuf that are still in use. */
export const varintType = 0;
export const fixed64Type = 1;
export const bytesType = 2;
const fixed32Type = 5;

/** A message that is cut off, no protobuf or too much of it; `at` is the byte where that showed. */
export class WireError extends Error {
  readonly at: number;
  readonly code: string;

  constructor(reason: string, at: number, code = 'bad_protobuf') {
    super(reason);
    this.at = at;
    this.code = code;
  }
}

/** Reads protobuf fields one after another in [at, end). What is wrong is thrown as a WireError, and caught by its caller. */
export class Wire {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;
  /** The field that `next` came to. */
  field = 0;
  type = 0;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length, view?: DataView) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.#view = view ?? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Goes to the next field; false at the end. Its value must be read or skipped before the next one. */
  next(): boolean {
    if (this.at >= this.end) return false;
    const start = this.at;
    const key = this.number();
    this.field = Math.floor(key / 8);
    this.type = key % 8;
    if (this.field === 0) throw new WireError('expected a field number of at least 1, found 0', start);
    return true;
  }

  /** Goes over a value that means nothing here. */
  skip(): void {
    if (this.type === varintType) this.varint();
    else if (this.type === fixed64Type) this.#take(8);
    else if (this.type === fixed32Type) this.#take(4);
    else if (this.type === bytesType) this.#take(this.number());
    else throw new WireError(`expected a wire type that is in use, found ${this.type}`, this.at);
  }

  /** A whole number as a double: beyond 2^53 the nearest. */
  number(): number {
    let value = 0;
    let scale = 1;
    for (let at = this.at; at < this.end && at < this.at + 7; at += 1) {
      const byte = this.bytes[at]!;
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) {
        this.at = at + 1;
        return value;
      }
    }
    return Number(BigInt.asUintN(64, this.varint()));
  }

  /** The 64 bits of a varint, as a signed number. */
  varint(): bigint {
    const start = this.at;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end)
        throw new WireError('expected the rest of a number, found the end of the message', start);
      const byte = this.bytes[this.at]!;
      this.at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new WireError('expected a number of 64 bits, found a longer one', start);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** The bytes of a string or of a message inside this one. */
  inside(): Wire {
    const length = this.number();
    const start = this.#take(length);
    return new Wire(this.bytes, start, start + length, this.#view);
  }

  /** Holds the current field to the type it must have. */
  expect(type: number, what: string): void {
    if (this.type !== type) throw new WireError(`expected wire type ${type} for ${what}, found ${this.type}`, this.at);
  }

  #take(length: number): number {
    const start = this.at;
    if (length > this.end - start)
      throw new WireError(`expected ${length} bytes, found the end of the message after ${this.end - start}`, start);
    this.at = start + length;
    return start;
  }
}
