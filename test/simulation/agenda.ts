import { crc32 } from 'node:zlib';
import type { Clock } from '../../io/ports.ts';

type Entry = { readonly atMs: number; readonly order: number; readonly run: () => void };

/** Lets everything run that needs no time. */
const settled = (): Promise<void> => new Promise(done => process.nextTick(done));

/**
 * The world's clock and what is to happen when: one thing after the other, by time and then in the order in which it was
 * planned. Between two of them everything runs that needs no time, so that nothing depends on the machine.
 */
export class Agenda implements Clock {
  #nowMs: number;
  #planned = 0;
  /** A heap: no entry is before its parent. */
  readonly #heap: Entry[] = [];
  #hash = 0;
  #told = 0;
  readonly #listener: ((line: string) => void) | undefined;

  constructor(startMs: number, listener?: (line: string) => void) {
    this.#nowMs = startMs;
    this.#listener = listener;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wait(durationMs: number): Promise<void> {
    if (durationMs <= 0) return Promise.resolve();
    return new Promise(done => this.at(this.#nowMs + durationMs, done));
  }

  /** Plans something; what is planned for the past happens now. */
  at(atMs: number, run: () => void): void {
    const heap = this.#heap;
    this.#planned += 1;
    heap.push({ atMs: Math.max(atMs, this.#nowMs), order: this.#planned, run });
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!isBefore(heap[child]!, heap[parent]!)) break;
      [heap[child], heap[parent]] = [heap[parent]!, heap[child]!];
      child = parent;
    }
  }

  /** Lets all happen that is planned up to an instant, which is then now. */
  async runUntil(atMs: number): Promise<void> {
    await settled();
    while (this.#heap.length > 0 && this.#heap[0]!.atMs <= atMs) {
      const next = this.#pop();
      this.#nowMs = next.atMs;
      next.run();
      await settled();
    }
    this.#nowMs = Math.max(this.#nowMs, atMs);
  }

  /** Notes what happened: the notes of a run make its hash. */
  tell(what: string): void {
    const line = `${this.#nowMs} ${what}`;
    this.#hash = crc32(line, this.#hash);
    this.#told += 1;
    this.#listener?.(line);
  }

  /** The same for two runs exactly where the same happened in the same order at the same times. */
  hash(): string {
    return `${this.#hash.toString(16).padStart(8, '0')}-${this.#told}`;
  }

  #pop(): Entry {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1;
      const right = left + 1;
      let least = parent;
      if (left < heap.length && isBefore(heap[left]!, heap[least]!)) least = left;
      if (right < heap.length && isBefore(heap[right]!, heap[least]!)) least = right;
      if (least === parent) return first;
      [heap[parent], heap[least]] = [heap[least]!, heap[parent]!];
      parent = least;
    }
  }
}

const isBefore = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
