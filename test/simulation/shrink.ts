import type { Plan } from './plan.ts';
import { type Outcome, simulate } from './simulate.ts';
import type { Struck } from './weather.ts';
import type { WorldOptions } from './world.ts';

/** Runs that shrinking may take: some seconds. */
const mostRuns = 800;

export type Shrunk = {
  readonly plan: Plan;
  readonly only: ReadonlySet<Struck>;
  readonly outcome: Outcome;
  readonly runs: number;
};

/** Takes away events and then faults for as long as the same kind of breach stays. */
export const shrink = async (plan: Plan, failed: Outcome, options: WorldOptions = {}): Promise<Shrunk> => {
  const kind = failed.breaches[0]!.kind;
  let runs = 0;
  let best: Shrunk = { plan, only: new Set(failed.happened), outcome: failed, runs };
  const stays = async (smaller: Plan, only: ReadonlySet<Struck> | undefined): Promise<boolean> => {
    if (runs >= mostRuns) return false;
    runs += 1;
    const outcome = await simulate(smaller, { ...options, only });
    if (!outcome.breaches.some(breach => breach.kind === kind)) return false;
    best = { plan: smaller, only: new Set(outcome.happened), outcome, runs };
    return true;
  };
  const events = (only: ReadonlySet<Struck> | undefined): Promise<void> => {
    const { happenings } = best.plan;
    return least([...happenings.keys()], kept => {
      const ids = new Set(kept);
      return stays({ ...plan, happenings: new Map([...happenings].filter(([id]) => ids.has(id))) }, only);
    });
  };
  const faults = (): Promise<void> => least([...best.only], kept => stays(best.plan, new Set(kept)));
  await events(undefined);
  await faults();
  await events(best.only);
  await faults();
  return { ...best, runs };
};

/** Leaves out ever smaller parts of a list, first half of it, at last one by one, as long as `stays` says yes. */
const least = async <T>(all: readonly T[], stays: (kept: readonly T[]) => Promise<boolean>): Promise<void> => {
  if (all.length > 0 && (await stays([]))) return;
  let kept = all;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < kept.length; ) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (without.length > 0 && (await stays(without))) kept = without;
      else at += size;
    }
  }
};
