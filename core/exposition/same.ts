/**
 * How many bytes from `a` in one page and from `b` in another are the same, of the `rest` that both have there; sixteen
 * at a time as far as they go.
 */
export const sameBytes = (left: DataView, a: number, right: DataView, b: number, rest: number): number => {
  let at = 0;
  for (const wide = rest - 16; at <= wide; at += 16) {
    const differs =
      (left.getInt32(a + at, true) ^ right.getInt32(b + at, true)) |
      (left.getInt32(a + at + 4, true) ^ right.getInt32(b + at + 4, true)) |
      (left.getInt32(a + at + 8, true) ^ right.getInt32(b + at + 8, true)) |
      (left.getInt32(a + at + 12, true) ^ right.getInt32(b + at + 12, true));
    if (differs !== 0) break;
  }
  for (const four = rest - 4; at <= four; at += 4) {
    const differs = left.getInt32(a + at, true) ^ right.getInt32(b + at, true);
    // Little end first: the lowest bit that differs is in the first byte that does.
    if (differs !== 0) return at + ((31 - Math.clz32(differs & -differs)) >> 3);
  }
  while (at < rest && left.getUint8(a + at) === right.getUint8(b + at)) at += 1;
  return at;
};
