import type { LabelSet } from './labels.ts';
import type { Column } from './sample.ts';

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
};

/** How many values there are. */
export const countOf = ({ series }: Columns): number => {
  let count = 0;
  for (const { column } of series) for (const present of column.present) count += present;
  return count;
};
