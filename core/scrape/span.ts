import type { Batch } from '../batch.ts';
import { type Columns, columnsOfRows, countOf } from '../columns.ts';
import { unionOf } from '../segment/union.ts';

/** Memory of a label set that nobody else keeps, and of a value, about. */
const labelSetBytes = 300;
const valueBytes = 8;

/** Bytes that keeping this batch beside the one before it takes, about: pages that have the same series share their list. */
export const heldBytesOf = ({ columns }: Batch, before: Batch | undefined): number =>
  columns.rows !== undefined && columns.rows.labels === before?.columns.rows?.labels
    ? countOf(columns) * valueBytes
    : countOf(columns) * (valueBytes + labelSetBytes);

/**
 * Batches of one target's scrapes, oldest slot first, in as few batches as say the same: whole pages of its own source become
 * one, anything else stays as it is. `id` names the delivery.
 */
export const together = (batches: readonly Batch[], id: string): Batch[] => {
  const pages = batches.filter(({ columns }) => columns.rows !== undefined);
  const others = batches.filter(({ columns }) => columns.rows === undefined);
  if (pages.length < 2) return [...batches];
  const last = pages.at(-1)!;
  const { id: _, families: __, ...said } = last;
  return [{ ...said, id, columns: joined(pages.map(({ columns }) => columns)) }, ...others];
};

const joined = (pages: readonly Columns[]): Columns => {
  const timestampsMs = pages.map(({ timestampsMs }) => timestampsMs[0]!);
  const whole = pages.map(({ pages: slots }) => slots.size > 0);
  const { labels } = pages[0]!.rows!;
  if (pages.every(({ rows }) => rows!.labels === labels))
    return columnsOfRows(timestampsMs, whole, { labels, values: pages.flatMap(({ rows }) => rows!.values) });
  const { series, pages: slots } = unionOf(pages, timestampsMs, new Set(timestampsMs.filter((_, at) => whole[at])));
  return { timestampsMs, pages: slots, series };
};
