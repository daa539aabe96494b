import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plotOf } from '../../bin/commands/plot.ts';

const plot = (...values: (number | null)[]): string[] => plotOf([{ name: '', values }], 30, 4);

test('a rising line begins at the bottom left and ends at the top right', () => {
  const lines = plot(0, 1, 2, 3);
  expect(lines.length).toBe(4);
  expect(lines[0]).toMatch(/^ *3 ┤/);
  expect(lines[3]).toMatch(/^ *0 ┤/);
  expect(lines[0]!.at(-1)).not.toBe('\u2800');
  expect(lines[3]!.split('┤')[1]![0]).not.toBe('\u2800');
  expect(lines[0]!.split('┤')[1]![0]).toBe('\u2800');
});

test.each([
  ['nothing', []],
  ['nothing but gaps', [null, null]],
  ['nothing that can be drawn', [Number.NaN, Number.POSITIVE_INFINITY]],
])('%s gives no plot', (_, values) => {
  expect(plot(...values)).toEqual([]);
});

test('what never moves is one row, with its value', () => {
  expect(plot(7, 7, 7)).toEqual([expect.stringMatching(/^7 ┤[^\u2800]+$/)]);
});

test('a gap stays a gap', () => {
  const lines = plot(1, 2, null, null, null, null, null, null, 1, 2);
  const drawn = lines.map(line => line.split('┤')[1]!);
  const middle = Math.floor(drawn[0]!.length / 2);
  for (const line of drawn) expect(line[middle]).toBe('\u2800');
});

test('whatever it is, it fits', () => {
  const values = fc.array(fc.option(fc.double(), { nil: null }), { maxLength: 300 });
  fc.assert(
    fc.property(fc.array(values, { maxLength: 3 }), fc.integer({ min: 20, max: 200 }), (series, columns) => {
      const lines = plotOf(
        series.map(each => ({ name: '', values: each })),
        columns,
        5,
      );
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(columns, 40));
    }),
  );
});
