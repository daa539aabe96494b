import { Fault } from '../../core/fault.ts';

/**
 * What happens to one call of a port: nothing, a failure before it took effect, or one after (the effect stands, the
 * caller does not know).
 */
export type Strike = 'none' | 'before' | 'after';

/** Decides for every call, named `port.verb`. The default strikes nothing. */
export type Faults = (place: string) => Strike;

export const noFaults: Faults = () => 'none';

/** Runs one effect under the faults: the only way in which memory ports fail. */
export const struck = async <T>(faults: Faults, place: string, effect: () => T): Promise<T> => {
  const strike = faults(place);
  if (strike === 'before') throw new Fault('injected', `${place} failed before it took effect`, { retryable: true });
  const result = effect();
  // A real call ends in a later turn: whoever relies on it ending at once is found out here.
  await Promise.resolve();
  if (strike === 'after') throw new Fault('injected', `${place} took effect and then failed`, { retryable: true });
  return result;
};
