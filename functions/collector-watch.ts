import { collectorAlarmOf } from '../core/heartbeat/alarm.ts';
import { type CollectorRecord, sweptAt } from '../core/heartbeat/silence.ts';
import { awaiting, canariesBetween, canaryHorizonOf, observedAt, proofOf } from '../core/heartbeat/watermark.ts';
import { limits } from '../core/limits.ts';
import type { Ports } from '../io/ports.ts';
import { ring } from './ringing.ts';

type WatchPorts = Pick<Ports, 'clock' | 'log' | 'heartbeats' | 'canary' | 'alarms' | 'history' | 'deadlines'>;

/** Tries of one change of the record, which canaries may be changing at the same time. */
const tries = 8;

/** Whether anybody's silence would mean something, and when a push of somebody was accepted last. */
export type Awaited = { readonly isAwaited: boolean; readonly heardMs: number };

/**
 * Records a sweep over so many heartbeats, orders the canaries of the time to come and says of the collector what there
 * is to say. Canaries are sent only while somebody is awaited: nobody waiting, nothing to prove and nothing to pay.
 */
export const recordSweep = async (
  ports: WatchPorts,
  { sources, isAwaited, heardMs }: Awaited & { readonly sources: number },
): Promise<CollectorRecord> => {
  const { clock, heartbeats, canary, deadlines } = ports;
  const isProved = isAwaited && canary !== undefined;
  for (let round = 1; ; round += 1) {
    // Nothing stands between the last read and the write: whoever is slow would lose to the canaries each time.
    const acceptedMs = isProved ? await heartbeats.canaries() : [];
    const seen = await heartbeats.collector();
    const nowMs = clock.nowMs();
    const untilMs = canaryHorizonOf(nowMs);
    // Orders first, then the note that they were given: a canary that is sent twice counts once.
    if (isProved && round === 1) {
      await deadlines.send(canariesBetween(Math.max(nowMs, seen?.canariesUntilMs ?? 0), untilMs, nowMs));
      continue;
    }
    const swept = { ...awaiting(sweptAt(seen, nowMs), isProved, nowMs, heardMs), sources };
    const marked = isProved ? { ...swept, canariesUntilMs: untilMs } : swept;
    const next = observedAt(marked, acceptedMs, nowMs).record;
    if (await heartbeats.swept(seen, next)) return announce(ports, next);
    if (round === tries) return next;
  }
};

/**
 * What is known of the collector now, with what the canaries say; written only where that changes something. Somebody who
 * is awaited while no canaries are sent starts them: he is not left to the next sweep.
 */
export const observe = async (ports: WatchPorts, awaited: () => Promise<Awaited>): Promise<CollectorRecord> => {
  const { clock, heartbeats, canary } = ports;
  const known = await heartbeats.collector();
  const seen = known ?? { epoch: 0, lastSweepMs: clock.nowMs(), blind: [] };
  if (canary === undefined) return seen;
  if (seen.canariesFromMs === undefined) {
    const { isAwaited, heardMs } = await awaited();
    return isAwaited ? begin(ports, known, seen, heardMs) : seen;
  }
  const acceptedMs = await heartbeats.canaries();
  const { record, isNews } = observedAt({ ...seen, epoch: seen.epoch + 1 }, acceptedMs, clock.nowMs());
  if (!isNews)
    return seen.pending === undefined ? record : announce(ports, seen).then(told => ({ ...record, ...told }));
  // Somebody else saw something at the same time: what he wrote is looked at with the next canary.
  return (await heartbeats.swept(seen, record)) ? announce(ports, record) : record;
};

/** The first canaries, up to where the next sweep orders more. Orders first: one that is sent twice counts once. */
const begin = async (
  { clock, heartbeats, deadlines }: WatchPorts,
  known: CollectorRecord | undefined,
  seen: CollectorRecord,
  heardMs: number,
): Promise<CollectorRecord> => {
  const nowMs = clock.nowMs();
  const canariesUntilMs = canaryHorizonOf(nowMs);
  await deadlines.send(canariesBetween(nowMs, canariesUntilMs, nowMs));
  const begun = { ...awaiting({ ...seen, epoch: seen.epoch + 1 }, true, nowMs, heardMs), canariesUntilMs };
  // Where somebody else was first, his record stands; nobody is judged by this one before the first canary.
  await heartbeats.swept(known, begun);
  return begun;
};

/** Rings what the record says of the collector, and crosses it off. */
const announce = async (ports: WatchPorts, record: CollectorRecord): Promise<CollectorRecord> => {
  const { heartbeats } = ports;
  const { pending = [], ...rest } = record;
  if (pending.length === 0) return record;
  for (const flip of pending) await ring(ports, collectorAlarmOf(flip));
  const told = { ...rest, epoch: record.epoch + 1 };
  await heartbeats.swept(record, told);
  return told;
};

/** Sends a canary that is not too late to prove anything. Whether it came through, the table says. */
export const sendCanary = async ({ clock, canary, heartbeats, log }: WatchPorts, slot: number): Promise<void> => {
  if (canary === undefined || clock.nowMs() - slot * limits.canaryEveryMs > limits.canaryGapMs) return;
  await heartbeats
    .canarySecret()
    .then(secret => canary.send(slot, proofOf(secret, slot)))
    .catch((cause: Error) => log.write('warn', 'canary lost', { slot, cause: cause.message }));
};
