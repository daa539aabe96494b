import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { compact } from '../../functions/compact.ts';
import { ingest } from '../../functions/ingest.ts';
import { push } from '../../functions/push.ts';
import { query } from '../../functions/query.ts';
import { SeriesReader } from '../../functions/reading.ts';
import { scrape } from '../../functions/scrape.ts';
import { MemoryHeartbeats } from '../../io/memory/heartbeats.ts';
import type { Received } from '../../io/memory/redelivering-queue.ts';
import { MemoryTargets } from '../../io/memory/targets.ts';
import type { Http, Log, Ports } from '../../io/ports.ts';
import { Agenda } from './agenda.ts';
import { bitsDoor } from './bits-door.ts';
import { Books, type Breach } from './books.ts';
import { Chance } from './chance.ts';
import { currentInvocation, fate, type Invocation, invoke, Life } from './life.ts';
import { type Delivery, deliveryNamed, Messages } from './messages.ts';
import type { Plan } from './plan.ts';
import { Tally } from './tally.ts';
import { Values } from './values.ts';
import { Storm, type Struck } from './weather.ts';
import { worldPorts } from './world-ports.ts';

/** Every handler, as a worker has it from its cold start on: what it remembers dies with the worker, who runs one alone. */
const handlers = {
  push,
  bits: bitsDoor,
  scrape,
  ingest,
  query,
  compact,
  look: (ports: Ports) => new SeriesReader(ports),
};

type Handlers = typeof handlers;
type Handler<Name extends keyof Handlers> = ReturnType<Handlers[Name]>;
type Worker = { readonly life: Life; readonly handler: unknown };

/** Bugs are planted here: what a mutant puts between the handlers and the world. */
export type Tampering = (ports: Ports) => Ports;

/** A function's own limit, as lib sets it. */
const timeoutMs = {
  push: 20_000,
  bits: 20_000,
  scrape: 190_000,
  ingest: 60_000,
  query: 28_000,
  compact: 290_000,
  look: 60_000,
} as const;

/** One world: its clock, its services, its workers, and the books of what was said. */
export class World {
  readonly plan: Plan;
  readonly agenda: Agenda;
  readonly storm: Storm;
  readonly books = new Books();
  readonly tally = new Tally();
  /** Of what is made up on the way, as pages are. */
  readonly values = new Values(1_000_000);
  readonly buffer: Messages;
  readonly heartbeats = new MemoryHeartbeats(fate);
  readonly targets = new MemoryTargets(fate);
  readonly breaches: Breach[] = [];
  readonly deliveries: Delivery[] = [];
  /** What a GET of a target answers. */
  readonly http: Http;
  readonly #idle = new Map<keyof Handlers, Worker[]>();
  readonly #portsOf: () => Ports;
  readonly #hired = new Map<string, number>();

  constructor(plan: Plan, options: WorldOptions, http: (world: World) => Http) {
    this.plan = plan;
    this.agenda = new Agenda(plan.startMs - 60_000, options.listener);
    this.storm = new Storm(plan.weather, options.only, what => this.agenda.tell(what));
    this.http = http(this);
    const mix = new Chance(plan.seed, 'order');
    const ordered = (all: readonly Received[]): readonly Received[] => {
      const visible = all.filter(message => !this.#isHeld(message));
      return visible.length > 1 && this.storm.strikes('reorder', `${visible.length} messages`, mix)
        ? mix.shuffled(visible)
        : visible;
    };
    const manners = { ...plan.queue, ordered };
    this.buffer = new Messages(this.agenda, manners, new Chance(plan.seed, 'messages'), this.storm);
    const services = {
      plan,
      agenda: this.agenda,
      buffer: this.buffer,
      heartbeats: this.heartbeats,
      targets: this.targets,
      http: this.http,
      log: this.#log(),
    };
    const portsOf = worldPorts(services);
    this.#portsOf = () => (options.tampering ?? (ports => ports))(portsOf());
  }

  /** Whether a message is one of those that an outage is of. */
  #isHeld({ id }: Received): boolean {
    const { fromMs = 0, toMs = 0, share = 0, sentBeforeMs = 0 } = this.plan.outage ?? {};
    if ((this.buffer.byId.get(id)?.takenMs ?? 0) >= sentBeforeMs) return false;
    const nowMs = this.agenda.nowMs();
    return nowMs >= fromMs && nowMs < toMs && new Chance(this.plan.seed, `held ${id}`).is(share);
  }

  /** A new delivery in the books. */
  delivery(name: string): Delivery {
    const delivery = deliveryNamed(name);
    this.deliveries.push(delivery);
    return delivery;
  }

  /** Ports as a fresh worker has them. */
  ports(): Ports {
    return this.#portsOf();
  }

  breach(kind: Breach['kind'], what: string): void {
    this.agenda.tell(`breach ${kind} ${what}`);
    this.breaches.push({ kind, what });
  }

  /**
   * Runs a handler in an idle worker, or a new one. Undefined where the worker did not live to answer: it crashed, or
   * its function's time was over.
   */
  async run<T, Name extends keyof Handlers>(
    name: Name,
    work: (handler: Handler<Name>, invocation: Invocation) => Promise<T>,
    delivery?: Delivery,
    isRival = false,
  ): Promise<{ readonly answer: T; readonly report: Invocation['report'] } | undefined> {
    const worker = this.#idleOne(name) ?? this.#hire(name);
    const { life, handler } = worker;
    const invocation: Invocation = { life, isRival, ...(delivery !== undefined && { delivery }) };
    let isOver = false;
    this.agenda.at(this.agenda.nowMs() + timeoutMs[name], () => {
      if (!isOver) life.die('timeout');
    });
    // Started in the world's own turn: what a handler does first, it does at this very instant.
    const answer = await invoke(invocation, () => work(handler as Handler<Name>, invocation)).then(
      value => ({ value }),
      (error: unknown) => ({ error }),
    );
    isOver = true;
    if (life.dead) return undefined;
    this.#idle.set(name, [...(this.#idle.get(name) ?? []), worker]);
    if ('error' in answer) {
      this.agenda.tell(`${life.name} throws ${(answer.error as Error).message}`);
      return undefined;
    }
    return { answer: answer.value, report: invocation.report };
  }

  /** Hands messages to ingest and removes those it is done with. */
  async drain(): Promise<void> {
    const messages = this.buffer.receive(this.plan.most.messages);
    if (messages.length === 0) return;
    const chance = new Chance(this.plan.seed, `drain ${messages[0]!.id} ${this.agenda.nowMs()}`);
    this.agenda.tell(`handed out ${messages.map(({ id }) => id).join(' ')}`);
    if (this.storm.strikes('throttledInvocation', `ingest ${messages[0]!.id}`, chance)) return;
    // The same messages in two workers' hands, because hiding them ended early.
    if (this.storm.strikes('twice', messages[0]!.id, chance))
      this.buffer.handOutAgain(chance.shuffled(messages).slice(0, chance.between(1, messages.length)));
    const event = { Records: messages.map(({ id, body }) => ({ messageId: id, body })) } as SQSEvent;
    const ran = await this.run('ingest', handler => handler(event, {} as Context) as Promise<SQSBatchResponse>);
    if (ran === undefined) return;
    const left = new Set(ran.answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    this.#audit(
      messages.map(({ id }) => id),
      left,
      ran.report,
    );
    const done = messages.filter(({ id }) => !left.has(id));
    this.agenda.tell(`done ${done.map(({ id }) => id).join(' ')}, left ${[...left].join(' ')}`);
    for (const { id } of done) this.#stored(id);
    if (this.storm.strikes('lostRemoval', `of ${messages[0]!.id}`, chance)) return;
    this.buffer.remove(done.map(({ id }) => id));
    for (const message of done) {
      if (!this.storm.strikes('undead', message.id, chance)) continue;
      this.agenda.at(this.agenda.nowMs() + chance.between(1_000, 240_000), () => this.buffer.handOutAgain([message]));
    }
  }

  /** A tick of the merger; rivals tick side by side. */
  async merge(isRival = false): Promise<void> {
    const event = { scheduledAt: new Date(this.agenda.nowMs()).toISOString() };
    await this.run('compact', handler => handler(event, {} as Context) as Promise<void>, undefined, isRival);
  }

  /** What a producer was told is taken must be readable, except what was damaged on the way. */
  acknowledge(delivery: Delivery): void {
    delivery.acknowledged = true;
    const told = new Set(delivery.said.map(({ key }) => key));
    if (delivery.queued < told.size)
      this.breach(
        'accounts',
        `${delivery.name} is told 200 for ${told.size} samples, the queue has ${delivery.queued}`,
      );
    for (const said of delivery.said) if (!delivery.spoiled.has(said.key)) said.must = true;
    if (delivery.unstored.size === 0) this.#allStored(delivery);
  }

  #stored(id: string): void {
    const { delivery, spoiled } = this.buffer.byId.get(id)!;
    if (delivery === undefined || spoiled || !delivery.unstored.delete(id)) return;
    if (delivery.acknowledged && delivery.unstored.size === 0) this.#allStored(delivery);
  }

  #allStored({ said }: Delivery): void {
    for (const each of said) each.storedAtMs = Math.min(each.storedAtMs, this.agenda.nowMs());
  }

  /** What ingest says it did must be what it was given. */
  #audit(ids: readonly string[], left: ReadonlySet<string>, report: Invocation['report']): void {
    const count = (some: readonly string[]): number => {
      const good = some.map(id => this.buffer.byId.get(id)!).filter(({ spoiled }) => !spoiled);
      return good.reduce((sum, { keys }) => sum + keys.length, 0);
    };
    const wanted = { messages: ids.length, samples: count(ids), left: left.size, leftSamples: count([...left]) };
    for (const [name, value] of Object.entries(wanted)) {
      if (report?.[name] !== value)
        this.breach('accounts', `ingest reports ${report?.[name]} ${name}, it was given ${value}`);
    }
  }

  /** Not one that died after its answer, of a call that was still under way. */
  #idleOne(name: keyof Handlers): Worker | undefined {
    const idle = this.#idle.get(name) ?? [];
    while (idle.at(-1)?.life.dead === true) idle.pop();
    return idle.pop();
  }

  #hire(name: keyof Handlers): Worker {
    const count = (this.#hired.get(name) ?? 0) + 1;
    this.#hired.set(name, count);
    const lifeName = `${name}-${count}`;
    const life = new Life(lifeName, new Chance(this.plan.seed, lifeName), this.storm, this.agenda);
    return { life, handler: handlers[name](this.ports()) };
  }

  #log(): Log {
    return {
      write: (_level, message, details = {}) => {
        const invocation = currentInvocation();
        if (invocation === undefined || invocation.life.dead) return;
        if (message === 'ingested') invocation.report = details;
        if (details['code'] === 'bug')
          this.breach('bug', `${invocation.life.name}: ${message} ${details['stack'] ?? ''}`);
      },
    };
  }
}

export type WorldOptions = {
  readonly listener?: ((line: string) => void) | undefined;
  /** The only faults that may happen: how a run is made smaller. */
  readonly only?: ReadonlySet<Struck> | undefined;
  readonly tampering?: Tampering | undefined;
};
