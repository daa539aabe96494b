import type { Family } from '../batch.ts';
import type { Read, Reject } from '../reject.ts';
import type { CommonLines } from './common-lines.ts';
import { Cursor } from './cursor.ts';
import type { Dialect } from './dialect.ts';
import { type Bounds, Exposition } from './exposition.ts';
import { KnownLines } from './known-lines.ts';
import { linesOf } from './lines.ts';
import type { Metadata } from './metadata.ts';
import { familiesOf, Page } from './page.ts';
import { readPlainly } from './plain.ts';
import { type Before, predicted } from './predict.ts';

export type Remembering = {
  /** Series read before are known by their bytes, so that none becomes strings twice. */
  readonly remember?: boolean;
  /** Each page is laid beside the one before, line by line, and only what differs is read. Needs `remember`. */
  readonly predict?: boolean;
  /** What is remembered together with the readers of other targets; their memory is not counted here. */
  readonly common?: CommonLines;
};

/** Most pages that are read plainly before a prediction is tried again. */
const waitMax = 32;

/** Memory of a label set with its strings, about. */
const unknownBytes = 400;

/** Pages that share a list of values, and values in it at most: 64 KiB. */
const slabPages = 4;
const slabValues = 8_192;

/**
 * Reads the pages of one target, one after another. What it makes of a page depends on that page alone: remembering
 * and predicting are only faster. It keeps the last page's bytes, which must stay as they are until the next one.
 */
export class PageReader {
  readonly #dialect: Dialect;
  readonly #bounds: Bounds;
  readonly #predict: boolean;
  readonly #common: CommonLines | undefined;
  #known: KnownLines | undefined;
  #last: Before | undefined;
  /** The page before the last: nobody looks at its tables any more. */
  #spare: Page | undefined;
  #slab = new Float64Array(0);
  #slabUsed = 0;
  /** How many pages will be read plainly yet, and how many were after the last page that was badly predicted. */
  #waiting = 0;
  #waited = 0;
  #metadata: readonly Metadata[] = [];
  #families: readonly Family[] = [];

  constructor(dialect: Dialect, bounds: Bounds, { remember = false, predict = false, common }: Remembering = {}) {
    this.#dialect = dialect;
    this.#bounds = bounds;
    this.#predict = predict;
    this.#common = common;
    if (common === undefined && (remember || predict)) this.#known = new KnownLines(dialect);
  }

  /** Memory held between pages, about. */
  get bytes(): number {
    const { page, bytes } = this.#last ?? {};
    // A page has 24 bytes of tables for each sample, and there is a spare one.
    const tables = page === undefined ? 0 : 48 * page.values.length;
    const known = this.#common === undefined ? (this.#known?.bytes ?? 0) : unknownBytes * this.#unknown;
    return known + (bytes?.length ?? 0) + tables + this.#slab.byteLength;
  }

  /** Series of the last page that are remembered by nobody else. */
  get #unknown(): number {
    const { page } = this.#last ?? {};
    if (page === undefined || this.#known?.refused === 0) return 0;
    let count = 0;
    for (let at = 0; at < page.count; at += 1) if (page.ids[at] === -1) count += 1;
    return count;
  }

  read(bytes: Uint8Array): Read<Exposition> {
    const known = this.#common?.of(this.#dialect) ?? this.#known;
    if (known !== this.#known) {
      this.#known = known;
      this.#last = undefined;
    }
    const cursor = new Cursor(bytes, this.#bounds);
    const page =
      this.#last !== undefined && this.#known !== undefined && this.#isPredictable()
        ? predicted(cursor, this.#dialect, this.#known, this.#last, {
            spare: this.#spare,
            values: this.#roomFor(this.#last.page.count),
          })
        : undefined;
    if (page !== undefined) {
      this.#judge(page);
      return this.#done(cursor, page, []);
    }
    const fresh = new Page(this.#last?.page.count ?? Math.min(bytes.length >> 6, 4_096));
    cursor.at = 0;
    const rejects = readPlainly(cursor, this.#dialect, fresh, this.#known);
    return this.#done(cursor, fresh, rejects);
  }

  #done({ bytes, view }: Cursor, page: Page, unreadable: readonly Reject[]): Read<Exposition> {
    // A line that is missing would be missed by others: what they promise is looked at when all are there.
    const rejects = unreadable.length === 0 ? (this.#dialect.check?.(bytes, page) ?? []) : unreadable;
    const linesOfPage = () => linesOf(bytes, this.#predict ? this.#readAgain(bytes) : page);
    const columns = page.columns();
    // Only lists of which everything is remembered anyway are kept for others.
    const isShared = this.#common !== undefined && rejects.length === 0 && page.series !== this.#last?.page.series;
    if (isShared && page.areKnown()) page.series = this.#common.listOf(page.series);
    const exposition = new Exposition(
      { ...columns, series: page.series },
      this.#familiesOf(page.metadata),
      linesOfPage,
    );
    this.#spare = this.#last?.page;
    // A page with something wrong in it is a bad one to go by.
    this.#last = this.#predict && rejects.length === 0 ? { bytes, view, page } : undefined;
    if (this.#common === undefined && this.#known?.isStale(page)) {
      this.#known = new KnownLines(this.#dialect);
      this.#last = undefined;
    }
    return { value: exposition, rejects };
  }

  /** Whether predictions were right of late. */
  #isPredictable(): boolean {
    if (this.#waiting === 0) return true;
    this.#waiting -= 1;
    return false;
  }

  /** A page that was mostly elsewhere than predicted: the next ones are read plainly, more of them each time. */
  #judge({ unpredicted, count }: Page): void {
    this.#waited = unpredicted > count / 2 ? Math.min(2 * this.#waited || 1, waitMax) : 0;
    this.#waiting = this.#waited;
  }

  /** Room for values. Small lists are cut from a large one: making a list of its own costs more than filling it. */
  #roomFor(count: number): Float64Array<ArrayBuffer> {
    if (this.#slabUsed + count > this.#slab.length) {
      this.#slab = new Float64Array(Math.max(Math.min(slabPages * count, slabValues), count));
      this.#slabUsed = 0;
    }
    const start = this.#slabUsed;
    this.#slabUsed += count;
    return this.#slab.subarray(start, start + count);
  }

  /** Where the entries of a page stood whose tables may be in use again. */
  #readAgain(bytes: Uint8Array): Page {
    const page = new Page(bytes.length >> 5);
    readPlainly(new Cursor(bytes, this.#bounds), this.#dialect, page, undefined);
    return page;
  }

  /** The very families of the page before where its metadata was the same. */
  #familiesOf(metadata: readonly Metadata[]): readonly Family[] {
    const before = this.#metadata;
    if (metadata === before) return this.#families;
    const same = metadata.length === before.length && metadata.every((each, at) => each === before[at]);
    if (!same) this.#families = familiesOf(metadata);
    this.#metadata = metadata;
    return this.#families;
  }
}
