// Makes pages that look like expositions and are changed step by step, as pages of one target are and as they must not
// be: the same seed, the same pages.

export type Format = 'text' | 'openmetrics';

/** Whole lines that readers treat differently. */
const lines: readonly string[] = [
  'a 1',
  'a{b="c"} 2',
  'a{b="c",d="e"} 3',
  'a{d="e",b="c"} 3.5',
  'b 1 1700000000000',
  'b 1 1700000000.5',
  'c{x="\\n\\\\\\""} 1e3',
  'c{x="é日本"} -0',
  'c{x="{}# ,=\\""} NaN',
  'd_bucket{le="1"} 1',
  'd_bucket{le="1"} 1 # {trace="x"} 0.5',
  'd_bucket{le="+Inf"} 2 # {trace="x"} 0.5 1700000000.25',
  'd_count 2',
  'd_sum 2.5',
  'd_created 1700000000',
  'e_total 7',
  'f_info{v="1"} 1',
  '{"g.h"} 4',
  '{"g.h","i.j"="k"} 5',
  'long_name_of_a_metric_that_fills_some_words{label="value of some length",other="another value"} 123456789',
  'q{quantile="0.5"} 0.0123456789012345678',
  'q_sum 1234567890.123456789',
  '# HELP a of a',
  '# TYPE a counter',
  '# TYPE a gauge',
  '# TYPE d histogram',
  '# TYPE e counter',
  '# TYPE q summary',
  '# HELP "g.h" quoted \\n',
  '# UNIT e_seconds seconds',
  '# TYPE f info',
  '# EOF',
  '# just a comment',
  '',
  '  a{b="c"}  4  ',
  'a {b="c"} 5',
  'a{b="c" d="e"} 6',
  'm{x="two\nlines"} 1',
];

/** Bits that are put where they may not belong. */
const bits: readonly string[] = [
  ...['{', '}', '"', '\\', ',', '=', ' ', '\n', '#', '\t', '\r', '.', '-', '+', 'e', '0', '1', '_', 'a', '\0'],
  ...['# ', '# EOF\n', '# TYPE ', '# HELP ', '="', '"}', '} ', '\\"', ' # {', 'NaN', '+Inf', '1e400', '0x1', '1_0'],
  ...[
    '9223372036854775807',
    '-9223372036854775808',
    '18446744073709551616',
    'é',
    '\u{1F600}',
    '__name__',
    'le="',
    '\n\n',
  ],
];
const badBytes: readonly Buffer[] = [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0x80, 0, 0, 0, 0, 0, 0, 0]].map(bytes =>
  Buffer.from(bytes),
);

/** One target's pages. */
export class PageMaker {
  readonly format: Format;
  #state: number;
  #lines: string[] = [];

  constructor(seed: number, format: Format) {
    this.#state = (seed * 2_654_435_761) | 0;
    this.format = format;
    for (let count = this.#roll(14); count > 0; count -= 1) this.#lines.push(this.#pick(lines));
  }

  #roll(sides: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#roll(from.length)]!;
  }

  /** The page after some change to the one before; sometimes it is torn up for this once. */
  next(): Buffer {
    for (let changes = this.#roll(4); changes > 0; changes -= 1) this.#change();
    const end = this.format === 'openmetrics' && this.#roll(16) > 0 ? '# EOF\n' : '';
    const text =
      this.#lines.join('\n') + (this.#lines.length > 0 && (end !== '' || this.#roll(4) > 0) ? '\n' : '') + end;
    const page = Buffer.from(text);
    return this.#roll(4) > 0 ? page : this.#torn(page);
  }

  #change(): void {
    const all = this.#lines;
    const at = this.#roll(all.length + 1);
    switch (this.#roll(10)) {
      case 0:
        all.splice(at, this.#roll(3));
        break;
      case 1:
        if (all.length < 40) all.splice(at, 0, this.#pick(lines));
        break;
      case 2:
        if (all.length < 40) all.splice(at, 0, ...all.slice(at, at + this.#roll(4)));
        break;
      case 3:
        all.push(...all.splice(0, at));
        break;
      case 4:
        all.reverse();
        break;
      case 5: {
        const other = this.#roll(all.length + 1);
        if (at < all.length && other < all.length) [all[at], all[other]] = [all[other]!, all[at]!];
        break;
      }
      default:
        // What pages do: numbers move on.
        for (let each = 0; each < all.length; each += 1) {
          if (this.#roll(2) === 0) all[each] = all[each]!.replace(/ [-+.\deE]+$/, () => ` ${this.#number()}`);
        }
    }
  }

  #number(): string {
    const whole = String(this.#roll(10 ** (1 + this.#roll(9))));
    switch (this.#roll(6)) {
      case 0:
        return `${whole}.${this.#roll(1_000_000_000)}`;
      case 1:
        return `-${whole}e${this.#roll(40) - 20}`;
      case 2:
        return `0.${this.#roll(1_000_000_000)}${this.#roll(1_000_000_000)}`;
      case 3:
        return this.#pick(['NaN', '+Inf', '-Inf', '-0', '1e-400', 'x', '', '12345678901234567890']);
      default:
        return whole;
    }
  }

  #torn(page: Buffer): Buffer {
    const at = this.#roll(page.length + 1);
    switch (this.#roll(5)) {
      case 0:
        return page.subarray(0, at);
      case 1:
        return page.subarray(at);
      case 2: {
        const copy = Buffer.from(page);
        if (at < copy.length) copy[at] = this.#roll(256);
        return copy;
      }
      case 3:
        return Buffer.concat([page.subarray(0, at), page.subarray(at + this.#roll(5))]);
      default: {
        const bit = this.#roll(12) === 0 ? this.#pick(badBytes) : Buffer.from(this.#pick(bits));
        return Buffer.concat([page.subarray(0, at), bit, page.subarray(at)]);
      }
    }
  }
}
