import { expect, test } from 'vitest';
import type { Batch } from '../../../core/batch.ts';
import { type Label, labelSetOf } from '../../../core/labels.ts';
import { type Mirrored, reflectionsOf } from '../../../core/onward/mirror.ts';
import { columnOf } from '../segment/generate.ts';

const stale = [0x7ff00000, 2] as const;
const infinite = [0x7ff00000, 0] as const;
const one = [0x3ff00000, 0] as const;
const two = [0x40000000, 0] as const;

const batchOf = (...series: [Label[], (readonly [number, number] | undefined)[]][]): Batch => ({
  id: 'b',
  via: 'pull',
  source: labelSetOf([['job', 'shop']]) as Batch['source'],
  acceptedAtMs: 0,
  columns: {
    timestampsMs: [10, 20],
    pages: new Set(),
    series: series.map(([labels, slots]) => ({ labels: labelSetOf(labels), column: columnOf(slots) })),
  },
});

const batch = batchOf(
  [[['__name__', 'up']], [one, two]],
  [[['__name__', 'depth']], [two, undefined]],
  [
    [
      ['__name__', 'depth'],
      ['queue', 'a'],
    ],
    [stale, infinite],
  ],
  [[['__name__', 'other']], [one, one]],
);

test.each<[Mirrored[], [number, string, Record<string, number>][]]>([
  [[], []],
  [
    [{ metric: 'up' }],
    [
      [10, 'job=shop', { up: 1 }],
      [20, 'job=shop', { up: 2 }],
    ],
  ],
  // Values of the same labels and time stand together.
  [
    [{ metric: 'up' }, { metric: 'depth' }],
    [
      [10, 'job=shop', { up: 1, depth: 2 }],
      [20, 'job=shop', { up: 2 }],
    ],
  ],
  // Neither staleness nor infinity can be shown.
  [[{ metric: 'depth', labels: { queue: 'a' } }], []],
  [[{ metric: 'up', labels: { job: 'bank' } }], []],
  [[{ metric: 'depth', labels: { job: 'shop' } }], [[10, 'job=shop', { depth: 2 }]]],
])('%j shows %j', (chosen, shown) => {
  const found = reflectionsOf([batch, batch], chosen);
  expect(
    found.map(({ timestampMs, labels, values }) => [timestampMs, labels.map(each => each.join('=')).join(), values]),
  ).toEqual(shown);
});
