// docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol

export type InfluxPoint = {
  readonly measurement: string;
  readonly tags: readonly (readonly [name: string, value: string])[];
  /** Numbers and truth values; texts say nothing here. */
  readonly fields: readonly (readonly [name: string, value: number])[];
  readonly timestamp: bigint | undefined;
};

type InfluxRead = { readonly point: InfluxPoint } | { readonly problem: string } | undefined;

const truths: ReadonlyMap<string, number> = new Map([
  ...['t', 'T', 'true', 'True', 'TRUE'].map(word => [word, 1] as const),
  ...['f', 'F', 'false', 'False', 'FALSE'].map(word => [word, 0] as const),
]);

/** Reads points one after another; a text field may hold line breaks, so that a point is not always a line. */
export class InfluxReader {
  readonly #text: string;
  #at = 0;
  #line = 1;
  /** The line on which the last point began, from 1. */
  line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next point or what is wrong with it; undefined at the end. After a problem nothing more is to be read. */
  next(): InfluxRead {
    this.#skipEmpty();
    this.line = this.#line;
    if (this.#at >= this.#text.length) return undefined;
    const measurement = this.#word(', ', ', ');
    if (measurement === '') return { problem: 'missing measurement' };
    const tags: [string, string][] = [];
    while (this.#peek() === ',') {
      this.#at += 1;
      const name = this.#word('=, ', ',= ');
      if (this.#peek() !== '=' || name === '') return { problem: 'expected a tag name and =' };
      this.#at += 1;
      const value = this.#word(', ', ',= ');
      if (value === '') return { problem: `missing value of tag ${JSON.stringify(name)}` };
      tags.push([name, value]);
    }
    if (this.#peek() !== ' ') return { problem: 'missing fields' };
    this.#skip(' ');
    const fields = this.#fields();
    if (typeof fields === 'string') return { problem: fields };
    this.#skip(' ');
    const digits = this.#until('\n').replace(/\r$/, '').trimEnd();
    if (digits !== '' && !/^-?\d{1,19}$/.test(digits))
      return { problem: `bad timestamp ${JSON.stringify(digits.slice(0, 40))}` };
    const timestamp = digits === '' ? undefined : BigInt(digits);
    return { point: { measurement, tags, fields, timestamp } };
  }

  #fields(): [string, number][] | string {
    const fields: [string, number][] = [];
    for (;;) {
      const name = this.#word('=, ', ',= ');
      if (this.#peek() !== '=' || name === '') return 'expected a field name and =';
      this.#at += 1;
      if (this.#peek() === '"') {
        if (!this.#skipText()) return `unbalanced quotes in field ${JSON.stringify(name)}`;
      } else {
        const value = numberIn(this.#word(', ', ''));
        if (value === undefined) return `bad value of field ${JSON.stringify(name)}`;
        fields.push([name, value]);
      }
      const after = this.#peek();
      if (after === ',') this.#at += 1;
      else if (after === ' ' || after === '\n' || after === '\r' || after === '') return fields;
      else return `unexpected ${JSON.stringify(after)} after field ${JSON.stringify(name)}`;
    }
  }

  /** Up to one of `ends` or the end of the line; a backslash before one of `escapable` is taken away. */
  #word(ends: string, escapable: string): string {
    let word = '';
    for (; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at]!;
      if (char === '\n' || ends.includes(char)) break;
      const after = this.#text[this.#at + 1];
      if (char === '\\' && after !== undefined && escapable.includes(after)) {
        word += after;
        this.#at += 1;
      } else word += char;
    }
    return word.endsWith('\r') ? word.slice(0, -1) : word;
  }

  #skipText(): boolean {
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at]!;
      if (char === '\\') this.#at += 1;
      else if (char === '\n') this.#line += 1;
      else if (char === '"') {
        this.#at += 1;
        return true;
      }
    }
    return false;
  }

  #skipEmpty(): void {
    for (; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at]!;
      if (char === '#') this.#until('\n');
      if (this.#text[this.#at] === '\n') this.#line += 1;
      else if (!/[ \t\r]/.test(char) || this.#at >= this.#text.length) return;
    }
  }

  #until(end: string): string {
    const found = this.#text.indexOf(end, this.#at);
    const until = found === -1 ? this.#text.length : found;
    const text = this.#text.slice(this.#at, until);
    this.#at = until;
    return text;
  }

  #skip(char: string): void {
    while (this.#peek() === char) this.#at += 1;
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }
}

const numberIn = (text: string): number | undefined => {
  const truth = truths.get(text);
  if (truth !== undefined) return truth;
  const whole = /^(-?\d+)i$/.exec(text) ?? /^(\d+)u$/.exec(text);
  const digits = whole?.[1] ?? (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? text : undefined);
  const value = digits === undefined ? Number.NaN : Number(digits);
  return Number.isFinite(value) ? value : undefined;
};
