import type { Strike } from '../../io/memory/faults.ts';
import type { Clock } from '../../io/ports.ts';
import { fate } from './life.ts';

/** What the SDK does where nothing else is asked of it: three tries in all, some time apart. */
const sdkTries = 3;
const sdkBackoffMs = 60;

/** An error as a service gives it, told apart by its name. */
export const serviceError = (name: string): Error => Object.assign(new Error(`simulated ${name}`), { name });

/**
 * One call of the SDK: tried again where the service throttles it or gives no answer, in which case it may have taken
 * effect before. `effect` is told whether it does all of its work.
 */
export const sdkCall = async <T>(clock: Clock, place: string, effect: (strike: Strike) => T): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    const strike = await fate(place);
    const answer = strike === 'before' ? undefined : { value: effect(strike) };
    if (answer !== undefined) await fate.answered?.(place);
    if (answer !== undefined && strike !== 'after') return answer.value;
    if (attempt === sdkTries) throw serviceError(strike === 'before' ? 'ThrottlingException' : 'TimeoutError');
    await clock.wait(sdkBackoffMs * 2 ** attempt);
  }
};
