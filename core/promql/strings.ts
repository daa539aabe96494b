const oneLetter: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
  ['v', 0x0b],
  ['\\', 0x5c],
]);

/** Hexadecimal digits after each letter; `x` gives a byte, the others a character. */
const hexadecimal: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of a PromQL string literal, quotes included in `literal`: escapes as in Go between `"` and `'`, none between
 * backquotes (prometheus util/strutil/quote.go). Throws with the reason where it is none.
 */
export const readString = (literal: string): string => {
  const mark = literal[0]!;
  if (literal.length < 2 || !literal.endsWith(mark)) throw new SyntaxError('unterminated quoted string');
  const inside = literal.slice(1, -1);
  if (mark === '`' || !inside.includes('\\')) return inside;
  const bytes: Uint8Array[] = [];
  for (let at = 0; at < inside.length; ) {
    const next = inside.indexOf('\\', at);
    const plainEnd = next === -1 ? inside.length : next;
    if (plainEnd > at) bytes.push(Buffer.from(inside.slice(at, plainEnd)));
    if (next === -1) break;
    const [escaped, length] = readEscape(inside, next + 1, mark);
    bytes.push(escaped);
    at = next + 1 + length;
  }
  try {
    return decoder.decode(Buffer.concat(bytes));
  } catch {
    throw new SyntaxError('escapes give invalid UTF-8');
  }
};

/** What stands after a backslash: its bytes and how many characters it took. */
const readEscape = (text: string, at: number, mark: string): [bytes: Uint8Array, length: number] => {
  const letter = text[at] ?? '';
  const single = letter === mark ? mark.charCodeAt(0) : oneLetter.get(letter);
  if (single !== undefined) return [Uint8Array.of(single), 1];
  const digits = hexadecimal.get(letter);
  if (digits !== undefined) {
    const written = text.slice(at + 1, at + 1 + digits);
    const code = Number.parseInt(written, 16);
    const valid =
      written.length === digits &&
      /^[0-9a-fA-F]+$/.test(written) &&
      code <= 0x10ffff &&
      !(code >= 0xd800 && code <= 0xdfff);
    if (!valid) throw new SyntaxError('escape sequence is an invalid Unicode code point');
    return [letter === 'x' ? Uint8Array.of(code) : Buffer.from(String.fromCodePoint(code)), 1 + digits];
  }
  const octal = /^[0-3][0-7]{2}$/.test(text.slice(at, at + 3));
  if (octal) return [Uint8Array.of(Number.parseInt(text.slice(at, at + 3), 8)), 3];
  throw new SyntaxError(`unknown escape sequence ${JSON.stringify(`\\${letter}`)}`);
};
