import { limits } from '../limits.ts';

/** A span in which the collector could not have heard anyone. fromMs is included, toMs is not. */
export type BlindSpan = { readonly fromMs: number; readonly toMs: number };

/** The collector's own change, as it waits to be announced. `fromMs` is since when it could not hear. */
export type CollectorFlip = {
  readonly epoch: number;
  readonly kind: 'COLLECTOR_BLIND' | 'COLLECTOR_OK';
  readonly why: 'unswept' | 'canaries' | 'share';
  readonly fromMs: number;
  readonly atMs: number;
};

/**
 * What is known of the collector itself: when it last swept, when it was blind (spans ascend and do not overlap), up to
 * when canaries proved that it hears, and whether it believes itself blind now.
 */
export type CollectorRecord = {
  readonly epoch: number;
  readonly lastSweepMs: number;
  readonly blind: readonly BlindSpan[];
  /** Since when canaries are sent without a pause; absent where nobody is expected to be heard. */
  readonly canariesFromMs?: number;
  /** Up to when canaries were ordered. */
  readonly canariesUntilMs?: number;
  /** The newest acceptance of a canary that was taken into account. */
  readonly watermarkMs?: number;
  /** BLIND since then; absent while all is well. */
  readonly blindSinceMs?: number;
  /** While BLIND: since when all is well again. */
  readonly cleanSinceMs?: number;
  /** How many heartbeats the last sweep saw. */
  readonly sources?: number;
  readonly pending?: readonly CollectorFlip[];
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

/** All of them as spans that ascend and do not overlap. */
export const unionOf = (spans: readonly BlindSpan[]): readonly BlindSpan[] => {
  const union: BlindSpan[] = [];
  for (const span of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = union.at(-1);
    if (last === undefined || last.toMs < span.fromMs) union.push(span);
    else union[union.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, span.toMs) };
  }
  return union;
};

/** The spans with one more: no time is in two of them, so that none is forgiven twice. */
export const withSpan = (spans: readonly BlindSpan[], added: BlindSpan): readonly BlindSpan[] => {
  const apart = spans.filter(({ fromMs, toMs }) => toMs < added.fromMs || fromMs > added.toMs);
  const touching = spans.filter(span => !apart.includes(span));
  const fromMs = Math.min(added.fromMs, ...touching.map(span => span.fromMs));
  const toMs = Math.max(added.toMs, ...touching.map(span => span.toMs));
  return [...apart, { fromMs, toMs }].sort((a, b) => a.fromMs - b.fromMs).slice(-limits.blindSpansKept);
};

/** How long producers that backed off during a gap get to return: min(blindHoldMs, 1.2 × gap + 2 s), RELIABILITY 3.2. */
export const holdMsOf = (gapMs: number): number => Math.min(limits.blindHoldMs, Math.ceil(1.2 * gapMs) + 2_000);

/** The collector's record once it turned BLIND or OK; the flip waits in it to be announced. */
export const flipped = (record: CollectorRecord, flip: Omit<CollectorFlip, 'epoch'>): CollectorRecord => {
  const { blindSinceMs: _, cleanSinceMs: __, ...rest } = record;
  return {
    ...rest,
    ...(flip.kind === 'COLLECTOR_BLIND' && { blindSinceMs: flip.fromMs }),
    pending: [...(record.pending ?? []), { epoch: record.epoch, ...flip }],
  };
};

/**
 * The collector's record after a sweep at `nowMs`. A gap between sweeps longer than limits.blindAfterMs is blindness:
 * nobody looked, and it is not known who could be heard.
 */
export const sweptAt = (record: CollectorRecord | undefined, nowMs: number): CollectorRecord => {
  if (record === undefined) return { epoch: 1, lastSweepMs: nowMs, blind: [] };
  const gapMs = nowMs - record.lastSweepMs;
  const kept = { ...record, epoch: record.epoch + 1, lastSweepMs: Math.max(nowMs, record.lastSweepMs) };
  if (gapMs <= limits.blindAfterMs) return kept;
  const blind = withSpan(record.blind, { fromMs: record.lastSweepMs, toMs: nowMs + holdMsOf(gapMs) });
  if (record.blindSinceMs !== undefined) return { ...kept, blind };
  return flipped(
    { ...kept, blind },
    { kind: 'COLLECTOR_BLIND', why: 'unswept', fromMs: record.lastSweepMs, atMs: nowMs },
  );
};
