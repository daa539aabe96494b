import type { Reject } from '../reject.ts';
import type { Cursor } from './cursor.ts';
import type { Page } from './page.ts';

/** One text format, as the readers of pages see it. What an entry said is left on the cursor, as is its problem. */
export type Dialect = {
  /**
   * Reads one entry, newline included, from the start of a line. `end` when the page says that it is over, `blank` for
   * what means nothing, `failed` with a problem.
   */
  readonly readEntry: (cursor: Cursor, readSeries: ReadSeries) => 'sample' | 'metadata' | 'blank' | 'end' | 'failed';
  /** Reads what follows a series and its blanks, newline included, with the cursor at the value. */
  readonly readTail: (cursor: Cursor) => boolean;
  /** The milliseconds of a timestamp in [from, to); undefined where it is none or needs a closer look. */
  readonly stampIn: (bytes: Uint8Array, from: number, to: number) => number | undefined;
  /** Reads `name{…}` from here: the labels are left on the cursor, which stands after it. */
  readonly readSeries: ReadSeries;
  /** Whether several blanks may stand between tokens, and before a name. */
  readonly loose: boolean;
  /** What is wrong with a page in which every line could be read. */
  readonly check?: (bytes: Uint8Array, page: Page) => Reject[];
};

export type ReadSeries = (cursor: Cursor) => boolean;
