import { type LabelSet, noLabels } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Place, Reject } from '../reject.ts';
import { foundAt, isBlank, newline } from './bytes.ts';
import type { Bounds, Extra } from './exposition.ts';
import type { Metadata } from './metadata.ts';
import { Words } from './words.ts';

/** What was wrong and at which byte. */
type Problem = {
  readonly code: string;
  readonly at: number;
  readonly reason: string;
  readonly expected?: string;
  readonly found?: string;
};

/**
 * A place in a page, moved on by the readers of its parts. A reader that cannot go on leaves a problem here and answers
 * undefined or false; the first problem of an entry is the one that is told. What an entry said is left here as well.
 */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly bounds: Required<Bounds>;
  at = 0;
  /** Where the line that is being read must have ended: what goes on is not looked at. */
  lineLimitAt = 0;
  problem: Problem | undefined;

  /** What the entry said, if it was a sample: where its series and its value stood, and what they are. */
  labels: LabelSet = noLabels;
  /** What the series' text is known as, -1 where it is not. */
  id = -1;
  seriesAt = 0;
  seriesEnd = 0;
  valueAt = 0;
  value = 0;
  /** NaN where the sample has none. */
  timestampMs = Number.NaN;
  extra: Extra | undefined;
  /** What it said, if it was a comment that means something. */
  metadata: Metadata | undefined;

  #words: Words | undefined;
  /** Lines that end before `#countedTo`: a page is counted through once. */
  #lines = 0;
  #countedTo = 0;

  constructor(bytes: Uint8Array, bounds: Bounds) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { lineBytes, labelCount, labelNameBytes, labelValueBytes } = limits;
    this.bounds = { lineBytes, labelCount, labelNameBytes, labelValueBytes, ...bounds };
  }

  get words(): Words {
    this.#words ??= new Words(this.bytes);
    return this.#words;
  }

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  skipBlanks(): void {
    while (isBlank(this.bytes[this.at])) this.at += 1;
  }

  /** The first newline at or after `from`, or the end. */
  lineEnd(from: number = this.at): number {
    const found = this.bytes.indexOf(newline, from);
    return found === -1 ? this.bytes.length : found;
  }

  /** Makes ready for an entry that begins at `at`. */
  startEntry(): void {
    this.problem = undefined;
    this.lineLimitAt = this.at + this.bounds.lineBytes;
    this.timestampMs = Number.NaN;
    this.extra = undefined;
    this.metadata = undefined;
  }

  fail(code: string, reason: string, at: number = this.at): undefined {
    this.problem ??= { code, at, reason };
    return undefined;
  }

  /** Fails with what stands here instead of what was expected. */
  miss(expected: string, code = 'syntax', at: number = this.at): undefined {
    const found = foundAt(this.bytes, at);
    this.problem ??= { code, at, reason: `expected ${expected}, found ${found}`, expected, found };
    return undefined;
  }

  /** Whether the line has gone on for too long; then that is the problem. */
  isOverlong(): boolean {
    if (this.at <= this.lineLimitAt) return false;
    this.failOverlong();
    return true;
  }

  failOverlong(): undefined {
    const { lineBytes } = this.bounds;
    return this.fail(
      'line_limit',
      `more than ${lineBytes} bytes in a line, the limit is ${lineBytes}`,
      this.lineLimitAt,
    );
  }

  /** The problem of the entry that began at `start`, and where it stands. Entries come in the order of the page. */
  rejectOf({ code, at, reason, expected, found }: Problem, start: number): Reject {
    const { bytes } = this;
    this.#lines += newlinesIn(bytes, this.#countedTo, start);
    this.#countedTo = start;
    const place: Place = {
      line: 1 + this.#lines + newlinesIn(bytes, start, at),
      column: at === 0 ? 1 : at - bytes.lastIndexOf(newline, at - 1),
    };
    return {
      code,
      place,
      reason,
      ...(expected !== undefined && { expected }),
      ...(found !== undefined && { found }),
    };
  }
}

const newlinesIn = (bytes: Uint8Array, from: number, to: number): number => {
  let count = 0;
  for (let at = from; at < to; at += 1) if (bytes[at] === newline) count += 1;
  return count;
};

/** The line, from 1, that the byte at `at` belongs to; a newline ends its own. */
export const lineAt = (bytes: Uint8Array, at: number): number => 1 + newlinesIn(bytes, 0, at);
