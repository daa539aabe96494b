import type { LabelSet } from './labels.ts';
import { Column } from './sample.ts';

/** One series of a block: its labels and its values at the block's times. */
export type SeriesColumn = { readonly labels: LabelSet; readonly column: Column };

/**
 * Several series over shared times.
 *
 * `timestampsMs` ascends without repeats. `pages` holds the slots at which the source's whole page was read (a scrape):
 * a series of that source that has no value at such a slot has ended there, so staleness is derived on reading and needs
 * no memory of the page before. No label set stands twice.
 */
export type Columns = {
  readonly timestampsMs: readonly number[];
  readonly pages: ReadonlySet<number>;
  readonly series: readonly SeriesColumn[];
  /**
   * Given where the values are increments: the name of each slot's. Slots then ascend by time and, at one time, by tag; a
   * time may stand several times, and there are no pages. See core/segment/increments.ts.
   */
  readonly tags?: readonly number[];
  /** The same as `series` where there is one time alone: how a page comes, and goes to the buffer. */
  readonly row?: PageRow;
};

/** One value for each label set. The list of these is the very same one where the page before had the same series. */
export type PageRow = { readonly labels: readonly LabelSet[]; readonly values: Float64Array };

/** A page's columns, made only if somebody looks at them. */
export const columnsOfRow = (timestampMs: number, isWholePage: boolean, row: PageRow): Columns => {
  let series: SeriesColumn[] | undefined;
  return {
    timestampsMs: [timestampMs],
    pages: new Set(isWholePage ? [0] : []),
    row,
    get series() {
      series ??= row.labels.map((labels, at) => {
        const column = new Column(1);
        column.set(0, row.values[at]!);
        return { labels, column };
      });
      return series;
    },
  };
};

/** How many values there are. */
export const countOf = (columns: Columns): number => {
  if (columns.row !== undefined) return columns.row.values.length;
  let count = 0;
  for (const { column } of columns.series) for (const present of column.present) count += present;
  return count;
};
