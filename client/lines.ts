/** Labels of a series: names and values, numbers and truth values as they are written. */
export type Labels = Readonly<Record<string, string | number | boolean>>;

type Kind = 'c' | 'g' | 'h';

/** What a line of StatsD takes for the end of something. */
const unsafe = /[|,#:@\s]/g;
const unsafeInValues = /[|,\n\r#]/g;

/** Name and labels as they stand in a line, around the value: series that are the same have the same key. */
export type SeriesKey = { readonly name: string; readonly tags: string; readonly text: string };

export const seriesKeyOf = (name: string, labels: Labels): SeriesKey => {
  let tags = '';
  for (const label of Object.keys(labels).sort()) {
    const value = String(labels[label]).replace(unsafeInValues, '_');
    if (value !== '') tags += `${tags === '' ? '|#' : ','}${label.replace(unsafe, '_')}:${value}`;
  }
  const safe = name.replace(unsafe, '_');
  return { name: safe, tags, text: `${safe}${tags}` };
};

export const lineOf = ({ name, tags }: SeriesKey, value: number, kind: Kind, times = 1): string =>
  `${name}:${value}|${kind}${times > 1 ? `|@${1 / times}` : ''}${tags}\n`;

/** Different values of one histogram that are kept apart between two flushes; further ones are told as the mean of the rest. */
const mostValues = 1_000;

type Observed = { readonly key: SeriesKey; readonly times: Map<number, number>; rest: number; restSum: number };

/** What was told since the last flush, added up. */
export class Tally {
  readonly #counts = new Map<string, { readonly key: SeriesKey; value: number }>();
  readonly #gauges = new Map<string, { readonly key: SeriesKey; value: number }>();
  readonly #observed = new Map<string, Observed>();

  count(key: SeriesKey, by: number): void {
    if (!Number.isFinite(by)) return;
    const known = this.#counts.get(key.text);
    if (known === undefined) this.#counts.set(key.text, { key, value: by });
    else known.value += by;
  }

  gauge(key: SeriesKey, value: number): void {
    if (Number.isFinite(value)) this.#gauges.set(key.text, { key, value });
  }

  observe(key: SeriesKey, value: number): void {
    if (!Number.isFinite(value)) return;
    const known = this.#observed.get(key.text) ?? { key, times: new Map(), rest: 0, restSum: 0 };
    this.#observed.set(key.text, known);
    const times = known.times.get(value);
    if (times !== undefined || known.times.size < mostValues) known.times.set(value, (times ?? 0) + 1);
    else {
      known.rest += 1;
      known.restSum += value;
    }
  }

  *lines(): Generator<string> {
    for (const { key, value } of this.#counts.values()) yield lineOf(key, value, 'c');
    for (const { key, value } of this.#gauges.values()) {
      // A sign means a change: below zero it is set to zero and moved from there.
      if (value < 0) yield lineOf(key, 0, 'g');
      yield lineOf(key, value, 'g');
    }
    for (const { key, times, rest, restSum } of this.#observed.values()) {
      for (const [value, count] of times) yield lineOf(key, value, 'h', count);
      if (rest > 0) yield lineOf(key, restSum / rest, 'h', rest);
    }
  }
}
