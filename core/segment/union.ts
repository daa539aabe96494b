import type { Columns, SeriesColumn } from '../columns.ts';
import { keyOf, type LabelSet } from '../labels.ts';
import { Column } from '../sample.ts';
import { joinedLists } from './joined-lists.ts';
import { compareOrdered, orderedOf } from './order.ts';
import { keysOfSets } from './sorted.ts';

type KeyedColumn = SeriesColumn & { readonly key: string };

/** Columns in the order of the schema, each with the key of its label set. */
export type Union = Omit<Columns, 'series'> & { readonly series: readonly KeyedColumn[] };

/** Whether two label sets say the same, without making keys of them. */
const areSame = (a: LabelSet, b: LabelSet): boolean => {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at]![0] !== b[at]![0] || a[at]![1] !== b[at]![1]) return false;
  return true;
};

/**
 * The union of blocks of one source at the given times, series in the order of the schema. `asBefore`: sets that were in
 * that order once; where the union has the very same, ordering them is spared.
 */
export const unionOf = (
  blocks: readonly Columns[],
  timestampsMs: readonly number[],
  pages: ReadonlySet<number>,
  asBefore: readonly LabelSet[] = [],
): Union => {
  const slotOf = new Map(timestampsMs.map((timestampMs, slot) => [timestampMs, slot]));
  const slots = new Set([...pages].map(timestampMs => slotOf.get(timestampMs)!));
  const known = unionOfLists(blocks, timestampsMs, slotOf);
  if (known !== undefined) return { timestampsMs, pages: slots, ...known };
  const found = new Map<string, KeyedColumn>();
  // Pages of one source look alike: the series at a place is mostly the one that was there.
  let placed: (KeyedColumn | undefined)[] = [];
  for (const columns of blocks) {
    const slots = columns.timestampsMs.map(timestampMs => slotOf.get(timestampMs));
    placed = columns.series.map(({ labels, column }, place) => {
      if (!slots.some((slot, from) => slot !== undefined && column.has(from))) return undefined;
      const before = placed[place];
      const into =
        before !== undefined && areSame(before.labels, labels) ? before : inside(found, labels, timestampsMs.length);
      for (const [from, slot] of slots.entries()) if (slot !== undefined) into.column.join(slot, column, from);
      return into;
    });
  }
  return {
    timestampsMs,
    pages: slots,
    series: inOrderBefore(found, asBefore) ?? inOrder(found),
  };
};

/** The same of blocks whose lists of series are known as such, where each of the series has something to say at these times. */
const unionOfLists = (
  all: readonly Columns[],
  timestampsMs: readonly number[],
  slotOf: ReadonlyMap<number, number>,
): Pick<Union, 'series' | 'sets'> | undefined => {
  const blocks = all.filter(block => block.timestampsMs.some(timestampMs => slotOf.has(timestampMs)));
  const lists = blocks.flatMap(({ sets }) => (sets === undefined ? [] : [sets]));
  const joined = lists.length === blocks.length ? joinedLists(lists) : undefined;
  if (joined === undefined) return undefined;
  const { sets, places } = joined;
  const [first] = blocks;
  const isWhole = blocks.length === 1 && first!.timestampsMs.length === timestampsMs.length;
  const columns: Column[] = isWhole ? new Array(sets.length) : Column.many(sets.length, timestampsMs.length);
  for (const [index, { series, timestampsMs: times }] of blocks.entries()) {
    const placesOf = places[index]!;
    if (isWhole) for (const [at, { column }] of series.entries()) columns[placesOf[at]!] = column;
    else {
      for (const [from, timestampMs] of times.entries()) {
        const slot = slotOf.get(timestampMs);
        if (slot === undefined) continue;
        for (let at = 0; at < series.length; at += 1) columns[placesOf[at]!]!.join(slot, series[at]!.column, from);
      }
    }
  }
  if (columns.some(({ isEmpty }) => isEmpty)) return undefined;
  const keys = keysOfSets(sets);
  return { sets, series: sets.map((labels, at) => ({ key: keys[at]!, labels, column: columns[at]! })) };
};

const inside = (found: Map<string, KeyedColumn>, labels: LabelSet, length: number): KeyedColumn => {
  const key = keyOf(labels);
  const known = found.get(key);
  if (known !== undefined) return known;
  const made = { key, labels, column: new Column(length) };
  found.set(key, made);
  return made;
};

const inOrder = (found: ReadonlyMap<string, KeyedColumn>): KeyedColumn[] =>
  [...found]
    .map(([key, { labels, column }]) => ({ ...orderedOf(labels, key), column }))
    .sort(compareOrdered)
    .map(({ key, labels, column }) => ({ key, labels, column }));

const inOrderBefore = (
  found: ReadonlyMap<string, KeyedColumn>,
  asBefore: readonly LabelSet[],
): KeyedColumn[] | undefined => {
  if (asBefore.length === 0 || asBefore.length !== found.size) return undefined;
  const series: KeyedColumn[] = [];
  for (const key of keysOfSets(asBefore)) {
    const each = found.get(key);
    if (each === undefined) return undefined;
    series.push(each);
  }
  return series;
};
