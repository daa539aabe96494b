import type { Buffer, Clock, Deadlines, Delayed, Scrapes } from '../ports.ts';
import { type Faults, noFaults, struckEach } from './faults.ts';

export type Message = { readonly id: string; readonly body: string; readonly dueMs: number };

/** A queue in memory: what was sent, until somebody takes it. */
export class MemoryQueue implements Buffer, Scrapes, Deadlines {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #faults: Faults;
  #sent = 0;
  messages: Message[] = [];

  constructor(name: string, clock: Clock, faults: Faults = noFaults) {
    this.#name = name;
    this.#clock = clock;
    this.#faults = faults;
  }

  send(messages: readonly (string | Delayed)[]): Promise<void> {
    return struckEach<string | Delayed>(this.#faults, `${this.#name}.send`, messages, message => {
      const { body, delayMs } = typeof message === 'string' ? { body: message, delayMs: 0 } : message;
      this.#sent += 1;
      this.messages.push({ id: `${this.#name}-${this.#sent}`, body, dueMs: this.#clock.nowMs() + delayMs });
    });
  }

  /** Takes what is due, at most `most`: whoever takes and fails must put it back. */
  take(most = Number.POSITIVE_INFINITY): Message[] {
    const due = this.messages.filter(({ dueMs }) => dueMs <= this.#clock.nowMs()).slice(0, most);
    this.messages = this.messages.filter(message => !due.includes(message));
    return due;
  }

  putBack(messages: readonly Message[]): void {
    this.messages.push(...messages);
  }
}
