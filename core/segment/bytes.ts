const firstBytes = 256;

/** Bytes being written, growing as needed. Numbers are unsigned varints of 7 bits a byte, least first, up to 2^53. */
export class ByteWriter {
  /** Of Node's pool, where small pieces of memory are had at once. */
  #bytes: Uint8Array = Buffer.allocUnsafe(firstBytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(values: Uint8Array): void {
    this.#room(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  uint32(value: number): void {
    for (const shift of [0, 8, 16, 24]) this.byte((value >>> shift) & 0xff);
  }

  varint(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A whole number of at most 52 bits and a sign: small ones of either sign stay small. */
  zigzag(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  text(value: string): void {
    if (value.length < 0x80 && this.#plainText(value)) return;
    const bytes = encoder.encode(value);
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  /** Short text of ASCII alone; writes nothing where it is anything else. */
  #plainText(value: string): boolean {
    const { length } = value;
    this.#room(length + 1);
    const bytes = this.#bytes;
    const start = this.#length + 1;
    for (let at = 0; at < length; at += 1) {
      const code = value.charCodeAt(at);
      if (code >= 0x80) return false;
      bytes[start + at] = code;
    }
    bytes[start - 1] = length;
    this.#length = start + length;
    return true;
  }

  /** What was written, as a copy. */
  done(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#length));
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Thrown inside this room only, where bytes end early or mean nothing; whoever decodes turns it into a reject. */
export class Corrupt extends Error {}

/** Reads what ByteWriter wrote, and never past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw new Corrupt(`the bytes end at ${this.#at}`);
    return this.#bytes[this.#at++]!;
  }

  bytes(length: number): Uint8Array {
    if (length > this.left) throw new Corrupt(`${length} bytes are said to follow at ${this.#at}, ${this.left} do`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  uint32(): number {
    const [a, b, c, d] = this.bytes(4) as unknown as [number, number, number, number];
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }

  varint(): number {
    let value = 0;
    let unit = 1;
    for (let count = 0; count < 8; count += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      unit *= 0x80;
    }
    throw new Corrupt(`no number at ${this.#at}`);
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A count of things that take at least `bytesEach` each: a lie is found before anything is allocated for it. */
  count(bytesEach: number): number {
    const count = this.varint();
    if (count * bytesEach > this.left)
      throw new Corrupt(`${count} things are said to follow at ${this.#at}, ${this.left} bytes do`);
    return count;
  }

  text(): string {
    const bytes = this.bytes(this.varint());
    try {
      return decoder.decode(bytes);
    } catch {
      throw new Corrupt(`no UTF-8 before ${this.#at}`);
    }
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
