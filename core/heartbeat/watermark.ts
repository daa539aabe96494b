import { createHmac, timingSafeEqual } from 'node:crypto';
import { limits } from '../limits.ts';
import { type CollectorRecord, flipped, holdMsOf, withSpan } from './silence.ts';

// Canaries travel the road of every push. What they proved is the watermark W: silence is measured up to it and no
// further (RELIABILITY 3.2, 3.3).

/** By which name a canary pushes. No producer can have a heartbeat of such a job. */
export const canaryJob = '__sluice_canary';

/** The order to send one canary, by its number: the slot it is due in, counted in limits.canaryEveryMs since 1970. */
export type CanaryOrder = { readonly canary: number };

/** What only those can say of a canary who know the collector's secret: its own functions. */
export const proofOf = (secret: string, slot: number): string =>
  createHmac('sha256', secret).update(`canary ${slot}`).digest('hex');

export const isProofOf = (said: string, secret: string, slot: number): boolean => {
  const [given, wanted] = [said, proofOf(secret, slot)].map(text => Buffer.from(text));
  return given!.length === wanted!.length && timingSafeEqual(given!, wanted!);
};

export const slotOfCanary = (atMs: number): number => Math.floor(atMs / limits.canaryEveryMs);

/** Whether a canary is of about now: old ones prove nothing any more, and nobody sends those of the future. */
export const isCanaryNow = (slot: number, nowMs: number): boolean =>
  Math.abs(nowMs - slot * limits.canaryEveryMs) <= limits.canaryGapMs + limits.canaryTimeoutMs;

/** Up to when canaries are ordered at `nowMs`: a tick may come late, or not at all. */
export const canaryHorizonOf = (nowMs: number): number =>
  Math.floor(nowMs / limits.tickMs) * limits.tickMs + limits.planAheadMs;

/** Canaries due in [fromMs, untilMs), each to arrive when its slot begins. */
export const canariesBetween = (
  fromMs: number,
  untilMs: number,
  nowMs: number,
): { readonly delayMs: number; readonly body: string }[] => {
  const orders = [];
  for (let slot = Math.ceil(fromMs / limits.canaryEveryMs); slot * limits.canaryEveryMs < untilMs; slot += 1) {
    const order: CanaryOrder = { canary: slot };
    orders.push({ delayMs: Math.max(0, slot * limits.canaryEveryMs - nowMs), body: JSON.stringify(order) });
  }
  return orders;
};

/**
 * Canaries begin when somebody is expected to be heard and end with the last of them; time before they began proves nothing.
 * `heardMs` is when a push was accepted last: as good a proof as a canary, where one can have followed it within a gap. So
 * whoever is heard for the first time counts from that very push.
 */
export const awaiting = (
  record: CollectorRecord,
  isAwaited: boolean,
  nowMs: number,
  heardMs = Number.NEGATIVE_INFINITY,
): CollectorRecord => {
  const { canariesFromMs, canariesUntilMs: _, watermarkMs: __, ...rest } = record;
  if (!isAwaited) return rest;
  if (canariesFromMs !== undefined) return record;
  const proof = nowMs - heardMs <= limits.canaryGapMs ? { watermarkMs: Math.min(heardMs, nowMs) } : {};
  const blind = withSpan(record.blind, { fromMs: 0, toMs: proof.watermarkMs ?? nowMs });
  return { ...rest, canariesFromMs: nowMs, ...proof, blind };
};

/** Up to when silence may be measured: what the canaries proved, or now where none are sent. */
export const provenMsOf = ({ canariesFromMs, watermarkMs }: CollectorRecord, nowMs: number): number =>
  canariesFromMs === undefined ? nowMs : (watermarkMs ?? canariesFromMs);

/**
 * The record with what the canaries say at `nowMs`; `acceptedMs` are their acceptances, oldest first. A gap longer than
 * limits.canaryGapMs is blindness, and so is all time in which too few of those due came. A blindness that lasts is told:
 * a frozen clock is never silent. The same record where nothing changed but the watermark.
 */
export const observedAt = (
  record: CollectorRecord,
  acceptedMs: readonly number[],
  nowMs: number,
): { readonly record: CollectorRecord; readonly isNews: boolean } => {
  const { canariesFromMs } = record;
  if (canariesFromMs === undefined) return judgedAt(record, undefined, nowMs);
  let { blind } = record;
  let watermarkMs = record.watermarkMs ?? canariesFromMs;
  for (const atMs of acceptedMs) {
    const gapMs = atMs - watermarkMs;
    if (gapMs <= 0) continue;
    if (gapMs > limits.canaryGapMs) blind = withSpan(blind, { fromMs: watermarkMs, toMs: atMs + holdMsOf(gapMs) });
    watermarkMs = atMs;
  }
  const windowMs = Math.max(canariesFromMs, nowMs - limits.canaryWindowMs);
  // One that is due now may still be on its way.
  const due = Math.floor((nowMs - limits.canaryEveryMs - windowMs) / limits.canaryEveryMs);
  const came = acceptedMs.filter(atMs => atMs > windowMs).length;
  const isPoor = due >= limits.canariesJudged && came < limits.canaryShare * due;
  // Not written at each look: looks overlap.
  if (isPoor && !blind.some(({ toMs }) => toMs > nowMs - limits.canaryEveryMs))
    blind = withSpan(blind, { fromMs: nowMs - 3 * limits.canaryEveryMs, toMs: nowMs });
  const why = nowMs - watermarkMs > limits.canaryBlindMs ? 'canaries' : isPoor ? 'share' : undefined;
  const judged = judgedAt({ ...record, blind, watermarkMs }, why, nowMs);
  return { record: judged.record, isNews: judged.isNews || blind !== record.blind };
};

const judgedAt = (
  record: CollectorRecord,
  why: 'canaries' | 'share' | undefined,
  nowMs: number,
): { readonly record: CollectorRecord; readonly isNews: boolean } => {
  const { blindSinceMs, cleanSinceMs } = record;
  if (blindSinceMs === undefined) {
    if (why === undefined) return { record, isNews: false };
    const fromMs = why === 'canaries' ? provenMsOf(record, nowMs) : nowMs - limits.canaryWindowMs;
    return { record: flipped(record, { kind: 'COLLECTOR_BLIND', why, fromMs, atMs: nowMs }), isNews: true };
  }
  if (why !== undefined) {
    const { cleanSinceMs: _, ...still } = record;
    return { record: still, isNews: cleanSinceMs !== undefined };
  }
  if (cleanSinceMs === undefined) return { record: { ...record, cleanSinceMs: nowMs }, isNews: true };
  if (nowMs - cleanSinceMs < limits.collectorCleanMs) return { record, isNews: false };
  const flip = { kind: 'COLLECTOR_OK', why: 'canaries', fromMs: blindSinceMs, atMs: nowMs } as const;
  return { record: flipped(record, flip), isNews: true };
};

/**
 * When to look at a silence that would be too long at `atMs`: as soon as a canary can have proved that instant. Undefined
 * while canaries are missing: the sweep looks again.
 */
export const provableAt = (record: CollectorRecord, atMs: number, nowMs: number): number | undefined => {
  if (record.canariesFromMs === undefined) return atMs;
  if (atMs <= nowMs && nowMs - provenMsOf(record, nowMs) > limits.canaryGapMs) return undefined;
  const slotMs = Math.ceil(Math.max(atMs, nowMs) / limits.canaryEveryMs) * limits.canaryEveryMs;
  return slotMs + limits.canaryLagMs;
};

/** The least grace with which no outage accuses a client that waits at most so long between tries (RELIABILITY 3.2). */
export const leastGraceMs = (backoffMs: number): number =>
  limits.canaryGapMs + Math.min(backoffMs, 1.2 * limits.canaryGapMs) + limits.pushAllowanceMs;
