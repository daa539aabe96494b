import { Fault } from '../../core/fault.ts';

/**
 * What happens to one call of a port: nothing, a failure before it took effect, one after (the effect stands, the caller
 * does not know), or one in between (of a list only a part was taken; a call that takes one thing takes nothing).
 */
export type Strike = 'none' | 'before' | 'after' | 'part';

/**
 * Decides for every call, named `port.verb`, and may take its time: the call begins when it has decided. `answered` is
 * asked on the way back, where an answer may be slow as well. Either may throw, and nothing more is heard of the call.
 */
export type Faults = {
  (place: string): Strike | Promise<Strike>;
  readonly answered?: (place: string) => Promise<void>;
};

export const noFaults: Faults = () => 'none';

/** Runs one effect under the faults: with `struckEach` the only way in which memory ports fail. */
export const struck = async <T>(faults: Faults, place: string, effect: () => T): Promise<T> => {
  const strike = await faults(place);
  if (strike === 'before' || strike === 'part') throw injected(`${place} failed before it took effect`);
  const result = effect();
  // A real call ends in a later turn: whoever relies on it ending at once is found out here.
  await faults.answered?.(place);
  if (strike === 'after') throw injected(`${place} took effect and then failed`);
  return result;
};

/** The same for a list. Struck in part, every other item is taken, as where a service leaves some unprocessed for good. */
export const struckEach = async <T>(
  faults: Faults,
  place: string,
  items: readonly T[],
  effect: (item: T) => void,
): Promise<void> => {
  const strike = await faults(place);
  if (strike === 'before') throw injected(`${place} failed before it took effect`);
  const taken = strike === 'part' ? items.filter((_, index) => index % 2 === 0) : items;
  for (const item of taken) effect(item);
  await faults.answered?.(place);
  if (strike === 'after') throw injected(`${place} took effect and then failed`);
  if (taken.length < items.length)
    throw injected(`${place}: ${items.length - taken.length} of ${items.length} were not taken`);
};

const injected = (message: string): Fault => new Fault('injected', message, { retryable: true });
