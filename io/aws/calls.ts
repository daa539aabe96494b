import { Fault } from '../../core/fault.ts';
import { limits } from '../../core/limits.ts';
import type { Clock } from '../ports.ts';

/** What a refused or broken service call looks like, whichever service it was. */
type ServiceError = {
  readonly name?: string;
  readonly message?: string;
  readonly $fault?: string;
  readonly $retryable?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
};

/** Errors of the caller's own making: the same call can never succeed. Everything else may be tried again. */
const permanent = new Set([
  'ValidationException',
  'ResourceNotFoundException',
  'AccessDeniedException',
  'InvalidMessageContents',
]);

/** Runs one service call; whatever it throws becomes a Fault that names the call and the service's own code. */
export const called = async <T>(place: string, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (cause) {
    const { name = 'UnknownError', message = '' } = cause as ServiceError;
    throw new Fault(name, `${place}: ${name}: ${message}`, { retryable: !permanent.has(name), cause });
  }
};

/** The same for a conditional write: false where the condition did not hold. */
export const calledIf = async (place: string, call: () => Promise<unknown>): Promise<boolean> => {
  try {
    await called(place, call);
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === 'ConditionalCheckFailedException') return false;
    throw error;
  }
};

/**
 * Repeats a call that may do a part of its work: `work` gets what is left and answers what is still left. Throws a
 * retryable Fault when limits.serviceTries rounds did not finish it.
 */
export const untilDone = async <T>(
  place: string,
  clock: Clock,
  all: readonly T[],
  work: (left: readonly T[]) => Promise<readonly T[]>,
): Promise<void> => {
  let left = all;
  for (let round = 0; left.length > 0; round += 1) {
    if (round === limits.serviceTries) {
      throw new Fault('partial', `${place}: ${left.length} of ${all.length} were not taken after ${round} tries`, {
        retryable: true,
      });
    }
    if (round > 0) await clock.wait(limits.serviceBackoffMs * 2 ** (round - 1));
    left = await work(left);
  }
};
