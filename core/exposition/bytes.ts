// The bytes that mean something in an exposition, and the two kinds of unquoted names as tables.

export const tab = 0x09;
export const newline = 0x0a;
export const blank = 0x20;
export const quote = 0x22;
export const hash = 0x23;
export const plus = 0x2b;
export const comma = 0x2c;
export const minus = 0x2d;
export const dot = 0x2e;
export const zero = 0x30;
export const nine = 0x39;
export const equal = 0x3d;
export const backslash = 0x5c;
export const braceOpen = 0x7b;
export const braceClose = 0x7d;

/** Bits of `kindOf`: what a byte may be part of. Label names have no colon (prometheus promlex.l, M and L). */
export const nameStart = 1;
export const namePart = 2;
export const labelStart = 4;
export const labelPart = 8;

export const kindOf: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const letter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f;
  const digit = byte >= zero && byte <= nine;
  const colon = byte === 0x3a;
  return (
    (letter || colon ? nameStart : 0) |
    (letter || colon || digit ? namePart : 0) |
    (letter ? labelStart : 0) |
    (letter || digit ? labelPart : 0)
  );
});

export const isBlank = (byte: number | undefined): boolean => byte === blank || byte === tab;

/** Up to twenty bytes as people read them, for errors: `"abc"`, `end of line`, `end of input`. */
export const foundAt = (bytes: Uint8Array, at: number, end: number = bytes.length): string => {
  if (at >= end) return 'end of input';
  if (bytes[at] === newline) return 'end of line';
  let to = at;
  while (to < end && to - at < 20 && bytes[to] !== newline && !(to > at && isBlank(bytes[to]))) to += 1;
  return JSON.stringify(new TextDecoder().decode(bytes.subarray(at, to)));
};
