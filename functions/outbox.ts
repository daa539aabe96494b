import { limits } from '../core/limits.ts';
import type { Ports } from '../io/ports.ts';

type Parcel = { readonly messages: readonly string[]; readonly sent: () => void };

/**
 * Messages on their way to the buffer while their worker goes on: gathered for limits.loopGatherMs, or until they fill a call, and
 * sent again until they are taken. What is sent twice is the same message.
 */
export class Outbox {
  readonly #ports: Pick<Ports, 'buffer' | 'clock' | 'log'>;
  readonly #deadlineMs: number;
  #waiting: Parcel[] = [];
  #messages = 0;
  #filled: (() => void) | undefined;
  #sending: Promise<void> | undefined;
  #isLast = false;

  /** Gives up at `deadlineMs`. */
  constructor(ports: Pick<Ports, 'buffer' | 'clock' | 'log'>, deadlineMs: number) {
    this.#ports = ports;
    this.#deadlineMs = deadlineMs;
  }

  /** `sent` is called once the buffer has them. */
  put(messages: readonly string[], sent: () => void): void {
    this.#waiting.push({ messages, sent });
    this.#messages += messages.length;
    if (this.#messages >= limits.sendBatchMessages) this.#filled?.();
    this.#sending ??= this.#send();
  }

  /** Resolves once the buffer has all of them; throws where it would not take them in time. */
  async emptied(): Promise<void> {
    this.#isLast = true;
    this.#filled?.();
    await this.#sending;
    if (this.#waiting.length > 0) throw new Error(`${this.#messages} messages could not be handed over in time`);
  }

  async #send(): Promise<void> {
    const { buffer, clock, log } = this.#ports;
    while (this.#waiting.length > 0) {
      if (!this.#isLast && this.#messages < limits.sendBatchMessages)
        await Promise.race([clock.wait(limits.loopGatherMs), new Promise<void>(done => (this.#filled = done))]);
      const parcels = this.#waiting;
      this.#waiting = [];
      this.#messages = 0;
      try {
        await buffer.send(parcels.flatMap(({ messages }) => messages));
        for (const { sent } of parcels) sent();
      } catch (error) {
        log.write('warn', 'not handed over yet', { cause: (error as Error).message });
        this.#waiting.unshift(...parcels);
        this.#messages = this.#waiting.reduce((sum, { messages }) => sum + messages.length, 0);
        if (clock.nowMs() >= this.#deadlineMs) break;
        await clock.wait(limits.loopGatherMs);
      }
    }
    this.#sending = undefined;
  }
}
