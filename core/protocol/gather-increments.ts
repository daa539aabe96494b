import { createHash } from 'node:crypto';
import type { Columns } from '../columns.ts';
import { keyOf, type LabelSet } from '../labels.ts';
import { Column } from '../sample.ts';
import type { Delivery, GatheredSample } from './gather.ts';

/** What an increment is known by besides its series: see core/segment/increments.ts. */
type Slot = { readonly timestampMs: number; readonly tag: number };
type Series = { readonly labels: LabelSet; readonly at: Map<number, GatheredSample> };

/** 48 bits: only increments of one series are told apart by them. */
const tagOf = (...words: readonly string[]): number =>
  createHash('sha256').update(JSON.stringify(words)).digest().readUIntBE(0, 6);

/**
 * One source's increments of a delivery by the slots they have names for. Those that name their own span have that name
 * whoever delivers them; the others are named by the delivery, by what else it brings for the source (two producers may
 * count their keys alike) and by their time where they have one: what it says of one series at one time is added up.
 */
export const incrementSlots = (
  increments: readonly GatheredSample[],
  { id, acceptedAtMs }: Delivery,
): { readonly slots: readonly Slot[]; readonly series: readonly Series[] } => {
  const digest = createHash('sha256');
  for (const { labels, value, timestampMs } of increments)
    digest.update(`${keyOf(labels)};${value};${timestampMs ?? ''};`);
  const content = increments.length === 0 ? '' : digest.digest('base64url');
  const slots: Slot[] = [];
  const slotAt = new Map<string, number>();
  const all = new Map<string, Series>();
  for (const sample of increments) {
    const { labels, value, timestampMs = acceptedAtMs, increment } = sample;
    const span = increment?.span;
    const name = span === undefined ? `${sample.timestampMs ?? ''}` : `${timestampMs} ${span}`;
    let slot = slotAt.get(name);
    if (slot === undefined) {
      slot = slots.length;
      slotAt.set(name, slot);
      slots.push({ timestampMs, tag: span === undefined ? tagOf('delivery', id, content, name) : tagOf('span', span) });
    }
    const key = keyOf(labels);
    const series = all.get(key) ?? { labels, at: new Map() };
    all.set(key, series);
    const before = series.at.get(slot)?.value;
    const sum = before === undefined ? value : span === undefined ? before + value : Math.max(before, value);
    series.at.set(slot, { ...sample, value: sum });
  }
  return { slots, series: [...all.values()] };
};

/** A block of increments: its slots ascend by time and, at one time, by tag. */
export const incrementColumnsOf =
  (slots: readonly Slot[]) =>
  (block: readonly Series[]): Columns => {
    const used = [...new Set(block.flatMap(({ at }) => [...at.keys()]))].sort(
      (a, b) => slots[a]!.timestampMs - slots[b]!.timestampMs || slots[a]!.tag - slots[b]!.tag,
    );
    const placeOf = new Map(used.map((slot, place) => [slot, place]));
    return {
      timestampsMs: used.map(slot => slots[slot]!.timestampMs),
      tags: used.map(slot => slots[slot]!.tag),
      pages: new Set(),
      series: block.map(({ labels, at }) => {
        const column = new Column(used.length);
        for (const [slot, { value }] of at) column.set(placeOf.get(slot)!, value);
        return { labels, column };
      }),
    };
  };
