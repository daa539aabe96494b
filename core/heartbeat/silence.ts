import { limits } from '../limits.ts';

/** A span in which the collector could not have heard anyone. fromMs is included, toMs is not. */
export type BlindSpan = { readonly fromMs: number; readonly toMs: number };

/** What is known of the checker itself: when it last swept, and when it was blind. Spans ascend and do not overlap. */
export type CollectorRecord = {
  readonly epoch: number;
  readonly lastSweepMs: number;
  readonly blind: readonly BlindSpan[];
  /** The end of a blindness that was not announced yet. */
  readonly unannounced?: BlindSpan;
};

/** Milliseconds of [fromMs, toMs) in which the collector was able to hear. */
export const heardableMs = (fromMs: number, toMs: number, blind: readonly BlindSpan[]): number => {
  let sum = Math.max(0, toMs - fromMs);
  for (const span of blind) sum -= Math.max(0, Math.min(toMs, span.toMs) - Math.max(fromMs, span.fromMs));
  return sum;
};

/** The instant at which `durationMs` of hearable time have passed since `fromMs`. */
export const instantAfter = (fromMs: number, durationMs: number, blind: readonly BlindSpan[]): number => {
  let atMs = fromMs + durationMs;
  for (const span of blind)
    if (span.toMs > fromMs && span.fromMs < atMs) atMs += span.toMs - Math.max(span.fromMs, fromMs);
  return atMs;
};

/**
 * The collector's record after a sweep at `nowMs`. A gap between sweeps longer than limits.blindAfterMs is blindness,
 * and producers that backed off meanwhile get a hold to return: min(blindHoldMs, 1.2 × gap + 2 s), RELIABILITY 3.2.
 */
export const sweptAt = (record: CollectorRecord | undefined, nowMs: number): CollectorRecord => {
  if (record === undefined) return { epoch: 1, lastSweepMs: nowMs, blind: [] };
  const gapMs = nowMs - record.lastSweepMs;
  const lastSweepMs = Math.max(nowMs, record.lastSweepMs);
  const kept = { epoch: record.epoch + 1, lastSweepMs, ...(record.unannounced && { unannounced: record.unannounced }) };
  if (gapMs <= limits.blindAfterMs) return { ...kept, blind: record.blind };
  const holdMs = Math.min(limits.blindHoldMs, 1.2 * gapMs + 2_000);
  // A new gap may begin inside the last one's hold: spans are kept apart, so that no time is forgiven twice.
  const fromMs = Math.max(record.lastSweepMs, record.blind.at(-1)?.toMs ?? 0);
  const blind = [...record.blind, { fromMs, toMs: nowMs + holdMs }].slice(-limits.blindSpansKept);
  return { ...kept, blind, unannounced: { fromMs: record.lastSweepMs, toMs: nowMs } };
};
