import { labelSetOf } from '../labels.ts';
import { limits } from '../limits.ts';
import { slotsBetween } from './slots.ts';
import type { Target } from './target.ts';

/** One scrape to make: which target, for which slot, and whether a record of it wants to hear of good scrapes too. */
export type OrderedScrape = { readonly target: Target; readonly slotMs: number; readonly report: boolean };

/** What one worker does together: scrapes due within the same second, oldest slot first. */
export type ScrapeOrder = { readonly dueMs: number; readonly scrapes: readonly OrderedScrape[] };

/**
 * The orders for all slots in [fromMs, toMs), at the offsets that the fleet has. Grouped by the second they are due in, because that is as finely as a
 * queue delays, and cut to limits.orderTargets; the worker waits out the rest of the second.
 */
export const ordersBetween = (
  targets: readonly { readonly target: Target; readonly report: boolean }[],
  offsetsMs: ReadonlyMap<string, number>,
  fromMs: number,
  toMs: number,
): ScrapeOrder[] => {
  const bySecond = new Map<number, OrderedScrape[]>();
  for (const { target, report } of targets) {
    const offsetMs = offsetsMs.get(target.id);
    if (offsetMs === undefined) throw new Error(`${target.id} has no slot: offsets are of another fleet`);
    for (const slotMs of slotsBetween(offsetMs, target.intervalMs, fromMs, toMs)) {
      const second = Math.floor(slotMs / 1_000);
      const due = bySecond.get(second);
      const scrape = { target, slotMs, report };
      if (due === undefined) bySecond.set(second, [scrape]);
      else due.push(scrape);
    }
  }
  const orders: ScrapeOrder[] = [];
  for (const [second, scrapes] of [...bySecond].sort((a, b) => a[0] - b[0])) {
    scrapes.sort((a, b) => a.slotMs - b.slotMs);
    for (let at = 0; at < scrapes.length; at += limits.orderTargets) {
      orders.push({ dueMs: second * 1_000, scrapes: scrapes.slice(at, at + limits.orderTargets) });
    }
  }
  return orders;
};

export const writeOrder = (order: ScrapeOrder): string => JSON.stringify(order);

/** Reads what `writeOrder` wrote. Only our own planner writes to that queue, so a bad order is a bug and throws. */
export const readOrder = (text: string): ScrapeOrder => {
  const order = JSON.parse(text) as ScrapeOrder;
  return {
    dueMs: order.dueMs,
    scrapes: order.scrapes.map(scrape => ({
      ...scrape,
      target: { ...scrape.target, labels: labelSetOf(scrape.target.labels) },
    })),
  };
};
