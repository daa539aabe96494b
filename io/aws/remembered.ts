/** A bounded memory of a warm function: answers for a while, then forgets; over its bound the oldest goes first. */
export class Remembered<T> {
  readonly #most: number;
  readonly #forMs: number;
  readonly #kept = new Map<string, { readonly value: T; readonly untilMs: number }>();

  constructor(most: number, forMs: number) {
    this.#most = most;
    this.#forMs = forMs;
  }

  get(key: string, nowMs: number): T | undefined {
    const kept = this.#kept.get(key);
    return kept !== undefined && kept.untilMs > nowMs ? kept.value : undefined;
  }

  set(key: string, value: T, nowMs: number): void {
    this.#kept.delete(key);
    this.#kept.set(key, { value, untilMs: nowMs + this.#forMs });
    if (this.#kept.size > this.#most) {
      const oldest = this.#kept.keys().next();
      if (!oldest.done) this.#kept.delete(oldest.value);
    }
  }
}
