import { expect, test } from 'vitest';
import { CommonLines } from '../../../core/exposition/common-lines.ts';
import { PageReader } from '../../../core/exposition/page-reader.ts';
import { textDialect } from '../../../core/exposition/text.ts';

const bounds = { samples: 1_000 };
const pageOf = (count: number, name = 'a'): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, at) => `${name}{at="${at}"} ${at}\n`).join(''));

const readersIn = (common: CommonLines, count: number): PageReader[] =>
  Array.from({ length: count }, () => new PageReader(textDialect, bounds, { predict: true, common }));

test('replicas have the very same list of series, and go on having it when it grows', () => {
  const readers = readersIn(new CommonLines(1_000_000), 3);
  for (const count of [10, 10, 25, 25, 7, 30]) {
    const lists = readers.map(reader => reader.read(pageOf(count)).value.columns.series);
    expect(lists[0]).toHaveLength(count);
    expect(new Set(lists).size).toBe(1);
  }
});

test('lists that differ anywhere are not the same', () => {
  const common = new CommonLines(1_000_000);
  const [one, two] = readersIn(common, 2);
  const first = one!.read(Buffer.from('a 1\nb 1\nc 1\n')).value.columns.series;
  const second = two!.read(Buffer.from('b 1\na 1\nc 1\n')).value.columns.series;
  expect(second).not.toBe(first);
  expect(second[0]).toBe(first[1]);
});

test('what is common is bounded, and who finds no room there accounts for it himself', () => {
  const common = new CommonLines(20_000);
  const [reader] = readersIn(common, 1);
  reader!.read(pageOf(900, 'some_name_that_is_rather_long'));
  expect(common.bytes).toBeLessThanOrEqual(40_000);
  expect(reader!.bytes).toBeGreaterThan(300_000);
  const [roomy] = readersIn(new CommonLines(10_000_000), 1);
  roomy!.read(pageOf(900, 'some_name_that_is_rather_long'));
  expect(roomy!.bytes).toBeLessThan(200_000);
});

test('what is on no page any more makes room in the end', () => {
  const common = new CommonLines(40_000);
  const [first, second] = readersIn(common, 2);
  first!.read(pageOf(900, 'gone'));
  const seriesOf = (): [unknown, unknown] => {
    common.begin();
    return [first!, second!].map(reader => reader.read(pageOf(20, 'here')).value.columns.series) as [unknown, unknown];
  };
  const [before, other] = seriesOf();
  expect(before).not.toBe(other);
  for (let turn = 0; turn < 8; turn += 1) seriesOf();
  const [after, same] = seriesOf();
  expect(after).toBe(same);
});
