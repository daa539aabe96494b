import { limits } from '../limits.ts';
import type { SeriesColumns } from '../promql/series.ts';

/** The instants of a group that are to be evaluated, oldest first, and how many before them are missed for good. */
type Due = { readonly instants: readonly number[]; readonly missed: number };

/**
 * Whole multiples of the interval after the last one that was evaluated, up to `untilMs`, which is included. A group that is new
 * begins with the newest.
 */
export const dueAt = (intervalMs: number, evaluatedMs: number | undefined, untilMs: number): Due => {
  const newest = Math.floor(untilMs / intervalMs) * intervalMs;
  const first = evaluatedMs === undefined ? newest : Math.floor(evaluatedMs / intervalMs) * intervalMs + intervalMs;
  const count = Math.max(0, (newest - first) / intervalMs + 1);
  const some = Math.min(count, limits.ruleInstantsAtOnce);
  return {
    instants: Array.from({ length: some }, (_, at) => newest - (some - 1 - at) * intervalMs),
    missed: count - some,
  };
};

/** How long the road from a push to its storing takes, and up to when everything is stored. */
export type Measured = { readonly delayMs: number; readonly untilMs: number };

/**
 * By canaries that went the same road (see canary.ts): the longest of the last ones, and a little more. Where the newest is
 * missing, nothing is known of what was pushed after the one before it. Undefined until a first one came through.
 */
export const measuredAt = (canaries: SeriesColumns | undefined, nowMs: number): Measured | undefined => {
  if (canaries === undefined || canaries.timesMs.length === 0) return undefined;
  const longest = canaries.values.reduce((most, seconds) => Math.max(most, seconds), 0);
  const delayMs = Math.ceil(longest * 1_000) + limits.ruleSlackMs;
  const newestMs = canaries.timesMs.at(-1)!;
  const isFresh = newestMs > nowMs - 1.5 * limits.tickMs - delayMs;
  return { delayMs, untilMs: isFresh ? nowMs - delayMs : Math.min(newestMs, nowMs - delayMs) };
};
