// github.com/google/snappy, format_description.txt: the block format, without frames and checksums.

/** No snappy block, or one that unpacks to more than is taken; `code` as node:zlib's where it is too much. */
export class SnappyError extends Error {
  readonly code: string;

  constructor(message: string, code = 'ERR_SNAPPY') {
    super(message);
    this.code = code;
  }
}

/** The size that a block declares, and where its elements begin. */
const readSize = (bytes: Uint8Array): { size: number; at: number } => {
  let size = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) throw new SnappyError('the block ends inside its size');
    size += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { size, at: at + 1 };
  }
  throw new SnappyError('the size has more than 32 bits');
};

/** Unpacks a block. What it declares is looked at before any of it is made, and is exactly what comes out. */
export const unpackSnappy = (bytes: Uint8Array, { maxOutputLength }: { maxOutputLength: number }): Uint8Array => {
  const { size, at: start } = readSize(bytes);
  if (size > maxOutputLength)
    throw new SnappyError(`${size} bytes are declared, the limit is ${maxOutputLength}`, 'ERR_BUFFER_TOO_LARGE');
  // The longest copy makes 64 bytes of 3: a block that declares more than it can hold is not believed.
  if (size > bytes.length * 22) throw new SnappyError(`${size} bytes are declared by a block of ${bytes.length}`);
  const out = Buffer.alloc(size);
  let made = 0;
  let at = start;
  while (at < bytes.length) {
    const tag = bytes[at]!;
    const kind = tag & 3;
    at += 1;
    let length = tag >>> 2;
    if (kind === 0) {
      if (length >= 60) {
        const extra = length - 59;
        length = littleEndian(bytes, at, extra);
        at += extra;
      }
      length += 1;
      if (at + length > bytes.length) throw new SnappyError(`a literal of ${length} bytes ends after the block`);
      if (made + length > size) throw new SnappyError(`more than the declared ${size} bytes`);
      out.set(bytes.subarray(at, at + length), made);
      at += length;
      made += length;
      continue;
    }
    let offset: number;
    if (kind === 1) {
      offset = ((tag >>> 5) << 8) | littleEndian(bytes, at, 1);
      length = ((tag >>> 2) & 7) + 4;
      at += 1;
    } else {
      const width = kind === 2 ? 2 : 4;
      offset = littleEndian(bytes, at, width);
      length += 1;
      at += width;
    }
    if (offset === 0 || offset > made) throw new SnappyError(`a copy from ${offset} bytes back at ${made}`);
    if (made + length > size) throw new SnappyError(`more than the declared ${size} bytes`);
    if (offset >= length) out.copyWithin(made, made - offset, made - offset + length);
    // A copy may reach into what it makes: then it repeats.
    else for (let index = 0; index < length; index += 1) out[made + index] = out[made + index - offset]!;
    made += length;
  }
  if (made !== size) throw new SnappyError(`${made} bytes instead of the declared ${size}`);
  return out;
};

const littleEndian = (bytes: Uint8Array, at: number, width: number): number => {
  if (at + width > bytes.length) throw new SnappyError('the block ends inside an element');
  let value = 0;
  for (let index = width - 1; index >= 0; index -= 1) value = value * 256 + bytes[at + index]!;
  return value;
};
