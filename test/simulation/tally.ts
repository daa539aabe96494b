import { keyOf, type LabelSet, labelSetOf } from '../../core/labels.ts';
import { limits } from '../../core/limits.ts';
import type { SeriesSamples } from '../../core/segment/read.ts';
import type { Matrix } from './answers.ts';
import { type Breach, keyFor, type Promised } from './books.ts';
import type { Counted } from './counters.ts';

/** The name of an increment in messages: each value of a series is counted by one increment alone. */
export const incrementKey = (seriesKey: string, value: number): string => `+${value} ${seriesKey}`;

type Turn = Promised & { readonly turn: number };
type Tallied = { readonly labels: LabelSet; readonly turns: Map<number, Turn> };

/** Everything that was ever counted. A retry says the same increment again: it is one, whoever of its tries was heard. */
export class Tally {
  readonly #series = new Map<string, Tallied>();

  say({ labels, turn }: Counted): Promised {
    const key = keyFor(labels);
    const series = this.#series.get(key) ?? { labels, turns: new Map<number, Turn>() };
    this.#series.set(key, series);
    const known = series.turns.get(turn);
    if (known !== undefined) return known;
    const said = { key: incrementKey(key, 4 ** turn), turn, must: false, storedAtMs: Number.POSITIVE_INFINITY };
    series.turns.set(turn, said);
    return said;
  }

  get isEmpty(): boolean {
    return this.#series.size === 0;
  }

  has(labels: LabelSet): boolean {
    return this.#series.has(keyOf(labels));
  }

  /** An answer without its counters. */
  without(matrix: Matrix): Matrix {
    const result = matrix.data.result.filter(({ metric }) => !this.has(labelSetOf(Object.entries(metric))));
    return { ...matrix, data: { ...matrix.data, result } };
  }

  /** Holds counters as they were read against what was counted: each increment at most once, and once where it must be. */
  audit(
    answered: readonly SeriesSamples[],
    storedBeforeMs = Number.POSITIVE_INFINITY,
  ): { readonly breaches: Breach[]; readonly increments: number } {
    const breaches: Breach[] = [];
    let increments = 0;
    const all = Map.groupBy(answered, ({ labels }) => keyOf(labels));
    const found = new Map([...all].map(([key, parts]) => [key, timesOf(parts.flatMap(({ samples }) => samples))]));
    for (const [key, { labels, turns }] of this.#series) {
      const times = found.get(key) ?? [];
      const place = (turn: number): string => `increment ${turn} of ${JSON.stringify(labels)}`;
      for (const [turn, count] of times.entries()) {
        const said = turns.get(turn);
        increments += said === undefined ? 0 : Math.min(count, 1);
        if (count > 1) breaches.push({ kind: 'doubled', what: `${place(turn)} is counted ${count} times` });
        if (count > 0 && said === undefined) breaches.push({ kind: 'invented', what: `${place(turn)} was never sent` });
      }
      for (const { turn, must, storedAtMs } of turns.values()) {
        const isDue = must && (storedBeforeMs === Number.POSITIVE_INFINITY || storedAtMs < storedBeforeMs);
        if (isDue && (times[turn] ?? 0) === 0)
          breaches.push({ kind: 'lost', what: `${place(turn)} was acknowledged and is not counted` });
      }
    }
    return { breaches, increments };
  }
}

/** How often each turn was counted: the digits, base four, of what the counter came to in all its hours. */
const timesOf = (samples: SeriesSamples['samples']): number[] => {
  const last = new Map<number, number>();
  for (const { timestampMs, value } of samples) last.set(Math.floor(timestampMs / limits.segmentSpanMs), value);
  const times: number[] = [];
  for (let left = [...last.values()].reduce((sum, value) => sum + value, 0); left > 0; left = Math.floor(left / 4))
    times.push(left % 4);
  return times;
};
