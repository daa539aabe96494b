import type { LabelSet } from '../labels.ts';
import type { Dialect } from './dialect.ts';
import { KnownLines } from './known-lines.ts';

/** A text takes so many times its length, about: with what it means, where it is stored and found. */
const bytesOfText = 10;

/** After so many turns in which texts found no room all begins anew: some that have it are on no page any more. */
const turnsWithout = 8;

/** Lists that end in the same series and are looked through: replicas have one, and another while they change. */
const listsKept = 2;

/**
 * What the pages of many targets have in common: replicas have the same texts, which are read once for all of them, and
 * the same list of series, which is then one and the same list.
 */
export class CommonLines {
  readonly #mostTextBytes: number;
  readonly #known = new Map<Dialect, KnownLines>();
  readonly #lists = new WeakMap<LabelSet, readonly (readonly LabelSet[])[]>();
  #turns = 0;

  constructor(mostBytes: number) {
    this.#mostTextBytes = Math.floor(mostBytes / bytesOfText);
  }

  /** To be called now and then, when no page is being read. */
  begin(): void {
    const isShort = [...this.#known.values()].some(({ refused }) => refused > 0);
    this.#turns = isShort ? this.#turns + 1 : 0;
    if (this.#turns < turnsWithout) return;
    this.#known.clear();
    this.#turns = 0;
  }

  /** Another one where all began anew: ids of the one before mean nothing to it. */
  of(dialect: Dialect): KnownLines {
    const known = this.#known.get(dialect) ?? new KnownLines(dialect, this.#mostTextBytes);
    this.#known.set(dialect, known);
    return known;
  }

  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#known.values()) sum += bytes;
    return sum;
  }

  /** The list that has these very series in this order, whoever had it first. */
  listOf(series: LabelSet[]): LabelSet[] {
    const last = series.at(-1);
    if (last === undefined) return series;
    const lists = this.#lists.get(last) ?? [];
    const same = lists.find(list => list.length === series.length && list.every((labels, at) => labels === series[at]));
    if (same !== undefined) return same as LabelSet[];
    this.#lists.set(last, [series, ...lists.slice(0, listsKept - 1)]);
    return series;
  }
}
