import { limits } from '../limits.ts';
import { EvaluationError, TimedOut } from './result.ts';

/** What one evaluation has taken so far; it ends where a limit is passed, naming figure and limit. */
export class Budget {
  readonly #isOver: () => boolean;
  #cells = 0;
  #visits = 0;
  #samples = 0;

  /** `isOver` says that its time is. */
  constructor(isOver: () => boolean = () => false) {
    this.#isOver = isOver;
  }

  /** Values held at once, one a series and step. Never given back: what is held to the end is what counts. */
  hold(cells: number): void {
    this.#cells += cells;
    if (this.#cells <= limits.queryCells) return;
    const reason = `the query holds ${this.#cells} values at once, the limit is ${limits.queryCells}: ask for fewer series or a longer step`;
    throw new EvaluationError(reason);
  }

  /** Samples looked at, one as often as windows overlap on it. */
  visit(samples: number): void {
    this.#visits += samples;
    if (this.#isOver()) throw new TimedOut();
    if (this.#visits <= limits.queryVisits) return;
    const reason = `the query looks at samples ${this.#visits} times, the limit is ${limits.queryVisits}: ask for shorter ranges or a longer step`;
    throw new EvaluationError(reason);
  }

  /** Samples read, each read's once. */
  read(samples: number): void {
    this.#samples += samples;
    if (this.#samples <= limits.querySamples) return;
    const reason = `the query reads ${this.#samples} samples, the limit is ${limits.querySamples}: ask for fewer series or a shorter range`;
    throw new EvaluationError(reason);
  }
}
