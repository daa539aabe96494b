import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { limits } from '../../core/limits.ts';
import type { SeriesSamples } from '../../core/segment/read.ts';
import { query } from '../../functions/query.ts';
import { SeriesReader } from '../../functions/reading.ts';
import { auditInstant, auditMatrix, type Matrix } from './answers.ts';
import type { Breach } from './books.ts';
import { Chance } from './chance.ts';
import { gridMs, type Happening, onGrid, type Plan } from './plan.ts';
import { pushUntilTaken } from './producers.ts';
import { scrapeUntilDone, targetsOf } from './targets.ts';
import type { Struck } from './weather.ts';
import { World, type WorldOptions } from './world.ts';

export type Accounts = {
  /** Samples the doors said they took. */
  readonly accepted: number;
  /** Samples in the queue of tries that were never answered 200. */
  readonly unacknowledged: number;
  /** Samples that can be read. */
  readonly stored: number;
  /** Samples that say again what another one says: a retry, a duplicate, a conflict that was lost. */
  readonly merged: number;
  /** Samples in the dead letters. */
  readonly quarantined: number;
};

export type Outcome = {
  readonly seed: number;
  readonly hash: string;
  readonly breaches: readonly Breach[];
  readonly happened: readonly Struck[];
  readonly accounts: Accounts;
  readonly queries: number;
};

const context = { getRemainingTimeInMillis: () => 28_000 } as Context;
const day = 24 * 3_600_000;

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
    const { agenda, storm, buffer } = this.#world;
    for (const [id, happening] of this.#plan.happenings) {
      if (happening.kind === 'push')
        await this.#world.heartbeats.expect(
          { job: happening.producer.job, instance: '*' },
          { interval: '1m', grace: '35s' },
        );
      agenda.at(happening.atMs, () => this.#start(this.#happen(id, happening)));
    }
    await this.#poll(this.#plan.calmMs);
    await this.#calm();
    const first = await this.#audit(true);
    // Days later, what was long done comes once more, in other company.
    await agenda.runUntil(agenda.nowMs() + this.#plan.lateDays * day);
    storm.over = false;
    const late = new Chance(this.#plan.seed, 'late');
    buffer.handOutAgain(late.shuffled(buffer.taken).slice(0, 12));
    await this.#poll(agenda.nowMs() + 60_000);
    await this.#calm();
    const accounts = this.#world.breaches.length > 0 ? first : await this.#audit(false);
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

  /** Lets time pass while workers ask the queue for messages. */
  async #poll(untilMs: number): Promise<void> {
    const { agenda } = this.#world;
    while (agenda.nowMs() < untilMs) {
      for (let worker = 0; worker < this.#plan.most.workers; worker += 1) this.#start(this.#world.drain());
      await agenda.runUntil(Math.min(untilMs, agenda.nowMs() + this.#plan.queue.pollMs));
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
    if (happening.kind === 'scrape') return scrapeUntilDone(this.#world, `scrape ${id}`, happening);
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
      handlers =>
        handlers.query(rangeOf('{__name__!=""}', atMs, atMs), context) as Promise<APIGatewayProxyStructuredResultV2>,
    );
    if (ran?.answer.statusCode !== 200) return;
    this.#queries += 1;
    const matrix = JSON.parse(String(ran.answer.body)) as Matrix;
    const found = auditInstant(matrix, books.series.values(), labels => books.pagesOf(labels), atMs, storedBeforeMs);
    for (const { kind, what } of found) this.#world.breach(kind, what);
  }

  /** Everything that is stored, against everything that was said; then the API's answers against what is stored. */
  async #audit(asking: boolean): Promise<Accounts> {
    const { agenda, books, buffer, deliveries } = this.#world;
    const ports = this.#world.ports();
    const [fromMs, toMs] = [this.#plan.startMs - 3_600_000, this.#plan.calmMs + 7_200_000];
    const { series, warnings } = await new SeriesReader(ports).read(() => true, fromMs, toMs);
    for (const warning of warnings) this.#world.breach('unreadable', warning);
    const { breaches, samples: stored } = books.audit(series);
    for (const { kind, what } of breaches) this.#world.breach(kind, what);
    if (asking) await this.#ask(series, fromMs, toMs);
    const dead = new Set(buffer.deadLetters.map(({ id }) => id));
    const copies = new Map<string, number>();
    let quarantined = 0;
    let queued = 0;
    for (const { id, keys, spoiled, delivery } of buffer.byId.values()) {
      queued += keys.length;
      if (dead.has(id) !== (spoiled || delivery === undefined))
        this.#world.breach('accounts', `${id} is ${dead.has(id) ? '' : 'not '}among the dead letters`);
      if (dead.has(id)) quarantined += keys.length;
      else for (const key of keys) copies.set(key, (copies.get(key) ?? 0) + 1);
    }
    let merged = 0;
    for (const count of copies.values()) merged += count - 1;
    let accepted = 0;
    let unacknowledged = 0;
    for (const delivery of deliveries) {
      accepted += delivery.accepted;
      if (delivery.acknowledged) merged += delivery.accepted - delivery.queued;
      else unacknowledged += delivery.queued;
    }
    if (accepted + unacknowledged !== stored + merged + quarantined) {
      this.#world.breach(
        'accounts',
        `${accepted} accepted + ${unacknowledged} unacknowledged are not ${stored} stored + ${merged} merged + ${quarantined} quarantined`,
      );
    }
    agenda.tell(`audit ${stored} stored, ${merged} merged, ${quarantined} quarantined, ${queued} queued`);
    return { accepted, unacknowledged, stored, merged, quarantined };
  }

  /** The API's answer over what is stored, step by step. */
  async #ask(series: readonly SeriesSamples[], fromMs: number, toMs: number): Promise<void> {
    const door = query(this.#world.ports());
    const startMs = onGrid(fromMs + 1_800_000);
    const range = { startMs, endMs: Math.min(toMs, startMs + 3_600_000 + 1_800_000), stepMs: gridMs };
    const answer = (await door(
      rangeOf('{__name__!=""}', range.startMs, range.endMs),
      context,
    )) as APIGatewayProxyStructuredResultV2;
    this.#queries += 1;
    const matrix = JSON.parse(String(answer.body)) as Matrix;
    for (const { kind, what } of auditMatrix(matrix, series, range)) this.#world.breach(kind, what);
  }
}

const rangeOf = (selector: string, startMs: number, endMs: number): APIGatewayProxyEventV2 =>
  ({
    rawPath: '/api/v1/query_range',
    rawQueryString: new URLSearchParams({
      query: selector,
      start: String(startMs / 1_000),
      end: String(endMs / 1_000),
      step: String(gridMs / 1_000),
    }).toString(),
    headers: {},
    requestContext: { requestId: 'simulated', http: { method: 'GET' } },
    isBase64Encoded: false,
  }) as unknown as APIGatewayProxyEventV2;
