import type { Buffer, Clock } from '../ports.ts';
import { type Faults, noFaults, struckEach } from './faults.ts';

/** A message as a receiver gets it: the same id and body each time. */
export type Received = { readonly id: string; readonly body: string };

type Waiting = Received & { readonly visibleAtMs: number; readonly receives: number };

/** How a queue hands over: its own bounds, and the whims of whoever plays the network. */
export type Manners = {
  /** How long a received message is hidden from others before it is handed out again. */
  readonly hiddenMs: number;
  /** Receives after which a message goes to the dead letters instead. */
  readonly mostReceives: number;
  /** The order in which visible messages are handed out. */
  readonly ordered?: (visible: readonly Received[]) => readonly Received[];
};

/**
 * An at-least-once queue: what is received stays until it is removed, comes back when its time of hiding is over, may be
 * handed out of order and again after it was removed, and ends in the dead letters when it was received too often.
 */
export class RedeliveringQueue implements Buffer {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #manners: Manners;
  readonly #waiting = new Map<string, Waiting>();
  #sent = 0;
  /** Everything that was ever taken, removed or not: what a late duplicate is a duplicate of. */
  readonly taken: Received[] = [];
  readonly deadLetters: Received[] = [];

  constructor(name: string, clock: Clock, manners: Manners, faults: Faults = noFaults) {
    this.#name = name;
    this.#clock = clock;
    this.#manners = manners;
    this.#faults = faults;
  }

  send(messages: readonly string[]): Promise<void> {
    return struckEach(this.#faults, `${this.#name}.send`, messages, body => {
      this.put(body);
    });
  }

  /** Takes one message in, past all faults. */
  put(body: string): Received {
    this.#sent += 1;
    const message = { id: `${this.#name}-${this.#sent}`, body };
    this.taken.push(message);
    this.#waiting.set(message.id, { ...message, visibleAtMs: this.#clock.nowMs(), receives: 0 });
    return message;
  }

  /** Hands out visible messages, at most so many, and hides them. */
  receive(most: number): Received[] {
    const nowMs = this.#clock.nowMs();
    const visible = [...this.#waiting.values()].filter(({ visibleAtMs }) => visibleAtMs <= nowMs);
    const received: Received[] = [];
    for (const { id } of (this.#manners.ordered?.(visible) ?? visible).slice(0, most)) {
      const message = this.#waiting.get(id)!;
      if (message.receives >= this.#manners.mostReceives) {
        this.#waiting.delete(id);
        this.deadLetters.push({ id, body: message.body });
        continue;
      }
      const visibleAtMs = nowMs + this.#manners.hiddenMs;
      this.#waiting.set(id, { ...message, visibleAtMs, receives: message.receives + 1 });
      received.push({ id, body: message.body });
    }
    return received;
  }

  /** Done with these. One that is gone already stays gone. */
  remove(ids: Iterable<string>): void {
    for (const id of ids) this.#waiting.delete(id);
  }

  /** Hands these out again as if they had never been removed: a duplicate, minutes or days late. */
  handOutAgain(messages: Iterable<Received>): void {
    for (const message of messages)
      this.#waiting.set(message.id, { ...message, visibleAtMs: this.#clock.nowMs(), receives: 0 });
  }

  /** Puts the dead letters back into the queue, as an operator does once the trouble is over. */
  redrive(): void {
    this.handOutAgain(this.deadLetters.splice(0));
  }

  /** When the next message can be seen; undefined where none is left. */
  nextVisibleAtMs(): number | undefined {
    let next: number | undefined;
    for (const { visibleAtMs } of this.#waiting.values())
      if (next === undefined || visibleAtMs < next) next = visibleAtMs;
    return next;
  }
}
