import type { Family } from '../batch.ts';
import { type Exemplar, isTooLong } from '../exemplars.ts';
import { limits } from '../limits.ts';
import type { GatheredSample } from './gather.ts';
import type { Pushed } from './pushed.ts';
import type { Protocol } from './request.ts';

/** A push says more than one push may; thrown while it is read, and caught by `bounded`. */
export class TooMuch extends Error {}

/** The samples of a push as they are read, and what it says of their families, the first time it says so. A few bytes of a histogram are a hundred samples, so each is counted as it is made. */
export class Samples {
  readonly all: GatheredSample[] = [];
  readonly #families = new Map<string, Family>();
  readonly #exemplars: Exemplar[] = [];

  add(sample: GatheredSample): void {
    if (this.all.length >= limits.pushSamples)
      throw new TooMuch(`more than ${limits.pushSamples} samples, send fewer at once`);
    this.all.push(sample);
  }

  tell(family: Family): void {
    if (!this.#families.has(family.name)) this.#families.set(family.name, family);
  }

  /** Tells whether it is kept: those with labels too long, or that are no text, are not. */
  point(exemplar: Exemplar): boolean {
    if (isTooLong(exemplar.labels) || !exemplar.labels.every(pair => pair.every(text => text.isWellFormed())))
      return false;
    this.#exemplars.push(exemplar);
    return true;
  }

  /** As a push has them. */
  get told(): Pick<Pushed, 'samples' | 'families' | 'exemplars'> {
    return {
      samples: this.all,
      ...(this.#families.size > 0 && { families: [...this.#families.values()] }),
      ...(this.#exemplars.length > 0 && { exemplars: this.#exemplars }),
    };
  }
}

/** The same protocol, a push of too much being refused whole. */
export const bounded = (protocol: Protocol): Protocol => ({
  ...protocol,
  read: (request, body) => {
    try {
      return protocol.read(request, body);
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error;
      return { ok: false, status: 413, rejects: [{ code: 'sample_limit', reason: error.message }] };
    }
  },
});
