import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LabelSet, labelOf, labelSetOf } from '../../../core/labels.ts';
import { Column } from '../../../core/sample.ts';
import { seriesIn } from '../../../core/segment/read.ts';
import { columnsIn } from '../../../core/segment/read-columns.ts';
import { baseMs, batches } from './generate.ts';

const byLabels = (a: { readonly labels: LabelSet }, b: { readonly labels: LabelSet }): number =>
  JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1;

test('columns are the samples', () => {
  const edge = fc.integer({ min: -4, max: 5 }).map(time => baseMs + 3_600_000 + time * 15_000);
  fc.assert(
    fc.property(batches, edge, edge, fc.constantFrom('', '3'), (all, fromMs, toMs, unwanted) => {
      const source = all[0]!.source;
      const segments = all.map(({ columns }) => columns);
      const wanted = (labels: LabelSet): boolean => labelOf(labels, 'l') !== unwanted;
      const samples = seriesIn(segments, source, wanted, fromMs, toMs).toSorted(byLabels);
      const columns = columnsIn(segments, source, wanted, fromMs, toMs).toSorted(byLabels);
      expect(
        columns.map(({ labels, timesMs, values, stale }) => ({
          labels,
          samples: [...timesMs].map((timestampMs, at) => ({
            timestampMs,
            value: values[at],
            stale: stale?.[at] === 1,
          })),
        })),
      ).toEqual(samples);
    }),
    { numRuns: 2_000 },
  );
});

test('series that are there at all times share them', () => {
  const column = (...values: (number | undefined)[]): Column => {
    const made = new Column(values.length);
    for (const [slot, value] of values.entries()) if (value !== undefined) made.set(slot, value);
    return made;
  };
  const named = (name: string): LabelSet => labelSetOf([['__name__', name]]);
  const segment = {
    timestampsMs: [1, 2, 3],
    pages: new Set<number>(),
    series: [
      { labels: named('a'), column: column(1, 2, 3) },
      { labels: named('b'), column: column(4, 5, 6) },
      { labels: named('c'), column: column(7, undefined, 9) },
    ],
  };
  const [a, b, c] = columnsIn([segment], labelSetOf([['job', 'j']]), () => true, 0, 9);
  expect(a?.timesMs).toBe(b?.timesMs);
  expect([...b!.values]).toEqual([4, 5, 6]);
  expect([...c!.timesMs]).toEqual([1, 3]);
});
