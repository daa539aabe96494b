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
  /** The labels of `series` in their order, where that is the very same list for whoever has the same series. */
  readonly sets?: readonly LabelSet[];
  /** The same as `series` where every series has a value at every time: how pages come, and go to the buffer. */
  readonly rows?: PageRows;
};

/** For each time one value for each label set. The list of these is the very same one where the page before had the same series. */
type PageRows = {
  readonly labels: LabelList;
  readonly values: readonly Float64Array[];
};

/** A list of label sets, as they are or written down to be read again when somebody looks at them. */
export type LabelList = readonly LabelSet[] | WrittenLabels;

/** See core/segment/written-labels.ts. */
export type WrittenLabels = {
  readonly bytes: Uint8Array;
  readonly length: number;
  read(): readonly LabelSet[];
};

const setsIn = (labels: LabelList): readonly LabelSet[] => ('read' in labels ? labels.read() : labels);

/** Pages' columns, made only if somebody looks at them. `whole`: at which times they are all there is of their source. */
export const columnsOfRows = (timestampsMs: readonly number[], whole: readonly boolean[], rows: PageRows): Columns => {
  let series: SeriesColumn[] | undefined;
  return {
    timestampsMs,
    pages: new Set(whole.keys().filter(slot => whole[slot])),
    rows,
    get series() {
      series ??= setsIn(rows.labels).map((labels, at) => {
        const column = new Column(timestampsMs.length);
        for (const [slot, values] of rows.values.entries()) column.set(slot, values[at]!);
        return { labels, column };
      });
      return series;
    },
  };
};

/** How many values there are. */
export const countOf = (columns: Columns): number => {
  const { rows } = columns;
  if (rows !== undefined) return rows.labels.length * rows.values.length;
  let count = 0;
  for (const { column } of columns.series) count += column.count;
  return count;
};
