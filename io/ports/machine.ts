import type { Told } from '../../core/measures.ts';
import type { Mirrored, Reflection } from '../../core/onward/mirror.ts';

// Where a function runs: its time and chance, and what it says of itself.

export type Clock = {
  /** Milliseconds since 1970 in UTC. */
  nowMs(): number;
  wait(durationMs: number): Promise<void>;
};

/** Randomness as an effect: in [0, 1). */
export type Chance = { next(): number };

export type Log = {
  write(
    level: 'info' | 'warn' | 'error',
    message: string,
    details?: Readonly<Record<string, string | number | boolean>>,
  ): void;
};

/** Whose push was counted. `job` is the first of several. */
export type PushedBy = { readonly protocol: string; readonly job: string; readonly refusedSamples: number };

/** What an invocation has to say of itself, for CloudWatch. Costs no call and never throws. */
export type Measures = {
  /** Gathers: counts add up, of durations the longest is kept. */
  tell(told: Told): void;
  /** What the next flush stands beside its counts, to be added up by whoever reads lines: no metric, and at no charge. */
  about(about: PushedBy): void;
  /** Says what was gathered: at the end of each invocation, see functions/middleware/measured.ts. */
  flush(): void;
};

/** CloudWatch, shown some series under their own names. Costs no call and never throws. */
export type Mirror = {
  readonly chosen: readonly Mirrored[];
  show(reflections: readonly Reflection[]): void;
};
