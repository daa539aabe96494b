import { limits } from '../limits.ts';
import type { Reject } from '../reject.ts';
import { newline } from './bytes.ts';
import { type Cursor, lineAt } from './cursor.ts';
import type { Dialect } from './dialect.ts';
import { type KnownLines, metadataLine, sampleLine } from './known-lines.ts';
import type { Page } from './page.ts';

/** Reads entry after entry into the page; what is wrong with one costs that line and no other. */
export const readPlainly = (cursor: Cursor, dialect: Dialect, page: Page, known: KnownLines | undefined): Reject[] => {
  const rejects: Reject[] = [];
  const readSeries = known?.readSeries ?? dialect.readSeries;
  const families = new FamilyCount(cursor.bounds.samples);
  while (rejects.length < limits.rejectsListed) {
    const start = cursor.at;
    const line = known?.readLine(cursor);
    if (line === sampleLine) page.add(cursor.labels, cursor.id, cursor.valueAt, cursor.at, cursor.value);
    else if (line === metadataLine) page.metadata.push(cursor.metadata!);
    else {
      const outcome = readEntry(cursor, dialect, readSeries);
      if (cursor.problem !== undefined) {
        rejects.push(cursor.rejectOf(cursor.problem, start));
        cursor.at = Math.min(cursor.lineEnd(start) + 1, cursor.bytes.length);
        // A missing end is told once, also where the last line was wrong: there the line was the trouble.
        if (outcome === 'end' || cursor.atEnd) break;
        continue;
      }
      if (outcome === 'end') break;
      if (outcome === 'sample') page.add(cursor.labels, cursor.id, cursor.valueAt, entryEnd(cursor), cursor.value);
      else if (outcome === 'metadata') page.metadata.push(cursor.metadata!);
      if (outcome === 'sample' || outcome === 'metadata') known?.learn(cursor, outcome, start);
    }
    if (!Number.isNaN(cursor.timestampMs) || cursor.extra !== undefined) {
      if (line !== metadataLine) page.addRare(cursor.timestampMs, cursor.extra);
      cursor.timestampMs = Number.NaN;
      cursor.extra = undefined;
    }
    const over = page.count > cursor.bounds.samples ? 'sample' : families.isOver(page) ? 'family' : undefined;
    if (over === undefined) continue;
    page.truncate(Math.min(page.count, cursor.bounds.samples));
    const many = over === 'sample' ? 'samples' : 'families';
    rejects.push({
      code: `${over}_limit`,
      place: { line: lineAt(cursor.bytes, cursor.at - 1) },
      reason: `more than ${cursor.bounds.samples} ${many}, the limit is ${cursor.bounds.samples}`,
    });
    break;
  }
  return rejects;
};

/** Reads an entry at length; one in a line that is too long is a problem. */
export const readEntry = (cursor: Cursor, dialect: Dialect, readSeries: Dialect['readSeries']) => {
  const start = cursor.at;
  cursor.startEntry();
  const outcome = dialect.readEntry(cursor, readSeries);
  const { lineBytes } = cursor.bounds;
  const length = cursor.at - start - 1;
  if (outcome !== 'failed' && length > lineBytes)
    cursor.fail('line_limit', `${length} bytes in a line, the limit is ${lineBytes}`, start);
  return outcome;
};

/** Where the entry before the cursor ends. One that the page ends without a newline has an end that no page reaches. */
export const entryEnd = ({ bytes, at }: Cursor): number => (bytes[at - 1] === newline ? at : bytes.length + 1);

/** Lines of metadata a family may have: a type, a help and a unit. */
const metadataWords = 3;

/** Counts families only once there is more metadata than there may be families. */
class FamilyCount {
  readonly #limit: number;
  readonly #names = new Set<string>();
  #counted = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  isOver({ metadata }: Page): boolean {
    if (metadata.length <= this.#limit) return false;
    for (; this.#counted < metadata.length; this.#counted += 1) this.#names.add(metadata[this.#counted]!.name);
    return this.#names.size > this.#limit || metadata.length > metadataWords * this.#limit;
  }
}
