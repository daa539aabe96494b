/**
 * How many bytes from `a` in one page and from `b` in another are the same.
 *
 * Eight at a time as doubles, the widest there is to read: equal and not nought means equal bits. Nought may be the
 * negative one and NaN differs from itself, so these are looked at as whole numbers.
 */
export const sameBytes = (left: DataView, a: number, right: DataView, b: number): number => {
  const leftRest = left.byteLength - a;
  const rightRest = right.byteLength - b;
  const rest = leftRest < rightRest ? leftRest : rightRest;
  const wide = rest - 8;
  let at = 0;
  for (;;) {
    while (at <= wide) {
      const eight = left.getFloat64(a + at, true);
      if (eight !== right.getFloat64(b + at, true) || eight === 0) break;
      at += 8;
    }
    if (at > wide) break;
    let differs = left.getInt32(a + at, true) ^ right.getInt32(b + at, true);
    if (differs !== 0) return at + ((31 - Math.clz32(differs & -differs)) >> 3);
    differs = left.getInt32(a + at + 4, true) ^ right.getInt32(b + at + 4, true);
    if (differs !== 0) return at + 4 + ((31 - Math.clz32(differs & -differs)) >> 3);
    at += 8;
  }
  while (at < rest && left.getUint8(a + at) === right.getUint8(b + at)) at += 1;
  return at;
};
