import { keyOf, type LabelSet, labelOf } from '../../core/labels.ts';
import type { SeriesSamples } from '../../core/segment/read.ts';
import { areSame, type Bits, bitsOfNumber, isLarger, staleBits, textOfBits } from './values.ts';

/** What went against a promise: what kind of breach, and enough to find it. */
export type Breach = {
  readonly kind:
    | 'lost'
    | 'doubled'
    | 'corrupt'
    | 'invented'
    | 'unreadable'
    | 'accounts'
    | 'rollup'
    | 'refused'
    | 'unheard'
    | 'bug';
  readonly what: string;
};

/** What a delivery promised, and by which name its messages hold it. */
export type Promised = {
  readonly key: string;
  /** Acknowledged: it must be readable, a sample under its bits or under larger ones that somebody else said. */
  must: boolean;
  /** When the last of its messages was taken off the queue: from then on every reader must see it. */
  storedAtMs: number;
};

/** One sample as somebody once said it. `bits` is undefined where any value is good (how long a scrape took). */
export type Said = Promised & {
  readonly labels: LabelSet;
  readonly timestampMs: number;
  readonly bits: Bits | undefined;
};

export type BookedSeries = { readonly labels: LabelSet; readonly at: ReadonlyMap<number, readonly Said[]> };

/** Everything that was ever said, and what must be readable of it. */
export class Books {
  readonly #series = new Map<string, { readonly labels: LabelSet; readonly at: Map<number, Said[]> }>();
  /** Times of whole pages, by source: where a series may end without anybody saying so. */
  readonly #pages = new Map<string, Set<number>>();

  get series(): ReadonlyMap<string, BookedSeries> {
    return this.#series;
  }

  say(labels: LabelSet, timestampMs: number, bits: Bits | undefined): Said {
    const key = keyFor(labels);
    const series = this.#series.get(key) ?? { labels, at: new Map<number, Said[]>() };
    this.#series.set(key, series);
    const name = sampleKey(key, timestampMs);
    const said = { key: name, labels, timestampMs, bits, must: false, storedAtMs: Number.POSITIVE_INFINITY };
    const others = series.at.get(timestampMs);
    if (others === undefined) series.at.set(timestampMs, [said]);
    else others.push(said);
    return said;
  }

  page(labels: LabelSet, timestampMs: number): void {
    const source = nameOfSource(labels);
    this.#pages.set(source, (this.#pages.get(source) ?? new Set()).add(timestampMs));
  }

  pagesOf(labels: LabelSet): ReadonlySet<number> {
    return this.#pages.get(nameOfSource(labels)) ?? new Set();
  }

  /**
   * The breaches in what the store answers when asked for everything, and how many samples it answered with. What was not
   * yet stored before `storedBeforeMs` need not be there.
   */
  audit(
    answered: readonly SeriesSamples[],
    storedBeforeMs = Number.POSITIVE_INFINITY,
  ): { readonly breaches: Breach[]; readonly samples: number } {
    const mustBeThere = ({ must, storedAtMs }: Said): boolean =>
      must && (storedBeforeMs === Number.POSITIVE_INFINITY || storedAtMs < storedBeforeMs);
    const breaches: Breach[] = [];
    const seen = new Set<string>();
    let samples = 0;
    for (const { labels, samples: found } of answered) {
      const key = keyOf(labels);
      if (seen.has(key)) breaches.push({ kind: 'doubled', what: `series ${JSON.stringify(labels)} is answered twice` });
      seen.add(key);
      const booked = this.#series.get(key);
      if (booked === undefined) {
        breaches.push({ kind: 'invented', what: `series ${JSON.stringify(labels)} was never sent` });
        continue;
      }
      const times = new Set<number>();
      for (const { timestampMs, value, stale } of found) {
        const place = (): string => `${JSON.stringify(labels)} at ${timestampMs}`;
        if (times.has(timestampMs)) breaches.push({ kind: 'doubled', what: `${place()} is answered twice` });
        times.add(timestampMs);
        const said = booked.at.get(timestampMs);
        if (said === undefined) {
          // The reader ends a series at the source's next page without it: a marker that nobody sent.
          if (!(stale && this.pagesOf(labels).has(timestampMs)))
            breaches.push({ kind: 'invented', what: `${place()} was never sent` });
          continue;
        }
        const bits = stale ? staleBits : bitsOfNumber(value);
        const breach = judge(said, bits, place, mustBeThere);
        if (
          breach !== undefined &&
          !(stale && this.pagesOf(labels).has(timestampMs) && said.every(each => !mustBeThere(each)))
        )
          breaches.push(breach);
        else if (breach === undefined) samples += 1;
      }
      for (const [timestampMs, said] of booked.at) {
        if (!times.has(timestampMs) && said.some(mustBeThere))
          breaches.push({
            kind: 'lost',
            what: `${JSON.stringify(labels)} at ${timestampMs} was acknowledged and is not there`,
          });
      }
    }
    for (const [key, { labels, at }] of this.#series) {
      if (seen.has(key)) continue;
      const must = [...at.values()].flat().filter(mustBeThere).length;
      if (must > 0)
        breaches.push({ kind: 'lost', what: `all ${must} acknowledged samples of ${JSON.stringify(labels)}` });
    }
    return { breaches, samples };
  }
}

const nameOfSource = (labels: LabelSet): string =>
  JSON.stringify([labelOf(labels, 'job'), labelOf(labels, 'instance')]);

/** Of what was said of one series at one time: one of it, and none smaller than what was acknowledged. */
const judge = (
  said: readonly Said[],
  found: Bits,
  place: () => string,
  mustBeThere: (said: Said) => boolean,
): Breach | undefined => {
  const isEnd = areSame(found, staleBits);
  if (!isEnd && said.some(({ bits }) => bits === undefined)) return undefined;
  if (!said.some(({ bits }) => bits !== undefined && areSame(bits, found))) {
    const wanted = said.map(({ bits }) => (bits === undefined ? 'any number' : textOfBits(bits))).join(' or ');
    return { kind: 'corrupt', what: `${place()} is ${textOfBits(found)}, sent was ${wanted}` };
  }
  const larger = said.find(each => mustBeThere(each) && each.bits !== undefined && isLarger(each.bits, found));
  if (larger === undefined) return undefined;
  return { kind: 'lost', what: `${place()} is ${textOfBits(found)}, acknowledged was ${textOfBits(larger.bits!)}` };
};

/** The name of a sample in messages: its time and series. */
export const sampleKey = (seriesKey: string, timestampMs: number): string => `${timestampMs} ${seriesKey}`;

const keys = new WeakMap<LabelSet, string>();

/** keyOf, remembered: a series has one label set for as long as its plan lives. */
export const keyFor = (labels: LabelSet): string => {
  const known = keys.get(labels);
  if (known !== undefined) return known;
  const key = keyOf(labels);
  keys.set(labels, key);
  return key;
};
