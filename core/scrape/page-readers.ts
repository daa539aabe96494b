import { CommonLines } from '../exposition/common-lines.ts';
import type { Dialect } from '../exposition/dialect.ts';
import type { Exposition } from '../exposition/exposition.ts';
import { PageReader } from '../exposition/page-reader.ts';
import { dialectOf, expositionOf } from '../exposition/read.ts';
import { limits } from '../limits.ts';
import type { Read } from '../reject.ts';
import { type Places, SeriesPlaces } from './places.ts';
import type { Target } from './target.ts';

type Kept = {
  readonly target: Target;
  readonly dialect: Dialect | undefined;
  readonly reader: PageReader | undefined;
  readonly places: SeriesPlaces;
  readonly turn: number;
  bytes: number;
};

/** A page as it was read, and where its series are stored: asked for only where nothing is wrong with it. */
export type ReadTargetPage = Read<Exposition> & { readonly places: () => Places };

/**
 * A reader for each target that is scraped, so that a page is read by how it differs from the one before, and what all of
 * them know of texts, so that one that finds no room here is read by that. Together they
 * hold `mostBytes` at most. Those of targets that were not scraped in this turn go first, longest ago first; where all were, the
 * first that fit stay, since a round through more than fits would find nothing of the round before.
 */
export class PageReaders {
  readonly #kept = new Map<string, Kept>();
  readonly #common: CommonLines;
  readonly #mostBytes: number;
  readonly #mostSamples: number;
  #bytes = 0;
  #turn = 0;

  /** `mostSamples`: of one page. */
  constructor(mostBytes: number = limits.predictedBytes, mostSamples: number = limits.pageSamples) {
    this.#mostBytes = mostBytes;
    this.#mostSamples = mostSamples;
    this.#common = new CommonLines(mostBytes * limits.commonLinesShare);
  }

  /** Begins a turn: an order, by the slot or of a loop. */
  begin(): void {
    this.#turn += 1;
    this.#common.begin();
  }

  /** Whether the target's next page will be read by its last. */
  has(targetId: string): boolean {
    return this.#kept.has(targetId);
  }

  get bytes(): number {
    return this.#bytes + this.#common.bytes;
  }

  /** Undefined where the content type names no exposition. The page must stay as it is; so must the target, or it is another. */
  read(target: Target, contentType: string, page: Uint8Array): ReadTargetPage | undefined {
    const bounds = { samples: this.#mostSamples };
    const dialect = dialectOf(contentType);
    const plainly = dialect === undefined ? expositionOf(contentType) : undefined;
    if (dialect === undefined && plainly === undefined) return undefined;
    const last = this.#take(target.id);
    const isSame = last?.target === target;
    const reader =
      dialect === undefined
        ? undefined
        : isSame && last.dialect === dialect && last.reader !== undefined
          ? last.reader
          : new PageReader(dialect, bounds, { predict: true, common: this.#common });
    const places = isSame ? last.places : new SeriesPlaces(target);
    const kept: Kept = { target, dialect, reader, places, turn: this.#turn, bytes: 0 };
    const read = reader === undefined ? plainly!(page, bounds) : reader.read(page);
    this.#keep(kept);
    const placesOf = (): Places => {
      const found = places.of(read.value.columns.series, { byText: reader === undefined });
      this.#keep(kept);
      return found;
    };
    return { ...read, places: placesOf };
  }

  #take(targetId: string): Kept | undefined {
    const kept = this.#kept.get(targetId);
    if (kept === undefined) return undefined;
    this.#kept.delete(targetId);
    this.#bytes -= kept.bytes;
    return kept;
  }

  #keep(kept: Kept): void {
    this.#take(kept.target.id);
    kept.bytes = (kept.reader?.bytes ?? 0) + kept.places.bytes;
    this.#kept.set(kept.target.id, kept);
    this.#bytes += kept.bytes;
    for (const [oldest, { turn }] of this.#kept) {
      if (this.bytes <= this.#mostBytes && this.#kept.size <= limits.targetsRemembered) break;
      if (turn === this.#turn) {
        this.#take(kept.target.id);
        break;
      }
      this.#take(oldest);
    }
  }
}
