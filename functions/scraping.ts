import { sourceIdOf } from '../core/batch.ts';
import { anyInstance } from '../core/heartbeat/heartbeat.ts';
import { wakeOf, writeWake } from '../core/heartbeat/wake.ts';
import { limits } from '../core/limits.ts';
import { isDiscovery } from '../core/scrape/discovery.ts';
import { isSameRow, type OrderedScrape } from '../core/scrape/order.ts';
import { type Outcome, sourceIn } from '../core/scrape/page.ts';
import { readTarget, type Target } from '../core/scrape/target.ts';
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

/** A failure is recorded, unless of one that has just begun; a good scrape only where a record exists that may be waiting for it. */
export const tell = async (
  { heartbeats, deadlines, clock }: ScrapePorts,
  target: Target,
  slotMs: number,
  outcome: Outcome,
  report: boolean,
): Promise<void> => {
  const { id: targetId, url, job, instance, intervalMs, startedMs } = target;
  const key = { job, instance };
  if (!outcome.ok) {
    if (startedMs !== undefined && slotMs - startedMs < limits.startGraceMs) return;
    await heartbeats.failed(key, { targetId, url, slotMs, intervalMs, reason: outcome.reason, detail: outcome.detail });
    await deadlines.send([{ delayMs: 0, body: writeWake(wakeOf([key], clock.nowMs())) }]);
  } else if (report) {
    const news = await heartbeats.answered([key, { job, instance: anyInstance }], slotMs);
    if (news.length > 0) await deadlines.send([{ delayMs: 0, body: writeWake(wakeOf(news, clock.nowMs())) }]);
  }
};

/** Whether no row scrapes a target's source under its id any more. Throws where nobody can say: an end can be asked for again. */
export const isGone = async ({ targets }: ScrapePorts, target: Target): Promise<boolean> => {
  const row = await targets.get(target.id);
  const now = row === undefined || isDiscovery(row) ? undefined : readTarget(row).value;
  return now === undefined || sourceIdOf(sourceIn(now)) !== sourceIdOf(sourceIn(target));
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
