import { limits } from '../limits.ts';
import type { HeartbeatKey } from './heartbeat.ts';
import type { CollectorRecord } from './silence.ts';
import type { CanaryOrder } from './watermark.ts';

/**
 * Asks the checker to look at some heartbeats. Looking may set further wake-ups, but none after `untilMs`: the minute's
 * sweep sets those, so that no chain of wake-ups outlives it.
 */
type Wake = { readonly keys: readonly HeartbeatKey[]; readonly untilMs: number };

/** What news of a source asks for: now, and what follows from it within the usual horizon. */
export const wakeOf = (keys: readonly HeartbeatKey[], nowMs: number): Wake => ({
  keys,
  untilMs: nowMs + limits.wakeAheadMs,
});

/** The order to look at all, from whoever sees that no sweep was for too long; `sweep` is when it was seen. */
type SweepOrder = { readonly sweep: number };

/** Whether a sweep did not come that should have: the planner, which is woken by another schedule, then orders one. */
export const isSweepDue = (record: CollectorRecord | undefined, nowMs: number): boolean =>
  record !== undefined && nowMs - record.lastSweepMs > limits.sweepMissedMs;

export const writeSweepOrder = (order: SweepOrder): string => JSON.stringify(order);

export const writeWake = (wake: Wake): string => JSON.stringify(wake);

/** Reads what `writeWake` or an order wrote; only our own functions write to that queue. */
export const readWake = (text: string): Wake | CanaryOrder | SweepOrder =>
  JSON.parse(text) as Wake | CanaryOrder | SweepOrder;

/**
 * Wake-ups for deadlines before `untilMs`, at the first whole second at which each has passed, together where they
 * fall into the same second.
 */
export const wakesFor = (
  deadlines: readonly { readonly key: HeartbeatKey; readonly atMs: number }[],
  nowMs: number,
  untilMs: number,
): { readonly delayMs: number; readonly body: string }[] => {
  const bySecond = new Map<number, HeartbeatKey[]>();
  for (const { key, atMs } of deadlines) {
    if (atMs >= untilMs) continue;
    const delayMs = Math.max(1, Math.ceil((atMs - nowMs) / 1_000)) * 1_000;
    bySecond.set(delayMs, [...(bySecond.get(delayMs) ?? []), key]);
  }
  return [...bySecond].flatMap(([delayMs, keys]) =>
    Array.from({ length: Math.ceil(keys.length / limits.wakeKeys) }, (_, part) => ({
      delayMs,
      body: writeWake({ keys: keys.slice(part * limits.wakeKeys, (part + 1) * limits.wakeKeys), untilMs }),
    })),
  );
};
