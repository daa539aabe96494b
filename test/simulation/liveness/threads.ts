import { join } from 'node:path';
import { type Lanes, runLanes } from '../lanes.ts';
import type { Outcome } from './simulate.ts';
import type { ThreadData } from './thread.ts';

export type Told = Outcome & { readonly isReplayed: boolean };

/** Runs seeds [from, to) on so many threads and hands over each outcome as it comes; ends early where `told` says so. */
export const runSeeds = (lanes: Lanes<ThreadData>, told: (outcome: Told) => boolean): Promise<void> =>
  runLanes(join(import.meta.dirname, 'thread.ts'), 128, lanes, told);
