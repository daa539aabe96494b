import { parentPort, workerData } from 'node:worker_threads';
import { plant } from '../plant.ts';
import type { Mutant } from './mutants.ts';
import type { Options } from './plan.ts';

export type Asked = { readonly from: number; readonly to: number };
export type ThreadData = { readonly mutant?: Mutant | undefined; readonly options?: Options | undefined };

/** One seed in so many is run twice and must give the same hash (A10). */
const replayedEach = 50;

// Thousands of faults a seed: where they were made is known from a replay.
Error.stackTraceLimit = 1;

const { mutant, options } = workerData as ThreadData;
if (mutant !== undefined && 'planted' in mutant) plant(mutant.planted);
// Only now: what is planted must be there before the product is loaded.
const { simulate } = await import('./simulate.ts');
const { planOf } = await import('./plan.ts');
const { tamperings } = await import('./tamperings.ts');
const tampering = mutant !== undefined && 'tampering' in mutant ? tamperings[mutant.tampering] : undefined;

parentPort?.on('message', async ({ from, to }: Asked) => {
  for (let seed = from; seed < to; seed += 1) {
    try {
      const outcome = await simulate(planOf(seed, options), { tampering });
      const isReplayed = mutant === undefined && seed % replayedEach === 0;
      if (isReplayed && (await simulate(planOf(seed, options))).hash !== outcome.hash)
        throw new Error('told again, it went another way');
      parentPort?.postMessage({ ...outcome, isReplayed });
    } catch (error) {
      parentPort?.postMessage({ seed, failed: (error as Error).stack });
    }
  }
  parentPort?.postMessage('next');
});
