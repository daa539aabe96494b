import type { Family, FamilyType } from '../batch.ts';
import { limits } from '../limits.ts';
import type { Read, Reject } from '../reject.ts';
import { Cursor } from './cursor.ts';
import type { Bounds, Exposition, ParsedSample } from './exposition.ts';
import type { Metadata } from './metadata.ts';

/** What is being gathered from a page. */
export class Page {
  readonly samples: ParsedSample[] = [];
  readonly #families = new Map<string, Family>();

  /** Later metadata of a family wins over earlier. */
  describe({ word, name, text }: Metadata, type?: FamilyType): void {
    const family = this.#families.get(name) ?? { name, type: 'unknown' };
    if (type !== undefined) this.#families.set(name, { ...family, type });
    else if (word === 'HELP') this.#families.set(name, { ...family, help: text });
    else if (text !== '') this.#families.set(name, { ...family, unit: text });
    else this.#families.set(name, family);
  }

  get familyCount(): number {
    return this.#families.size;
  }

  exposition(): Exposition {
    return { samples: this.samples, families: [...this.#families.values()] };
  }
}

/**
 * Reads one entry, newline included, from the start of a line: `entry` when there is another one to read, `end` when
 * the page says it is over, `failed` with a problem on the cursor.
 */
export type ReadEntry = (cursor: Cursor, page: Page, line: number) => 'entry' | 'end' | 'failed';

/** Reads entry after entry; what is wrong with one costs that line and no other. */
export const readPage = (bytes: Uint8Array, bounds: Bounds, readEntry: ReadEntry): Read<Exposition> => {
  const cursor = new Cursor(bytes, bounds);
  const page = new Page();
  const rejects: Reject[] = [];
  let line = 1;
  while (rejects.length < limits.rejectsListed) {
    const start = cursor.at;
    const outcome = readEntry(cursor, page, line);
    const length = cursor.at - start - 1;
    if (outcome !== 'failed' && length > cursor.bounds.lineBytes) {
      cursor.fail('line_limit', `${length} bytes in a line, the limit is ${cursor.bounds.lineBytes}`, start);
      if (page.samples.at(-1)?.line === line) page.samples.pop();
    }
    if (cursor.problem !== undefined) {
      rejects.push(cursor.rejectOf(cursor.problem, start, line));
      cursor.problem = undefined;
      cursor.quotedNewlines = 0;
      cursor.at = Math.min(cursor.lineEnd(start) + 1, bytes.length);
      line += 1;
      // A missing end is told once, also where the last line was wrong: there the line was the trouble.
      if (outcome === 'end' || cursor.atEnd) break;
      continue;
    }
    if (outcome === 'end') break;
    line += 1 + cursor.quotedNewlines;
    cursor.quotedNewlines = 0;
    if (page.samples.length > bounds.samples || page.familyCount > bounds.samples) {
      const [code, what] =
        page.samples.length > bounds.samples ? ['sample_limit', 'samples'] : ['family_limit', 'families'];
      page.samples.length = Math.min(page.samples.length, bounds.samples);
      rejects.push({
        code,
        place: { line: line - 1 },
        reason: `more than ${bounds.samples} ${what}, the limit is ${bounds.samples}`,
      });
      break;
    }
  }
  return { value: page.exposition(), rejects };
};
