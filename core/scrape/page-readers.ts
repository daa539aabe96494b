import type { Dialect } from '../exposition/dialect.ts';
import type { Exposition } from '../exposition/exposition.ts';
import { PageReader } from '../exposition/page-reader.ts';
import { dialectOf, expositionOf } from '../exposition/read.ts';
import { limits } from '../limits.ts';
import type { Read } from '../reject.ts';

type Kept = { readonly dialect: Dialect; readonly reader: PageReader; bytes: number };

/**
 * A reader for each target that is scraped, so that a page is read by how it differs from the one before. Together they
 * hold limits.predictedBytes at most; those of the targets that were not scraped for longest go first.
 */
export class PageReaders {
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined where the content type names no exposition. The page must stay as it is. */
  read(targetId: string, contentType: string, page: Uint8Array): Read<Exposition> | undefined {
    const bounds = { samples: limits.pageSamples };
    const dialect = dialectOf(contentType);
    if (dialect === undefined) return expositionOf(contentType)?.(page, bounds);
    const kept = this.#take(targetId);
    const { reader } =
      kept?.dialect === dialect ? kept : { reader: new PageReader(dialect, bounds, { predict: true }) };
    const read = reader.read(page);
    this.#keep(targetId, { dialect, reader, bytes: reader.bytes });
    return read;
  }

  #take(targetId: string): Kept | undefined {
    const kept = this.#kept.get(targetId);
    if (kept === undefined) return undefined;
    this.#kept.delete(targetId);
    this.#bytes -= kept.bytes;
    return kept;
  }

  #keep(targetId: string, kept: Kept): void {
    this.#kept.set(targetId, kept);
    this.#bytes += kept.bytes;
    for (const [oldest] of this.#kept) {
      if (this.#bytes <= limits.predictedBytes && this.#kept.size <= limits.targetsRemembered) break;
      this.#take(oldest);
    }
  }
}
