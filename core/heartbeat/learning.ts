import { limits } from '../limits.ts';
import type { Heartbeat, HeartbeatChange } from './heartbeat.ts';
import { leastGraceMs } from './watermark.ts';

/** What was seen of a source whose cadence is being learned: signs of life, and the longest time between two of them. */
export type Learned = {
  readonly beats: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly longestMs: number;
};

/** Interval and grace as a user would write them. */
export type Proposal = { readonly interval: string; readonly grace: string };

const secondsUp = (ms: number): number => Math.max(1, Math.ceil(ms / 1_000));

/** The promise that fits what was seen: its mean cadence, and a grace for the longest wait seen and for a client's back-off. */
export const proposalOf = ({ beats, firstMs, lastMs, longestMs }: Learned): Proposal => {
  const meanMs = (lastMs - firstMs) / Math.max(1, beats - 1);
  const graceMs = Math.max(leastGraceMs(limits.pushBackoffUsualMs), 2 * (longestMs - meanMs), meanMs / 2);
  return { interval: `${secondsUp(meanMs)}s`, grace: `${secondsUp(graceMs)}s` };
};

/**
 * The next step of a source whose cadence is asked for: each new sign of life is learned from, and after limits.learnedBeats of
 * them a promise is proposed on its row, and watching ends. It is in force once somebody accepts it, or at once where the row
 * says so. Nobody is accused before that.
 */
export const learningStep = ({ learned, lastAcceptMs, isApplied }: Heartbeat): HeartbeatChange | undefined => {
  if (lastAcceptMs === undefined || lastAcceptMs <= (learned?.lastMs ?? Number.NEGATIVE_INFINITY)) return undefined;
  const next: Learned =
    learned === undefined
      ? { beats: 1, firstMs: lastAcceptMs, lastMs: lastAcceptMs, longestMs: 0 }
      : {
          beats: learned.beats + 1,
          firstMs: learned.firstMs,
          lastMs: lastAcceptMs,
          longestMs: Math.max(learned.longestMs, lastAcceptMs - learned.lastMs),
        };
  if (next.beats < limits.learnedBeats) return { state: 'learning', learned: next };
  const proposal = proposalOf(next);
  return { state: 'up', learned: next, proposal, ...(isApplied && proposal) };
};
