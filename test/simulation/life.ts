import { AsyncLocalStorage } from 'node:async_hooks';
import type { Faults, Strike } from '../../io/memory/faults.ts';
import type { Agenda } from './agenda.ts';
import type { Chance } from './chance.ts';
import type { Delivery } from './messages.ts';
import type { Storm } from './weather.ts';

/** Thrown into a worker that is dead: its code may still run, as nothing can stop it, but nothing of it has effect. */
export class Gone extends Error {}

const isService = /^(dynamo|sqs|s3)\./;
const isSwap = /^(dynamo\.PutItemCommand|blocks\.swap)$/;
const serviceFaults = ['throttled', 'timedOut', 'unprocessed'] as const;
const portFaults = ['before', 'after', 'part'] as const;

/** One worker: a process that runs handlers, and may end at any await. */
export class Life {
  readonly name: string;
  readonly #chance: Chance;
  readonly #storm: Storm;
  readonly #agenda: Agenda;
  #calls = 0;
  dead = false;

  constructor(name: string, chance: Chance, storm: Storm, agenda: Agenda) {
    this.name = name;
    this.#chance = chance;
    this.#storm = storm;
    this.#agenda = agenda;
  }

  die(why: string): void {
    if (this.dead) return;
    this.dead = true;
    this.#agenda.tell(`${this.name} dies: ${why}`);
  }

  /** What becomes of one call: it takes its time, and may fail, or be the worker's last. */
  async begins(place: string): Promise<Strike> {
    this.#mustLive();
    this.#calls += 1;
    const where = `${this.name} ${this.#calls} ${place}`;
    this.#agenda.tell(where);
    const strikes = (kind: Parameters<Storm['strikes']>[0]): boolean => this.#storm.strikes(kind, where, this.#chance);
    const [before, after, part] = isService.test(place) ? serviceFaults : portFaults;
    const strike: Strike = strikes(before) ? 'before' : strikes(after) ? 'after' : strikes(part) ? 'part' : 'none';
    const isStalled = currentInvocation()?.isRival === true && isSwap.test(place) && strikes('stalled');
    if (isStalled) await this.#agenda.wait(this.#chance.between(2_000, 45_000));
    const wayMs = strikes('slow') ? this.#chance.between(1_000, 40_000) : this.#chance.between(1, 40);
    await this.#agenda.wait(wayMs);
    this.#mustLive();
    if (strikes('crashBefore')) this.#crash();
    return strike;
  }

  /** The way back of a call that took effect. */
  async ends(place: string): Promise<void> {
    const where = `${this.name} ${this.#calls} ${place} back`;
    const crashes = this.#storm.strikes('crashAfter', where, this.#chance);
    await this.#agenda.wait(this.#chance.between(1, 20));
    this.#mustLive();
    if (crashes) this.#crash();
  }

  /** Whether something happens to the call that is under way. */
  strikes(kind: Parameters<Storm['strikes']>[0], place: string): boolean {
    return this.#storm.strikes(kind, `${this.name} ${this.#calls} ${place}`, this.#chance);
  }

  #crash(): never {
    this.die('crash');
    throw new Gone();
  }

  #mustLive(): void {
    if (this.dead) throw new Gone();
  }
}

/** One run of a handler in a worker. */
export type Invocation = {
  readonly life: Life;
  /** What is being delivered, where somebody delivers. */
  readonly delivery?: Delivery;
  /** Whether it is one of several that do the same side by side. */
  readonly isRival?: boolean;
  /** What the handler said in its log of what it did. */
  report?: Readonly<Record<string, string | number | boolean>>;
};

const current = new AsyncLocalStorage<Invocation>();

/** Runs a handler: every call it makes, however deep, meets its worker's fate. */
export const invoke = <T>(invocation: Invocation, run: () => T): T => current.run(invocation, run);

export const currentInvocation = (): Invocation | undefined => current.getStore();

/** The fate of every call by whoever makes it; the world's own looks at things meet none. */
export const fate: Faults = Object.assign(
  (place: string): Strike | Promise<Strike> => currentInvocation()?.life.begins(place) ?? 'none',
  { answered: async (place: string): Promise<void> => currentInvocation()?.life.ends(place) },
);
