import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Outcome } from './simulate.ts';
import type { ThreadData } from './thread.ts';

export type Told = Outcome & { readonly isReplayed: boolean };
type Failed = { readonly seed: number; readonly failed: string };

const seedsAtOnce = 10;

/** Runs seeds [from, to) on so many threads and hands over each outcome as it comes; ends early where `told` says so. */
export const runSeeds = async (
  {
    from,
    to,
    threads,
    data,
  }: { readonly from: number; readonly to: number; readonly threads: number; readonly data: ThreadData },
  told: (outcome: Told) => boolean,
): Promise<void> => {
  let next = from;
  let isEnough = false;
  const lane = async (): Promise<void> => {
    const worker = new Worker(join(import.meta.dirname, 'thread.ts'), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: 128 },
    });
    try {
      await new Promise<void>((done, fail) => {
        const hand = (): void => {
          if (isEnough || next >= to) {
            done();
            return;
          }
          const until = Math.min(to, next + seedsAtOnce);
          worker.postMessage({ from: next, to: until });
          next = until;
        };
        worker.on('error', fail);
        worker.on('message', (message: Told | Failed | 'next') => {
          if (message === 'next') hand();
          else if ('failed' in message) fail(new Error(`seed ${message.seed}: ${message.failed}`));
          else if (!isEnough && told(message)) {
            isEnough = true;
            done();
          }
        });
        hand();
      });
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: threads }, lane));
};
