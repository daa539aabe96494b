import fc from 'fast-check';
import { type Batch, sourceOf } from '../../../core/batch.ts';
import { labelSetOf } from '../../../core/labels.ts';
import { Column } from '../../../core/sample.ts';

/** The two halves of a value's bits; special values often enough to matter. */
export const bits: fc.Arbitrary<readonly [high: number, low: number]> = fc.oneof(
  fc.constantFrom(
    [0x7ff00000, 0x00000002], // The staleness marker.
    [0x7ff80000, 0x00000001], // Prometheus's ordinary NaN.
    [0xfff12345, 0x6789abcd], // A NaN with a payload.
    [0x7ff00000, 0],
    [0xfff00000, 0],
    [0x80000000, 0], // -0
    [0, 1], // The least number above 0.
    [0x7fefffff, 0xffffffff],
  ) as fc.Arbitrary<readonly [number, number]>,
  fc
    .oneof(
      fc.double(),
      fc.integer(),
      fc.integer().map(each => each / 1_000),
      fc.maxSafeInteger(),
    )
    .map(value => {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, value);
      return [view.getUint32(0), view.getUint32(4)] as const;
    }),
);

export const columnOf = (slots: readonly (readonly [number, number] | undefined)[]): Column => {
  const column = new Column(slots.length);
  for (const [slot, pair] of slots.entries()) if (pair !== undefined) column.setBits(slot, pair[0], pair[1]);
  return column;
};

/** The bits of a column, absent slots as undefined. */
export const bitsOf = (column: Column): (string | undefined)[] =>
  Array.from({ length: column.length }, (_, slot) =>
    column.has(slot) ? `${column.high(slot).toString(16)}:${column.low(slot).toString(16)}` : undefined,
  );

const hour = 3_600_000;
export const baseMs = Date.UTC(2026, 0, 1, 10);

const source = sourceOf(
  labelSetOf([
    ['job', 'j'],
    ['instance', 'i'],
  ]),
);

/** Batches of one source over a few times around an hour's edge, so that they overlap and disagree. */
export const batches: fc.Arbitrary<Batch[]> = fc
  .array(
    fc.record({
      times: fc.uniqueArray(fc.integer({ min: -3, max: 4 }), { minLength: 1, maxLength: 4 }),
      names: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 }),
      page: fc.boolean(),
      values: fc.array(fc.option(bits, { nil: undefined }), { minLength: 16, maxLength: 16 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map(made =>
    made.map(({ times, names, page, values }, index) => {
      const timestampsMs = times.toSorted((a, b) => a - b).map(time => baseMs + hour + time * 15_000);
      return {
        id: `batch-${index}`,
        via: 'pull' as const,
        source,
        acceptedAtMs: baseMs + index,
        columns: {
          timestampsMs,
          pages: new Set(page ? timestampsMs.keys() : []),
          series: names.map((name, row) => ({
            labels: labelSetOf([
              ['__name__', `m${name}`],
              ['l', String(name)],
            ]),
            column: columnOf(timestampsMs.map((_, slot) => values[row * 4 + slot])),
          })),
        },
      };
    }),
  );
