import { limits } from './limits.ts';

/** Pushes of one protocol and job that were refused for one reason within an hour, at one worker or at all of them. */
export type RefusedFor = {
  readonly protocol: string;
  /** Empty where nobody said whose it was before it was refused. */
  readonly job: string;
  readonly status: number;
  /** The stable code of the first thing that was wrong. */
  readonly code: string;
  readonly pushes: number;
  /** Samples refused out of pushes that were taken. */
  readonly samples: number;
  readonly lastMs: number;
  /** What the last of them was told. */
  readonly reason: string;
};

/** An hour of one worker, as it tells it: each time the whole hour, in the place of what it told before. */
export type RefusalPage = { readonly worker: string; readonly hourMs: number; readonly lines: readonly RefusedFor[] };

const hour = 3_600_000;
const keyOf = ({ protocol, job, status, code }: RefusedFor): string => JSON.stringify([protocol, job, status, code]);

const together = (one: RefusedFor, other: RefusedFor): RefusedFor => ({
  ...(one.lastMs > other.lastMs ? one : other),
  pushes: one.pushes + other.pushes,
  samples: one.samples + other.samples,
});

/** Adds a line to those there are; beyond limits.refusalLines reasons the rest is one line without a job. */
const added = (lines: Map<string, RefusedFor>, line: RefusedFor): void => {
  const isKept = lines.has(keyOf(line)) || lines.size < limits.refusalLines;
  const kept: RefusedFor = isKept ? line : { ...line, protocol: 'other', job: '', status: 0, code: 'other' };
  const before = lines.get(keyOf(kept));
  lines.set(keyOf(kept), before === undefined ? kept : together(before, kept));
};

/**
 * What one worker refused, by reason, hour by hour. It is to be told where a reason is new, at the second refusal of a burst, the
 * fourth, the eighth and so on, and otherwise every limits.refusalsToldMs: a burst costs few writes, and what dies with a worker is
 * less than what it told.
 */
export class RefusalBook {
  #hourMs = 0;
  #lines = new Map<string, RefusedFor>();
  #untold = 0;
  #burst = 0;
  #isNew = false;
  #toldMs = Number.NEGATIVE_INFINITY;

  /** Counts a refusal; the page of an hour that is over by it is given back where it was not told whole. */
  note(line: RefusedFor, worker: string): RefusalPage | undefined {
    const hourMs = Math.floor(line.lastMs / hour) * hour;
    let left: RefusalPage | undefined;
    if (hourMs > this.#hourMs) {
      if (this.#untold > 0) left = this.#page(worker);
      this.#hourMs = hourMs;
      this.#lines = new Map();
      this.#untold = 0;
    }
    const known = this.#lines.size;
    added(this.#lines, line);
    this.#isNew ||= this.#lines.size > known;
    this.#untold += 1;
    this.#burst += 1;
    return left;
  }

  /** The page to tell now; undefined where there is nothing new, or it is not time. */
  toTell(worker: string, nowMs: number): RefusalPage | undefined {
    if (this.#untold === 0) return undefined;
    const isLate = nowMs - this.#toldMs >= limits.refusalsToldMs;
    if (isLate) this.#burst = 1;
    else if (!this.#isNew && (this.#burst & (this.#burst - 1)) !== 0) return undefined;
    this.#isNew = false;
    this.#toldMs = nowMs;
    this.#untold = 0;
    return this.#page(worker);
  }

  #page(worker: string): RefusalPage {
    return { worker, hourMs: this.#hourMs, lines: [...this.#lines.values()] };
  }
}

/** What all workers refused, by reason, the most frequent first. */
export const refusedIn = (pages: readonly RefusalPage[]): RefusedFor[] => {
  const lines = new Map<string, RefusedFor>();
  for (const line of pages.flatMap(page => page.lines)) added(lines, line);
  return [...lines.values()].sort((a, b) => b.pushes - a.pushes || b.samples - a.samples || b.lastMs - a.lastMs);
};
