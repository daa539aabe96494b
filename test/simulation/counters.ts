import { type LabelSet, labelSetOf } from '../../core/labels.ts';
import type { Chance } from './chance.ts';
import { gridMs, type Happening, onGrid } from './plan.ts';

/** Who counts: lines named by their delivery, or deltas named by their span. */
export type Counter = {
  readonly door: 'statsd' | 'otlp';
  readonly packed: '' | 'gzip';
  readonly job: string;
  readonly instance: string;
};

/** One increment of a series: four to the power of its turn, so that a sum says how often each was counted. */
export type Counted = { readonly labels: LabelSet; readonly turn: number };

/** Sums of so many powers of four are exact in a double, none of them counted more than three times. */
export const mostTurns = 25;

/** In half of the worlds somebody counts; some of them under the source of a producer that pushes samples. */
export const countsOf = (chance: Chance, startMs: number, calmMs: number): Happening[] => {
  if (chance.is(0.5)) return [];
  const counts: Happening[] = [];
  for (let number = 0; number < chance.between(1, 2); number += 1) {
    const counter = {
      door: chance.pick(['statsd', 'otlp'] as const),
      packed: chance.pick(['', 'gzip'] as const),
      ...(chance.is(0.5)
        ? { job: 'job-0', instance: 'host-0:80' }
        : { job: 'counted', instance: chance.is(0.5) ? 'one' : `two-${number}` }),
    };
    const series = Array.from({ length: chance.between(1, 9) }, (_, index) => counterOf(counter, index));
    const intervalMs = gridMs * chance.between(3, 9);
    // Two that count the same series take turns.
    let turn = number;
    let count = 0;
    for (
      let atMs = onGrid(startMs + chance.between(0, intervalMs));
      atMs < calmMs && turn < mostTurns;
      atMs += intervalMs
    ) {
      const counted = series.filter(() => chance.is(0.8)).map(labels => ({ labels, turn }));
      turn += 2;
      count += 1;
      // Keys that count: two counters of one source give the same ones.
      if (counted.length > 0) counts.push({ kind: 'count', atMs, counter, key: String(count), counted });
    }
  }
  return counts;
};

const counterOf = ({ job, instance }: Counter, index: number): LabelSet =>
  labelSetOf([
    ['__name__', `c_${index % 4}_total`],
    ['n', String(index)],
    ['job', job],
    ['instance', instance],
  ]);
