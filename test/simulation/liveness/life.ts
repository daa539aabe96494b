import { AsyncLocalStorage } from 'node:async_hooks';
import type { Faults, Strike } from '../../../io/memory/faults.ts';
import type { Agenda } from '../agenda.ts';
import type { Chance } from '../chance.ts';
import type { Weather } from './plan.ts';

/** Thrown into a worker that is dead: what is left of its code has no effect. */
export class Gone extends Error {}

export type Role = 'push' | 'check';

/** What every life shares: the faults that happened, by kind, and whether the storm is over. */
export class Storm {
  readonly #agenda: Agenda;
  readonly chance: Chance;
  readonly counts = new Map<string, number>();
  over = false;
  faults = 0;

  constructor(agenda: Agenda, chance: Chance) {
    this.#agenda = agenda;
    this.chance = chance;
  }

  is(share: number, what: string): boolean {
    if (this.chance.next() >= share || this.over) return false;
    this.strike(what);
    return true;
  }

  strike(what: string): void {
    const kind = what.slice(0, what.indexOf(' '));
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.faults += 1;
    this.#agenda.tell(`fault ${what}`);
  }
}

/** One invocation of a handler, which may end at any await; its clock is a little off. */
export class Life {
  readonly role: Role;
  readonly skewMs: number;
  readonly #agenda: Agenda;
  readonly #storm: Storm;
  readonly #weather: Weather;
  readonly #isOut: (place: string) => boolean;
  #crashes = false;
  dead = false;

  constructor(role: Role, agenda: Agenda, storm: Storm, weather: Weather, isOut: (place: string) => boolean) {
    this.role = role;
    this.#agenda = agenda;
    this.#storm = storm;
    this.#weather = weather;
    this.#isOut = isOut;
    this.skewMs = storm.over ? 0 : storm.chance.between(-1_000, 1_000);
  }

  async begins(place: string): Promise<Strike> {
    this.#mustLive();
    const { before, after, slow, crash } = this.#weather;
    const { chance } = this.#storm;
    const drawn = chance.next();
    const where = `${this.role} ${place}`;
    let waitMs = chance.between(1, 20);
    let strike: Strike = 'none';
    if (this.#isOut(place)) strike = 'before';
    else if (!this.#storm.over) {
      if (drawn < before) strike = this.#struck('before', where);
      else if (drawn < before + after) strike = this.#struck('after', where);
      else if (drawn < before + after + slow) {
        this.#storm.strike(`slow ${where}`);
        waitMs = chance.between(200, 2_500);
      } else if (drawn < before + after + slow + crash) {
        this.#storm.strike(`crash ${where}`);
        if (chance.is(0.5)) this.#crashes = true;
        else this.dead = true;
      }
    }
    await this.#agenda.wait(waitMs);
    this.#mustLive();
    return strike;
  }

  async ends(): Promise<void> {
    if (this.#crashes) this.dead = true;
    this.#mustLive();
  }

  #struck(strike: Strike, where: string): Strike {
    this.#storm.strike(`${strike} ${where}`);
    return strike;
  }

  #mustLive(): void {
    if (this.dead) throw new Gone();
  }
}

const current = new AsyncLocalStorage<Life>();

export const live = <T>(life: Life, run: () => T): T => current.run(life, run);

export const currentLife = (): Life | undefined => current.getStore();

/** The fate of every call, by whoever makes it; the world's own looks at things meet none. */
export const fate: Faults = Object.assign(
  (place: string): Strike | Promise<Strike> => currentLife()?.begins(place) ?? 'none',
  { answered: async (): Promise<void> => currentLife()?.ends() },
);
