/** A snappy block of literals and copies, for tests: plain, and so that every kind of element comes up. */
export const packSnappy = (bytes: Uint8Array): Uint8Array => {
  const out: number[] = [];
  for (let size = bytes.length; ; size = Math.floor(size / 128)) {
    out.push(size >= 128 ? (size % 128) | 0x80 : size);
    if (size < 128) break;
  }
  let from = 0;
  const literal = (until: number): void => {
    for (let at = from; at < until; ) {
      const length = Math.min(until - at, 65_536);
      if (length <= 60) out.push((length - 1) << 2);
      else out.push(61 << 2, (length - 1) & 0xff, (length - 1) >> 8);
      for (const byte of bytes.subarray(at, at + length)) out.push(byte);
      at += length;
    }
    from = until;
  };
  const seen = new Map<string, number>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const key = bytes.subarray(at, at + 4).join();
    const before = seen.get(key);
    seen.set(key, at);
    if (before === undefined || at < from) {
      at += 1;
      continue;
    }
    let length = 4;
    while (length < 64 && at + length < bytes.length && bytes[before + length] === bytes[at + length]) length += 1;
    literal(at);
    const offset = at - before;
    if (length <= 11 && offset < 2_048) out.push(((offset >> 8) << 5) | ((length - 4) << 2) | 1, offset & 0xff);
    else if (offset < 65_536) out.push(((length - 1) << 2) | 2, offset & 0xff, offset >> 8);
    else out.push(((length - 1) << 2) | 3, offset & 0xff, (offset >> 8) & 0xff, (offset >> 16) & 0xff, offset >>> 24);
    at += length;
    from = at;
  }
  literal(bytes.length);
  return Uint8Array.from(out);
};
