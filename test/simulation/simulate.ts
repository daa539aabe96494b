import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { anyInstance } from '../../core/heartbeat/heartbeat.ts';
import { limits } from '../../core/limits.ts';
import { auditInstant, type Matrix } from './answers.ts';
import { type Accounts, ask, balance, look, rangeOf, readBack } from './audit.ts';
import type { Breach } from './books.ts';
import { Chance } from './chance.ts';
import { countUntilTaken } from './counting.ts';
import { gridMs, type Happening, onGrid, type Plan } from './plan.ts';
import { pushUntilTaken } from './producers.ts';
import { auditRollups } from './rollups.ts';
import { loopUntilDone, scrapeUntilDone, targetsOf } from './targets.ts';
import type { Struck } from './weather.ts';
import { World, type WorldOptions } from './world.ts';

export type Outcome = {
  readonly seed: number;
  readonly hash: string;
  readonly breaches: readonly Breach[];
  readonly happened: readonly Struck[];
  readonly accounts: Accounts;
  readonly queries: number;
};

const context = { getRemainingTimeInMillis: () => 28_000 } as Context;
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Runs a plan through: storm, calm, the dead letters once more, days later some old messages again. Then what is stored is held against the books. */
export const simulate = async (plan: Plan, options: WorldOptions = {}): Promise<Outcome> => {
  const usual = { ...limits };
  Object.assign(limits, plan.limits);
  try {
    return await new Simulation(plan, options).run();
  } finally {
    Object.assign(limits, usual);
  }
};

class Simulation {
  readonly #plan: Plan;
  readonly #world: World;
  readonly #under = new Set<Promise<void>>();
  #queries = 0;

  constructor(plan: Plan, options: WorldOptions) {
    this.#plan = plan;
    this.#world = new World(plan, options, targetsOf);
  }

  async run(): Promise<Outcome> {
    const { agenda, storm, buffer, heartbeats } = this.#world;
    const jobs = new Set<string>();
    for (const [id, happening] of this.#plan.happenings) {
      if (happening.kind === 'push') jobs.add(happening.producer.job);
      if (happening.kind === 'count') jobs.add(happening.counter.job);
      agenda.at(happening.atMs, () => this.#start(this.#happen(id, happening)));
    }
    for (const job of jobs) await heartbeats.expect({ job, instance: anyInstance }, { interval: '1m', grace: '35s' });
    if (this.#plan.merges) await this.#tick();
    await agenda.runUntil(this.#plan.startMs);
    await this.#poll(this.#plan.calmMs);
    const outages = new Chance(this.#plan.seed, 'outage');
    if (this.#plan.outage !== undefined) await this.#merge(this.#plan.outage.toMs + hour, outages);
    await this.#calm();
    const held = await readBack(this.#world);
    await ask(this.#world, held.series);
    this.#queries += 1;
    // Days later, what was long done comes once more, in other company; meanwhile finished hours became blocks.
    const late = new Chance(this.#plan.seed, 'late');
    await this.#merge(agenda.nowMs() + this.#plan.lateDays * day, late);
    storm.over = false;
    buffer.handOutAgain(late.shuffled(buffer.taken).slice(0, 12));
    await this.#poll(agenda.nowMs() + 60_000);
    await this.#calm();
    await this.#merge(agenda.nowMs() + 6 * hour, late);
    let stored = held.stored;
    if (this.#world.breaches.length === 0) {
      const last = await readBack(this.#world);
      if (this.#plan.merges) await auditRollups(this.#world, last.series);
      stored = last.stored;
    }
    const accounts = balance(this.#world, stored);
    return {
      seed: this.#plan.seed,
      hash: agenda.hash(),
      breaches: this.#world.breaches,
      happened: storm.happened,
      accounts,
      queries: this.#queries,
    };
  }

  /** Nothing goes wrong any more until all is told and the queue is empty; then the same for the dead letters. */
  async #calm(): Promise<void> {
    const { agenda, storm, buffer } = this.#world;
    storm.over = true;
    for (const redriven of [false, true]) {
      if (redriven) buffer.redrive();
      for (let rounds = 0; this.#under.size > 0 || buffer.nextVisibleAtMs() !== undefined; rounds += 1) {
        if (rounds > 10_000) throw new Error(`seed ${this.#plan.seed}: the calm does not end`);
        const next = buffer.nextVisibleAtMs();
        await this.#poll(
          Math.max(agenda.nowMs() + this.#plan.queue.pollMs, Math.min(next ?? 0, agenda.nowMs() + 60_000)),
        );
      }
    }
  }

  /**
   * Ticks of the merger until then, and readers beside them: a few in any weather, some by two workers at once, but so
   * that each week has one in calm, before segments that nobody has merged expire; the last ones in calm.
   */
  async #merge(untilMs: number, chance: Chance): Promise<void> {
    const { agenda, storm, buffer } = this.#world;
    if (!this.#plan.merges) return agenda.runUntil(untilMs);
    const nowMs = agenda.nowMs();
    const stormyMs = Math.min(untilMs - nowMs, 6 * day);
    // Beside the backlog of an outage.
    const besideMs = (this.#plan.outage?.toMs ?? 0) + chance.between(0, 20_000);
    // Before it is over all that is there is merged, so that what comes afterwards comes to merged days.
    const shortlyBeforeMs = (this.#plan.outage?.toMs ?? 0) - chance.between(11 * minute, hour);
    const turns = [
      nowMs + chance.between(minute, 3 * hour),
      nowMs + chance.between(minute, stormyMs),
      shortlyBeforeMs,
      besideMs,
    ];
    const stormy = turns.filter(atMs => atMs > nowMs && atMs < nowMs + stormyMs).sort((a, b) => a - b);
    for (const [index, atMs] of [...stormy, nowMs + stormyMs, untilMs, untilMs + hour].entries()) {
      await this.#pass(atMs);
      storm.over = index >= stormy.length || atMs === shortlyBeforeMs;
      // What was stored long ago comes once more while it is merged.
      if (!storm.over) buffer.handOutAgain(chance.shuffled(buffer.taken).slice(0, 3));
      // A merger does hundreds of things one after the other: in the whole storm it would never get far.
      storm.share = chance.pick([1, 0.3, 0.1]);
      const isBeside = atMs === besideMs;
      const within = (mostMs: number, work: () => Promise<void>): void =>
        agenda.at(agenda.nowMs() + chance.between(0, mostMs), () => this.#start(work()));
      for (let workers = isBeside ? chance.between(2, 6) : chance.is(0.4) ? 2 : 1; workers > 0; workers -= 1)
        within(isBeside ? 60_000 : 5_000, () => this.#world.merge(isBeside));
      for (let looks = storm.over ? 0 : isBeside ? 4 : 1; looks > 0; looks -= 1)
        within(isBeside ? 60_000 : 6_000, () => look(this.#world));
      await this.#poll(agenda.nowMs() + 10 * minute);
    }
    storm.share = 1;
    await this.#calm();
  }

  /** The merger's first ticks: before anything was stored, and twice while it is. */
  async #tick(): Promise<void> {
    const { agenda, storm } = this.#world;
    storm.over = true;
    this.#start(this.#world.merge());
    await agenda.runUntil(this.#plan.startMs);
    storm.over = false;
    const chance = new Chance(this.#plan.seed, 'ticks');
    for (let ticks = 0; ticks < 2; ticks += 1)
      agenda.at(chance.between(agenda.nowMs(), this.#plan.calmMs), () => this.#start(this.#world.merge()));
  }

  /** Lets time pass up to an instant; an outage ends in between, if it is to. */
  async #pass(untilMs: number): Promise<void> {
    const { agenda } = this.#world;
    const endMs = this.#plan.outage?.toMs ?? 0;
    if (endMs > agenda.nowMs() && endMs < untilMs) {
      await agenda.runUntil(endMs);
      await this.#poll(Math.min(untilMs, endMs + 10 * minute));
    }
    await agenda.runUntil(untilMs);
  }

  /** Lets time pass while workers ask the queue for messages, but in an outage. */
  async #poll(untilMs: number): Promise<void> {
    const { agenda } = this.#world;
    const { fromMs = 0, toMs = 0, share = 0 } = this.#plan.outage ?? {};
    while (agenda.nowMs() < untilMs) {
      const isOut = share === 1 && agenda.nowMs() >= fromMs && agenda.nowMs() < toMs;
      for (let worker = 0; worker < (isOut ? 0 : this.#plan.most.workers); worker += 1)
        this.#start(this.#world.drain());
      if (isOut && this.#under.size === 0) await agenda.runUntil(Math.min(untilMs, toMs));
      else await agenda.runUntil(Math.min(untilMs, agenda.nowMs() + this.#plan.queue.pollMs));
    }
  }

  #start(work: Promise<void>): void {
    const noted = work
      .catch((error: Error) => this.#world.breach('bug', error.stack ?? error.message))
      .finally(() => this.#under.delete(noted));
    this.#under.add(noted);
  }

  #happen(id: number, happening: Happening): Promise<void> {
    if (happening.kind === 'push') return pushUntilTaken(this.#world, `push ${id}`, happening);
    if (happening.kind === 'count') return countUntilTaken(this.#world, `count ${id}`, happening);
    if (happening.kind === 'scrape') return scrapeUntilDone(this.#world, `scrape ${id}`, happening);
    if (happening.kind === 'loop') return loopUntilDone(this.#world, `loop ${id}`, happening);
    if (happening.kind === 'read') return this.#read();
    this.#world.buffer.put(happening.body);
    return Promise.resolve();
  }

  /** A question in the middle of it all: it may go unanswered, but what it answers must be true. */
  async #read(): Promise<void> {
    const { agenda, books } = this.#world;
    const atMs = onGrid(agenda.nowMs()) - gridMs;
    // A read may be a second stale.
    const storedBeforeMs = agenda.nowMs() - 2_000;
    const ran = await this.#world.run(
      'query',
      handler => handler(rangeOf('{__name__!=""}', atMs, atMs), context) as Promise<APIGatewayProxyStructuredResultV2>,
    );
    if (ran?.answer.statusCode !== 200) return;
    this.#queries += 1;
    const matrix = this.#world.tally.without(JSON.parse(String(ran.answer.body)) as Matrix);
    const found = auditInstant(matrix, books.series.values(), labels => books.pagesOf(labels), atMs, storedBeforeMs);
    for (const { kind, what } of found) this.#world.breach(kind, what);
  }
}
