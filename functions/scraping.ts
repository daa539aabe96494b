import { anyInstance } from '../core/heartbeat/heartbeat.ts';
import { wakeOf, writeWake } from '../core/heartbeat/wake.ts';
import { limits } from '../core/limits.ts';
import { isSameRow, type OrderedScrape } from '../core/scrape/order.ts';
import type { Outcome } from '../core/scrape/page.ts';
import type { Target } from '../core/scrape/target.ts';
import type { Ports, Row } from '../io/ports.ts';
import type { FetchPorts } from './fetching.ts';

export type ScrapePorts = Pick<
  Ports,
  'log' | 'measures' | 'buffer' | 'heartbeats' | 'deadlines' | 'targets' | 'freshnessMs' | 'memoryBytes'
> &
  FetchPorts;

/** Too late to be told as its slot: a gap of the collector's making, never `up 0`. */
export const isMissed = ({ target, slotMs }: OrderedScrape, nowMs: number): boolean =>
  nowMs > slotMs + target.intervalMs * limits.scrapeLateShare;

/** A failure is always recorded; a good scrape only where a record exists that may be waiting for it. */
export const tell = async (
  { heartbeats, deadlines, clock }: ScrapePorts,
  target: Target,
  slotMs: number,
  outcome: Outcome,
  report: boolean,
): Promise<void> => {
  const { id: targetId, url, job, instance, intervalMs } = target;
  const key = { job, instance };
  if (!outcome.ok) {
    await heartbeats.failed(key, { targetId, url, slotMs, intervalMs, reason: outcome.reason, detail: outcome.detail });
    await deadlines.send([{ delayMs: 0, body: writeWake(wakeOf([key], clock.nowMs())) }]);
  } else if (report) {
    const news = await heartbeats.answered([key, { job, instance: anyInstance }], slotMs);
    if (news.length > 0) await deadlines.send([{ delayMs: 0, body: writeWake(wakeOf(news, clock.nowMs())) }]);
  }
};

/**
 * Whether a target was taken out, or became another, since it was ordered: then nobody expects an answer of it, and its
 * silence is nobody's failure. Asked only where there was none.
 */
export const isOver = async ({ targets }: ScrapePorts, { target, row }: OrderedScrape): Promise<boolean> => {
  try {
    const now = await targets.get(target.id);
    return now === undefined || !isSameRow(now, row as Row);
  } catch {
    // Nobody can say: then it is as it was ordered.
    return false;
  }
};
