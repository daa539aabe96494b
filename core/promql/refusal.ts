import type { Read } from '../reject.ts';
import { placeIn } from './syntax.ts';

/** Raised while an expression is read, where a node deep in the tree is wrong; `reading` makes a reject of it. */
export class Refusal extends Error {
  readonly at: number;

  constructor(at: number, reason: string) {
    super(reason);
    this.at = at;
  }
}

/** Prometheus's words: `1:5: parse error: …`, the place beside them. */
export const reading = <T>(text: string, read: () => T): Read<T | undefined> => {
  try {
    return { value: read(), rejects: [] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const reject = { code: 'bad_data', place: placeIn(text, error.at), reason: `parse error: ${error.message}` };
    return { value: undefined, rejects: [reject] };
  }
};
