/** Writes protobuf, for tests: what a field is called there stands in the .proto. */
export class WireWriter {
  readonly #bytes: number[] = [];

  varint(field: number, value: number | bigint): this {
    this.#key(field, 0);
    this.#varint(BigInt(value));
    return this;
  }

  signed(field: number, value: number): this {
    const wide = BigInt(value);
    return this.varint(field, BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n)));
  }

  double(field: number, value: number | bigint): this {
    this.#key(field, 1);
    this.#bytes.push(...doubleBytes(value));
    return this;
  }

  fixed64(field: number, value: bigint): this {
    return this.double(field, value);
  }

  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#key(field, 2);
    this.#varint(BigInt(value.length));
    for (const byte of value) this.#bytes.push(byte);
    return this;
  }

  message(field: number, inside: WireWriter): this {
    return this.bytes(field, inside.done());
  }

  packed(field: number, values: readonly number[]): this {
    const inside = new WireWriter();
    for (const value of values) inside.#varint(BigInt(value));
    return this.bytes(field, inside.done());
  }

  packedSigned(field: number, values: readonly number[]): this {
    return this.packed(
      field,
      values.map(value => (value >= 0 ? 2 * value : -2 * value - 1)),
    );
  }

  /** Doubles, or the 64 bits of fixed64. */
  packedDoubles(field: number, values: readonly (number | bigint)[]): this {
    return this.bytes(field, Uint8Array.from(values.flatMap(value => [...doubleBytes(value)])));
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #key(field: number, type: number): void {
    this.#varint(BigInt(field * 8 + type));
  }

  #varint(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.#bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#bytes.push(Number(rest));
  }
}

/** A bigint is the very bits. */
const doubleBytes = (value: number | bigint): Uint8Array => {
  const view = new DataView(new ArrayBuffer(8));
  if (typeof value === 'bigint') view.setBigUint64(0, value, true);
  else view.setFloat64(0, value, true);
  return new Uint8Array(view.buffer);
};
