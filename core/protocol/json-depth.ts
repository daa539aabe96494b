const quote = 0x22;
const backslash = 0x5c;
const openings: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closings: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/**
 * Whether JSON is nested deeper than `depth` brackets. It looks at bytes alone, before anything is parsed, so that
 * nobody who walks the result later needs more stack than this; bytes that are no JSON may be told either.
 */
export const isDeeper = (bytes: Uint8Array, depth: number): boolean => {
  let open = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === quote) quoted = !quoted;
    else if (quoted) at += byte === backslash ? 1 : 0;
    else if (openings.has(byte)) {
      open += 1;
      if (open > depth) return true;
    } else if (closings.has(byte)) open -= 1;
  }
  return false;
};

/** Whether JSON has more than `most` lists and objects, counted before they are made: two bytes become a hundred. */
export const hasMoreParts = (bytes: Uint8Array, most: number): boolean => {
  let parts = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === quote) quoted = !quoted;
    else if (quoted) at += byte === backslash ? 1 : 0;
    else if (openings.has(byte)) parts += 1;
  }
  return parts > most;
};
