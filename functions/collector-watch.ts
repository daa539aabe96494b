import { collectorAlarmOf } from '../core/heartbeat/alarm.ts';
import { type CollectorRecord, sweptAt } from '../core/heartbeat/silence.ts';
import { awaiting, canariesBetween, observedAt } from '../core/heartbeat/watermark.ts';
import { limits } from '../core/limits.ts';
import type { Ports } from '../io/ports.ts';

type WatchPorts = Pick<Ports, 'clock' | 'log' | 'heartbeats' | 'canary' | 'alarms' | 'deadlines'>;

/** Tries of one change of the record, which canaries may be changing at the same time. */
const tries = 8;

/**
 * Records a sweep over so many heartbeats, orders the canaries of the time to come and says of the collector what there
 * is to say. Canaries are sent only while somebody is awaited: nobody waiting, nothing to prove and nothing to pay.
 */
export const recordSweep = async (
  ports: WatchPorts,
  { sources, isAwaited }: { readonly sources: number; readonly isAwaited: boolean },
): Promise<CollectorRecord> => {
  const { clock, heartbeats, canary, deadlines } = ports;
  const isProved = isAwaited && canary !== undefined;
  for (let round = 1; ; round += 1) {
    // Nothing stands between the last read and the write: whoever is slow would lose to the canaries each time.
    const acceptedMs = isProved ? await heartbeats.canaries() : [];
    const seen = await heartbeats.collector();
    const nowMs = clock.nowMs();
    const untilMs = Math.floor(nowMs / limits.tickMs) * limits.tickMs + limits.planAheadMs;
    // Orders first, then the note that they were given: a canary that is sent twice counts once.
    if (isProved && round === 1) {
      await deadlines.send(canariesBetween(Math.max(nowMs, seen?.canariesUntilMs ?? 0), untilMs, nowMs));
      continue;
    }
    const swept = { ...awaiting(sweptAt(seen, nowMs), isProved, nowMs), sources };
    const marked = isProved ? { ...swept, canariesUntilMs: untilMs } : swept;
    const next = observedAt(marked, acceptedMs, nowMs).record;
    if (await heartbeats.swept(seen, next)) return announce(ports, next);
    if (round === tries) return next;
  }
};

/** What is known of the collector now, with what the canaries say; written only where that changes something. */
export const observe = async (ports: WatchPorts): Promise<CollectorRecord> => {
  const { clock, heartbeats, canary } = ports;
  const nowMs = clock.nowMs();
  const seen = (await heartbeats.collector()) ?? { epoch: 0, lastSweepMs: nowMs, blind: [] };
  if (canary === undefined) return seen;
  // Somebody is awaited and no sweep has seen it yet: nothing is proved before the first canary.
  if (seen.canariesFromMs === undefined) return awaiting(seen, true, nowMs);
  const acceptedMs = await heartbeats.canaries();
  const { record, isNews } = observedAt({ ...seen, epoch: seen.epoch + 1 }, acceptedMs, clock.nowMs());
  if (!isNews)
    return seen.pending === undefined ? record : announce(ports, seen).then(told => ({ ...record, ...told }));
  // Somebody else saw something at the same time: what he wrote is looked at with the next canary.
  return (await heartbeats.swept(seen, record)) ? announce(ports, record) : record;
};

/** Rings what the record says of the collector, and crosses it off. */
const announce = async ({ heartbeats, alarms }: WatchPorts, record: CollectorRecord): Promise<CollectorRecord> => {
  const { pending = [], ...rest } = record;
  if (pending.length === 0) return record;
  for (const flip of pending) await alarms.ring(collectorAlarmOf(flip));
  const told = { ...rest, epoch: record.epoch + 1 };
  await heartbeats.swept(record, told);
  return told;
};

/** Sends a canary that is not too late to prove anything. Whether it came through, the table says. */
export const sendCanary = async ({ clock, canary, log }: WatchPorts, slot: number): Promise<void> => {
  if (canary === undefined || clock.nowMs() - slot * limits.canaryEveryMs > limits.canaryGapMs) return;
  await canary.send(slot).catch((cause: Error) => log.write('warn', 'canary lost', { slot, cause: cause.message }));
};
