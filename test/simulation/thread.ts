import { parentPort, workerData } from 'node:worker_threads';
import type { Mutant } from './mutants.ts';
import type { Plan } from './plan.ts';
import { plant } from './plant.ts';

/** What one thread is asked: seeds [from, to), on what, and under which bug. */
export type Asked = { readonly from: number; readonly to: number };
export type ThreadData = { readonly on?: Plan['on'] | undefined; readonly mutant?: Mutant | undefined };

/** One seed in so many is run twice and must give the same hash. */
const replayedEach = 50;

// Faults are thrown by the hundred thousand; what fails here is told again in the main thread, with its whole stack.
Error.stackTraceLimit = 1;

const { on, mutant } = workerData as ThreadData;
if (mutant !== undefined && 'planted' in mutant) plant(mutant.planted);
// Only now: what is planted must be there before the product is loaded.
const { simulate } = await import('./simulate.ts');
const { planOf } = await import('./plan.ts');
const { tamperings } = await import('./tamperings.ts');
const tampering = mutant !== undefined && 'tampering' in mutant ? tamperings[mutant.tampering] : undefined;

parentPort?.on('message', async ({ from, to }: Asked) => {
  for (let seed = from; seed < to; seed += 1) {
    try {
      const { happened, ...outcome } = await simulate(planOf(seed, on), { tampering });
      const isReplayed = seed % replayedEach === 0;
      if (isReplayed && (await simulate(planOf(seed, on), { tampering })).hash !== outcome.hash)
        throw new Error('told again, it went another way');
      const kinds: Record<string, number> = {};
      for (const struck of happened) {
        const kind = struck.slice(0, struck.indexOf(' '));
        kinds[kind] = (kinds[kind] ?? 0) + 1;
      }
      parentPort?.postMessage({
        ...outcome,
        isReplayed,
        breaches: outcome.breaches.slice(0, 20),
        kinds,
        faults: happened.length,
      });
    } catch (error) {
      parentPort?.postMessage({ seed, failed: (error as Error).stack });
    }
  }
  parentPort?.postMessage('next');
});
