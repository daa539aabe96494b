import type { MiddlewareObj } from '@middy/core';
import type { Ports } from '../../io/ports.ts';

/** Says what the invocation had to say of itself, whether it came to its end or failed. */
export const measured = ({ measures }: Pick<Ports, 'measures'>): MiddlewareObj<unknown, unknown> => ({
  after: () => measures.flush(),
  onError: () => measures.flush(),
});
