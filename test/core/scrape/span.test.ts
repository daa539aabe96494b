import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../core/batch.ts';
import { columnsOfRows } from '../../../core/columns.ts';
import { keyOf, type LabelSet, labelSetOf } from '../../../core/labels.ts';
import { heldBytesOf, ListsInHand, slim, together } from '../../../core/scrape/span.ts';
import { decodeBatch, encodeBatch } from '../../../core/segment/batch-message.ts';

const names = Array.from({ length: 8 }, (_, index) => labelSetOf([['__name__', `m${index}`]]));

const pageOf = (slotMs: number, labels: readonly LabelSet[], value: number, isWhole = true): Batch => ({
  id: `t@${slotMs}`,
  via: 'pull',
  source: labelSetOf([['job', 'j']]),
  acceptedAtMs: slotMs,
  columns: columnsOfRows([slotMs], [isWhole], { labels, values: [Float64Array.from(labels, (_, at) => value + at)] }),
});

/** Everything that batches say: each sample, and which times are whole pages. */
const saidIn = (batches: readonly Batch[]): string[] => {
  const said: string[] = [];
  for (const message of batches.flatMap(encodeBatch)) {
    const read = decodeBatch(message);
    if (!read.ok) throw new Error('not read');
    const { timestampsMs, pages, series } = read.batch.columns;
    for (const slot of pages) said.push(`page ${timestampsMs[slot]}`);
    for (const { labels, column } of series)
      for (const [slot, timestampMs] of timestampsMs.entries())
        if (column.has(slot)) said.push(`${keyOf(labels)} ${timestampMs} ${column.high(slot)}:${column.low(slot)}`);
  }
  return said.toSorted();
};

test('what pages say together is what they say one by one', () => {
  const page = fc.tuple(fc.uniqueArray(fc.constantFrom(...names), { maxLength: 8 }), fc.double(), fc.boolean());
  fc.assert(
    fc.property(fc.array(page, { minLength: 1, maxLength: 9 }), pages => {
      // Some have the very list of the page before.
      const lists = pages.map(([labels]) => labels);
      const batches = pages.map(([, value, isWhole], at) =>
        pageOf(15_000 * (at + 1), lists[at % 3 === 2 ? at - 1 : at]!, value, isWhole),
      );
      const joined = together(batches, 't@span');
      expect(joined).toHaveLength(1);
      expect(saidIn(joined)).toEqual(saidIn(batches));
    }),
  );
});

test('pages of the same series stay rows, under the name of all and the last one’s time', () => {
  const [batch, ...others] = together([pageOf(1_000, names, 1), pageOf(2_000, names, 2)], 't@1000-2000');
  expect(others).toEqual([]);
  expect(batch).toMatchObject({ id: 't@1000-2000', acceptedAtMs: 2_000 });
  expect(batch!.columns.rows?.labels).toBe(names);
});

test('what is no page of the target’s own stays as it is', () => {
  const other = { ...pageOf(1_000, names, 1), columns: { timestampsMs: [5], pages: new Set<number>(), series: [] } };
  expect(together([other, pageOf(1_000, names, 1)], 'x')).toHaveLength(2);
  const [first, second] = together([other, pageOf(1_000, names, 1), pageOf(2_000, names, 1)], 'x');
  expect(first!.id).toBe('x');
  expect(second).toBe(other);
});

test('slimmed, a page says the same, and is joined with what has the same labels', () => {
  const pages = [pageOf(1_000, names, 1), pageOf(2_000, [...names], 2, false), pageOf(3_000, names.slice(1), 3)];
  expect(saidIn(pages.map(slim))).toEqual(saidIn(pages));
  const [both] = together([slim(pages[0]!), slim(pages[1]!)], 'x');
  expect(both!.columns.rows?.values).toHaveLength(2);
  expect(saidIn([both!])).toEqual(saidIn(pages.slice(0, 2)));
  expect(saidIn(together(pages.map(slim), 'x'))).toEqual(saidIn(pages));
  expect(saidIn(together([slim(pages[0]!), pages[1]!, pages[2]!], 'x'))).toEqual(saidIn(pages));
});

test('a page takes its values’ bytes, and what its labels are written down in', () => {
  expect(heldBytesOf(pageOf(1_000, names, 1))).toBe(64);
  const slimmed = slim(pageOf(1_000, names, 1));
  expect(heldBytesOf(slimmed)).toBeGreaterThan(64);
});

describe('lists of labels in hand', () => {
  const listOf = (count: number) => Array.from({ length: count }, (_, at) => labelSetOf([['__name__', `m${at}`]]));

  test('take their room once, however many batches have them', () => {
    const lists = new ListsInHand(10);
    const list = listOf(8);
    for (let batch = 0; batch < 5; batch += 1) expect(lists.take(list)).toBe(true);
    expect(lists.take(listOf(3))).toBe(false);
    expect(lists.take(listOf(2))).toBe(true);
  });

  test('give it back once nobody has them any more', () => {
    const lists = new ListsInHand(10);
    const list = listOf(8);
    lists.take(list);
    lists.take(list);
    lists.give(list);
    expect(lists.take(listOf(8))).toBe(false);
    lists.give(list);
    lists.give(listOf(8));
    expect(lists.take(listOf(10))).toBe(true);
  });
});
