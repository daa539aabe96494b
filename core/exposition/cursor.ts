import { limits } from '../limits.ts';
import type { Place, Reject } from '../reject.ts';
import { foundAt, isBlank, newline } from './bytes.ts';
import type { Bounds } from './exposition.ts';
import { Words } from './words.ts';

/** What was wrong and at which byte. */
export type Problem = { readonly code: string; readonly at: number; readonly reason: string };

/**
 * A place in a page, moved on by the readers of its parts. A reader that cannot go on leaves a problem here and answers
 * undefined or false; the first problem of an entry is the one that is told.
 */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly words: Words;
  readonly bounds: Required<Bounds>;
  at = 0;
  /** Newlines that stood inside quotes since the entry began: they are lines too. */
  quotedNewlines = 0;
  problem: Problem | undefined;

  constructor(bytes: Uint8Array, bounds: Bounds) {
    this.bytes = bytes;
    this.words = new Words(bytes);
    const { lineBytes, labelCount, labelNameBytes, labelValueBytes } = limits;
    this.bounds = { lineBytes, labelCount, labelNameBytes, labelValueBytes, ...bounds };
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

  fail(code: string, reason: string, at: number = this.at): undefined {
    this.problem ??= { code, at, reason };
    return undefined;
  }

  /** Fails with what stands here instead of what was expected. */
  miss(expected: string, code = 'syntax', at: number = this.at): undefined {
    return this.fail(code, `expected ${expected}, found ${foundAt(this.bytes, at)}`, at);
  }

  /** The problem of an entry that began at `start`, in line `line`; newlines inside quotes count. */
  rejectOf({ code, at, reason }: Problem, start: number, line: number): Reject {
    let lineStart = start;
    let passed = 0;
    for (let next = this.lineEnd(start); next < at; next = this.lineEnd(lineStart)) {
      lineStart = next + 1;
      passed += 1;
    }
    const place: Place = { line: line + passed, column: at - lineStart + 1 };
    return { code, place, reason };
  }
}
