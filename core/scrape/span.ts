import type { Batch } from '../batch.ts';
import { type Columns, columnsOfRows, countOf, type LabelList } from '../columns.ts';
import { boundedExemplars } from '../exemplars.ts';
import { limits } from '../limits.ts';
import { Column } from '../sample.ts';
import { joinedLists } from '../segment/joined-lists.ts';
import { unionOf } from '../segment/union.ts';
import { areSameLists, writtenLabels } from '../segment/written-labels.ts';

/** Memory of a label set that nobody else keeps, and of a value, about. */
const labelSetBytes = 300;
const valueBytes = 8;

/** Bytes that keeping this batch until it is handed over takes, about, besides a list of labels that somebody keeps anyway. */
export const heldBytesOf = ({ columns }: Batch): number => {
  const labels = columns.rows?.labels;
  if (labels === undefined) return countOf(columns) * (valueBytes + labelSetBytes);
  return countOf(columns) * valueBytes + ('read' in labels ? labels.bytes.length : 0);
};

/**
 * Lists of labels that batches in hand have in common, as replicas do: each takes its room once. Those of targets that are all
 * different take it for each of them, and are written down once `mostSets` are in hand.
 */
export class ListsInHand {
  readonly #mostSets: number;
  readonly #holders = new Map<LabelList, number>();
  #sets = 0;

  constructor(mostSets: number) {
    this.#mostSets = mostSets;
  }

  /** Whether the batch may keep its list as it is; then `give` it back. */
  take(labels: LabelList): boolean {
    const holders = this.#holders.get(labels) ?? 0;
    if (holders === 0 && this.#sets + labels.length > this.#mostSets) return false;
    if (holders === 0) this.#sets += labels.length;
    this.#holders.set(labels, holders + 1);
    return true;
  }

  /** Of a list that was never taken nothing happens. */
  give(labels: LabelList): void {
    const holders = this.#holders.get(labels);
    if (holders === undefined) return;
    if (holders > 1) this.#holders.set(labels, holders - 1);
    else {
      this.#holders.delete(labels);
      this.#sets -= labels.length;
    }
  }
}

/** The same batch with its labels written down, for one that nobody else keeps the labels of. */
export const slim = (batch: Batch): Batch => {
  const { columns } = batch;
  const { rows, timestampsMs, pages } = columns;
  if (rows === undefined) return batch;
  const labels = writtenLabels(rows.labels);
  const whole = timestampsMs.map((_, slot) => pages.has(slot));
  return { ...batch, columns: columnsOfRows(timestampsMs, whole, { ...rows, labels }) };
};

/**
 * Batches of one target's scrapes, oldest slot first, in as few batches as say the same: whole pages of its own source become
 * one, as far as readers take its slots × series (limits.blockCells), anything else stays as it is. `id` names the delivery.
 */
export const together = (batches: readonly Batch[], id: string): Batch[] => {
  const pages = batches.filter(({ columns }) => columns.rows !== undefined);
  const others = batches.filter(({ columns }) => columns.rows === undefined);
  if (pages.length < 2) return [...batches];
  if (mostCellsOf(pages) > limits.blockCells) {
    const middle = Math.ceil(pages.length / 2);
    return [...together(pages.slice(0, middle), `${id}/1`), ...together(pages.slice(middle), `${id}/2`), ...others];
  }
  const last = pages.at(-1)!;
  const { id: _, families: __, exemplars: ___, ...said } = last;
  const exemplars = boundedExemplars(pages.flatMap(({ exemplars: own = [] }) => own));
  const columns = joined(pages.map(page => page.columns));
  return [{ ...said, id, columns, ...(exemplars.length > 0 && { exemplars }) }, ...others];
};

/** Slots × series at most, where pages of other lists may share nothing. */
const mostCellsOf = (pages: readonly Batch[]): number => {
  const lists = pages.map(({ columns }) => columns.rows!.labels);
  const isOne = lists.every(labels => areSameLists(labels, lists[0]!));
  return pages.length * (isOne ? lists[0]!.length : lists.reduce((sum, { length }) => sum + length, 0));
};

const joined = (pages: readonly Columns[]): Columns => {
  const timestampsMs = pages.map(({ timestampsMs }) => timestampsMs[0]!);
  const whole = pages.map(({ pages: slots }) => slots.size > 0);
  const { labels } = pages[0]!.rows!;
  if (pages.every(({ rows }) => areSameLists(rows!.labels, labels)))
    return columnsOfRows(timestampsMs, whole, { labels, values: pages.flatMap(({ rows }) => rows!.values) });
  const lists = pages.flatMap(({ rows }) => ('read' in rows!.labels ? [] : [rows!.labels]));
  const union = lists.length === pages.length ? joinedLists(lists) : undefined;
  if (union !== undefined) {
    const { sets, places } = union;
    const columns = Column.many(sets.length, timestampsMs.length);
    for (const [slot, { rows }] of pages.entries()) {
      const placesOf = places[slot]!;
      for (const [at, value] of rows!.values[0]!.entries()) columns[placesOf[at]!]!.set(slot, value);
    }
    const series = sets.map((labels, at) => ({ labels, column: columns[at]! }));
    return { timestampsMs, pages: new Set(whole.keys().filter(slot => whole[slot])), series, sets };
  }
  const { series, pages: slots } = unionOf(pages, timestampsMs, new Set(timestampsMs.filter((_, at) => whole[at])));
  return { timestampsMs, pages: slots, series };
};
