import { createHash } from 'node:crypto';
import { type Source, sourceIdOf } from '../batch.ts';
import { labelOf } from '../labels.ts';
import { limits } from '../limits.ts';

/**
 * When in its interval a source should push, from 0 (included) to the interval (not included): drawn by its id, as a target draws its
 * slot, so that a fleet spreads. Other than a target nobody makes room for it: a push is known only once it is there.
 */
export const flushOffsetMsOf = (source: Source, intervalMs: number): number => {
  const digest = createHash('sha256').update(sourceIdOf(source)).digest();
  return Math.floor((digest.readUInt32LE(4) / 2 ** 32) * intervalMs);
};

/** The interval that a producer says it has, in `X-Sluice-Flush-Interval-Ms`; else limits.flushIntervalDefaultMs. */
export const readFlushInterval = (text: string): number => {
  const told = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return told >= limits.heartbeatIntervalMinMs && told <= limits.scrapeIntervalMaxMs
    ? told
    : limits.flushIntervalDefaultMs;
};

export type Flushed = { readonly source: Source; readonly timesMs: readonly number[] };

/** Producers that pushed in the same second. */
export type Crowd = {
  readonly secondMs: number;
  readonly sources: number;
  /** Of all producers that pushed at all. */
  readonly share: number;
  /** The jobs that most of them are of, with how many. */
  readonly jobs: readonly { readonly job: string; readonly sources: number }[];
};

/**
 * Seconds in which far more producers pushed than do where they spread: at least limits.crowdSources, and limits.crowdShare of all that
 * pushed within the span. Worst first.
 */
export const crowdsIn = (
  flushed: readonly Flushed[],
): { readonly producers: number; readonly crowds: readonly Crowd[] } => {
  const active = flushed.filter(({ timesMs }) => timesMs.length > 0);
  const seconds = new Map<number, Set<Source>>();
  for (const { source, timesMs } of active) {
    for (const timeMs of timesMs) {
      const secondMs = Math.floor(timeMs / 1_000) * 1_000;
      seconds.set(secondMs, (seconds.get(secondMs) ?? new Set()).add(source));
    }
  }
  const crowds = [...seconds]
    .filter(([, { size }]) => size >= limits.crowdSources && size >= limits.crowdShare * active.length)
    .map(([secondMs, sources]) => ({
      secondMs,
      sources: sources.size,
      share: sources.size / active.length,
      jobs: jobsOf(sources),
    }))
    .sort((a, b) => b.sources - a.sources || b.secondMs - a.secondMs);
  return { producers: active.length, crowds: crowds.slice(0, limits.crowdsListed) };
};

const jobsOf = (sources: ReadonlySet<Source>): Crowd['jobs'] => {
  const counts = new Map<string, number>();
  for (const source of sources) {
    const job = labelOf(source, 'job');
    counts.set(job, (counts.get(job) ?? 0) + 1);
  }
  return [...counts]
    .map(([job, count]) => ({ job, sources: count }))
    .sort((a, b) => b.sources - a.sources || (a.job < b.job ? -1 : 1))
    .slice(0, limits.crowdsListed);
};
