import { hash, isBlank, newline } from './bytes.ts';

/** Bits of the noughts among four bytes: above the lowest one there may be more than there are. */
const noughtsIn = (four: number): number => (four - 0x01010101) & ~four & 0x80808080;

/** The first newline in [from, end), or `end`. Sixteen bytes a step, then four: a newline makes a nought of the difference. */
export const newlineAt = (view: DataView, from: number, end: number): number => {
  let at = from;
  for (const wide = end - 16; at <= wide; at += 16) {
    const found =
      noughtsIn(view.getInt32(at, true) ^ newlines) |
      noughtsIn(view.getInt32(at + 4, true) ^ newlines) |
      noughtsIn(view.getInt32(at + 8, true) ^ newlines) |
      noughtsIn(view.getInt32(at + 12, true) ^ newlines);
    if (found !== 0) break;
  }
  for (const wide = end - 4; at <= wide; at += 4) {
    const found = noughtsIn(view.getInt32(at, true) ^ newlines);
    if (found !== 0) return at + ((31 - Math.clz32(found & -found)) >> 3);
  }
  while (at < end && view.getUint8(at) !== newline) at += 1;
  return at;
};

const newlines = 0x0a0a0a0a;

/** Where the sample begins that follows on the comments and empty lines from `from` on; the end where none does. */
export const sampleAt = (bytes: Uint8Array, from: number): number => {
  let at = from;
  while (at < bytes.length) {
    let first = at;
    while (isBlank(bytes[first])) first += 1;
    if (first >= bytes.length) return bytes.length;
    if (bytes[first] === newline) at = first + 1;
    else if (bytes[first] === hash) {
      const end = bytes.indexOf(newline, first);
      at = end === -1 ? bytes.length : end + 1;
    } else return at;
  }
  return bytes.length;
};

/** The line, from 1, at which each sample begins, told by where entries end. */
export const linesOf = (
  bytes: Uint8Array,
  { count, ends }: { readonly count: number; readonly ends: Int32Array },
): Int32Array => {
  const lines = new Int32Array(count);
  let line = 1;
  let next = bytes.indexOf(newline);
  for (let at = 0; at < count; at += 1) {
    const start = sampleAt(bytes, at === 0 ? 0 : ends[at - 1]!);
    for (; next !== -1 && next < start; next = bytes.indexOf(newline, next + 1)) line += 1;
    lines[at] = line;
  }
  return lines;
};
