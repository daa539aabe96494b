import type { Clock } from '../ports.ts';

/** A clock that stands still until it is moved: waiting ends when its instant is reached, in order of instants. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #waiting: { readonly atMs: number; readonly wake: () => void }[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wait(durationMs: number): Promise<void> {
    if (durationMs <= 0) return Promise.resolve();
    return new Promise(wake => {
      this.#waiting.push({ atMs: this.#nowMs + durationMs, wake });
    });
  }

  /** Moves to an instant, waking everyone due on the way, each at its own time. */
  async moveTo(atMs: number): Promise<void> {
    for (;;) {
      await settled();
      const next = this.#waiting.reduce<number | undefined>(
        (least, { atMs: due }) => (least === undefined || due < least ? due : least),
        undefined,
      );
      if (next === undefined || next > atMs) break;
      this.#nowMs = Math.max(this.#nowMs, next);
      const due = this.#waiting.filter(waiting => waiting.atMs <= this.#nowMs);
      this.#waiting = this.#waiting.filter(waiting => waiting.atMs > this.#nowMs);
      for (const { wake } of due) wake();
    }
    this.#nowMs = Math.max(this.#nowMs, atMs);
    await settled();
  }
}

/** Lets everything run that needs no time. */
const settled = (): Promise<void> => new Promise(done => setImmediate(done));
