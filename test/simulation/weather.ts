import type { Chance } from './chance.ts';

/** Everything that may go wrong, and how often at most, as a share of the occasions for it. */
const worst = {
  /** A port's call that fails before it took effect, or after it, or in between: a list of which a part was taken. */
  before: 0.12,
  after: 0.1,
  part: 0.15,
  /** The same of a service's call, where the SDK tries again: throttled; done and not answered; items left unprocessed. */
  throttled: 0.7,
  timedOut: 0.2,
  unprocessed: 0.8,
  /** A worker that is gone before a call, or after its effect. */
  crashBefore: 0.025,
  crashAfter: 0.025,
  /** A call that takes seconds, so that functions time out and messages become visible again. */
  slow: 0.1,
  /** A merger that stands still for half a minute just before it swaps a manifest, while others go on. */
  stalled: 0.8,
  /** Pages of a read that end early. */
  shortPage: 0.5,
  /** Reads that may be stale and are. */
  staleRead: 0.4,
  /** HTTP: a request that never arrives, an answer that never does. */
  lostRequest: 0.4,
  lostAnswer: 0.15,
  /** An invocation that is refused before it began. */
  throttledInvocation: 0.5,
  /** The queue: messages handed out out of order, again although another worker has them, again after they were removed. */
  reorder: 0.8,
  twice: 0.1,
  undead: 0.06,
  /** A removal that does not happen. */
  lostRemoval: 0.1,
  /** A message whose bytes are damaged on the way. */
  spoiled: 0.004,
  /** Scrapes: an order that is carried out twice, a target that does not answer. */
  doubledOrder: 0.2,
  deadTarget: 0.1,
} as const;

export type FaultKind = keyof typeof worst;

export const faultKinds = Object.keys(worst) as FaultKind[];

export type Weather = Readonly<Record<FaultKind, number>>;

/** How often each thing goes wrong in one seed: some never, so that one kind of fault does not always hide behind another. */
export const weatherOf = (chance: Chance): Weather =>
  Object.fromEntries(
    faultKinds.map(kind => {
      const never = chance.is(0.2);
      const share = 0.3 + 0.7 * chance.next();
      return [kind, never ? 0 : worst[kind] * share];
    }),
  ) as Weather;

/** A fault that happened: its kind, and where, by a name that a like run gives it too. */
export type Struck = string;

/** Lets faults happen and notes them; told which ones only, it lets no others happen. */
export class Storm {
  readonly #weather: Weather;
  readonly #only: ReadonlySet<Struck> | undefined;
  readonly #tell: (what: string) => void;
  readonly happened: Struck[] = [];
  /** Ends the storm: from then on nothing goes wrong. */
  over = false;
  /** What of it is left: 1 is the whole storm. */
  share = 1;

  constructor(weather: Weather, only: ReadonlySet<Struck> | undefined, tell: (what: string) => void) {
    this.#weather = weather;
    this.#only = only;
    this.#tell = tell;
  }

  /** Whether it happens here. Always draws, so that a fault left out moves no other. */
  strikes(kind: FaultKind, where: string, chance: Chance): boolean {
    const drawn = chance.next();
    // Stalls are few and meant for those who merge side by side, whatever is left of the storm.
    const share = kind === 'stalled' ? 1 : this.share;
    if (drawn >= this.#weather[kind] * share || this.over) return false;
    const name = `${kind} ${where}`;
    if (this.#only?.has(name) === false) return false;
    this.happened.push(name);
    this.#tell(`fault ${name}`);
    return true;
  }
}
