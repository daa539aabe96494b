import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Batch } from '../../../core/batch.ts';
import { columnsOfRows } from '../../../core/columns.ts';
import { labelSetOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { decodeBatch, encodeBatch } from '../../../core/segment/batch-message.ts';
import { ByteWriter } from '../../../core/segment/bytes.ts';
import { writeNumbers, writeRows } from '../../../core/segment/columns-codec.ts';

const labelsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => labelSetOf([['__name__', `m${index}`]]));

const batchOf = (values: Float64Array, isWhole = true): Batch => ({
  id: 'a@1',
  via: 'pull',
  source: labelSetOf([['job', 'j']]),
  acceptedAtMs: 5_000,
  columns: columnsOfRows([5_000], [isWhole], { labels: labelsOf(values.length), values: [values] }),
});

const value = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(Number.NaN, -0, Number.POSITIVE_INFINITY, 0.1, 1e15, 2 ** 51, 2 ** 53, 5e-324),
);

test('rows are written as their columns are, to the byte', () => {
  const pages = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 9 })).chain(([series, times]) =>
    fc.tuple(
      fc.array(fc.array(value, { minLength: series, maxLength: series }), { minLength: times, maxLength: times }),
      fc.array(fc.boolean(), { minLength: times, maxLength: times }),
      // How many series say at every time what they said at the first.
      fc.integer({ min: 0, max: series }),
    ),
  );
  fc.assert(
    fc.property(pages, ([lists, whole, steady]) => {
      const values = lists.map(list => Float64Array.from([...lists[0]!.slice(0, steady), ...list.slice(steady)]));
      const timestampsMs = values.map((_, slot) => 5_000 + slot * 15_000);
      const columns = columnsOfRows(timestampsMs, whole, { labels: labelsOf(values[0]!.length), values });
      const [rows, plain] = [new ByteWriter(), new ByteWriter()];
      writeRows(rows, timestampsMs, columns.pages, values);
      writeNumbers(plain, { ...columns, columns: columns.series.map(({ column }) => column) });
      expect(rows.done()).toEqual(plain.done());
    }),
  );
});

test('a row crosses the buffer, again and again, as its columns would', () => {
  const values = Float64Array.of(1, Number.NaN, -0, 0.5);
  const batch = batchOf(values);
  for (let time = 0; time < 2; time += 1) {
    const read = encodeBatch(batch).map(decodeBatch);
    expect(read).toHaveLength(1);
    const [first] = read;
    if (!first?.ok) throw new Error('unreadable');
    expect(first.batch.columns.series.map(({ labels, column }) => [labels, column.high(0), column.low(0)])).toEqual(
      batch.columns.series.map(({ labels, column }) => [labels, column.high(0), column.low(0)]),
    );
    expect([...first.batch.columns.pages]).toEqual([0]);
  }
});

test('series that messages have again are the very same objects', () => {
  const [one, two] = [1, 2].map(number => decodeBatch(encodeBatch(batchOf(Float64Array.of(number)))[0]!));
  if (!one?.ok || !two?.ok) throw new Error('unreadable');
  expect(two.batch.columns.series[0]?.labels).toBe(one.batch.columns.series[0]?.labels);
});

test('a row that is too long for a message is cut', () => {
  const labels = Array.from({ length: 30_000 }, (_, index) =>
    labelSetOf([
      ['__name__', 'm'],
      ['a', createHash('sha512').update(String(index)).digest('base64')],
    ]),
  );
  const values = Float64Array.from(labels, (_, index) => Math.sin(index));
  const batch = { ...batchOf(values), columns: columnsOfRows([5_000], [true], { labels, values: [values] }) };
  const messages = encodeBatch(batch);
  expect(messages.length).toBeGreaterThan(1);
  for (const message of messages) expect(message.length).toBeLessThanOrEqual(limits.messageBytes);
  const parts = messages.map(decodeBatch);
  expect(parts.flatMap(each => (each.ok ? each.batch.columns.series : [])).length).toBe(labels.length);
});
