import { Worker } from 'node:worker_threads';

/** Which seeds: [from, to), on so many threads of which file, each given `data`. */
export type Lanes<Data> = {
  readonly from: number;
  readonly to: number;
  readonly threads: number;
  readonly data: Data;
};

type Failed = { readonly seed: number; readonly failed: string };

/** Seeds a thread is handed at a time: few, so that all threads end together. */
const seedsAtOnce = 10;

/**
 * Runs seeds and hands over each outcome as a thread tells it; ends early where `enough` says so. `youngMiB`: much of a seed's
 * world is garbage at once, and more room than it takes is only slower to go through.
 */
export const runLanes = async <Data, Told extends object>(
  file: string,
  youngMiB: number,
  { from, to, threads, data }: Lanes<Data>,
  enough: (outcome: Told) => boolean,
): Promise<void> => {
  let next = from;
  let isEnough = false;
  const lane = async (): Promise<void> => {
    const worker = new Worker(file, {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: youngMiB },
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
          else if (!isEnough && enough(message)) {
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
