import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context, SQSBatchResponse } from 'aws-lambda';
import { anyInstance } from '../../../core/heartbeat/heartbeat.ts';
import { canaryJob } from '../../../core/heartbeat/watermark.ts';
import { limits } from '../../../core/limits.ts';
import { check } from '../../../functions/check.ts';
import { plan as planner } from '../../../functions/plan.ts';
import { push } from '../../../functions/push.ts';
import { scrape } from '../../../functions/scrape.ts';
import { struck, struckEach } from '../../../io/memory/faults.ts';
import { MemoryHeartbeats } from '../../../io/memory/heartbeats.ts';
import { memoryPorts } from '../../../io/memory/ports.ts';
import type { Delayed, Ports } from '../../../io/ports.ts';
import { Agenda } from '../agenda.ts';
import { Chance } from '../chance.ts';
import { Books } from './books.ts';
import { currentLife, fate, Life, live, type Role, Storm } from './life.ts';
import type { Outage, Plan } from './plan.ts';

export type Tampering = (ports: Ports, world: World) => Ports;

type Handler = (event: unknown, context: unknown) => Promise<unknown>;
type Message = { readonly id: number; readonly body: string };

const timeouts = { push: 20_000, check: 55_000 } as const;
/** Six times the checker's timeout, as its queue has it. */
const visibilityMs = 330_000;

/** The shipped handlers on memory ports, and all that happens between them. */
export class World {
  readonly plan: Plan;
  readonly agenda: Agenda;
  readonly storm: Storm;
  readonly books: Books;
  readonly heartbeats: MemoryHeartbeats;
  readonly ports: Ports;
  readonly deadTargets = new Set<string>();
  readonly #handlers: Record<'push' | 'check' | 'plan' | 'scrape', Handler>;
  #messages = 0;
  #requests = 0;

  constructor(
    plan: Plan,
    options: {
      readonly listener?: ((line: string) => void) | undefined;
      readonly tampering?: Tampering | undefined;
    } = {},
  ) {
    this.plan = plan;
    this.agenda = new Agenda(plan.startMs, options.listener);
    this.storm = new Storm(this.agenda, new Chance(plan.seed, 'storm'));
    this.books = new Books(plan);
    this.heartbeats = new MemoryHeartbeats(fate);
    const { rows } = this.heartbeats;
    const put = rows.set.bind(rows);
    rows.set = (key, row) => {
      this.books.stepped(rows.get(key), row);
      return put(key, row);
    };
    const ports = (options.tampering ?? (given => given))(this.#ports(), this);
    this.ports = ports;
    this.#handlers = {
      push: push(ports) as unknown as Handler,
      check: check(ports) as unknown as Handler,
      plan: planner(ports) as unknown as Handler,
      scrape: scrape(ports) as unknown as Handler,
    };
  }

  outage(...kinds: readonly Outage['kind'][]): Outage | undefined {
    const nowMs = this.agenda.nowMs();
    return this.plan.outages.find(({ kind, fromMs, toMs }) => kinds.includes(kind) && fromMs <= nowMs && nowMs < toMs);
  }

  /** Runs a handler in a life of its own; undefined where the life ended before the handler did. */
  async run(role: Role, handler: keyof World['handlers'], event: unknown): Promise<unknown> {
    const weather = this.plan.weather[role];
    const life = new Life(role, this.agenda, this.storm, weather, place => this.#isOut(role, place));
    const context = { getRemainingTimeInMillis: () => timeouts[role] } as Context;
    const ended = live(life, () => this.#handlers[handler](event, context)).catch(() => undefined);
    const timedOut = this.agenda.wait(timeouts[role]).then(() => {
      life.dead = true;
      return undefined;
    });
    const answer = await Promise.race([ended, timedOut]);
    return life.dead ? undefined : answer;
  }

  get handlers(): Record<'push' | 'check' | 'plan' | 'scrape', Handler> {
    return this.#handlers;
  }

  /** One request to the API and its answer, or undefined where nothing came back within the time. */
  async request(path: string, body: string, timeoutMs: number): Promise<number | undefined> {
    const { storm, agenda, plan } = this;
    const out = this.outage('door', 'grey', 'all');
    if ((out !== undefined && storm.chance.next() < out.loss) || storm.is(plan.lostRequest, 'lostRequest')) {
      await agenda.wait(timeoutMs);
      return undefined;
    }
    if (storm.is(plan.doubled, 'doubled'))
      agenda.at(agenda.nowMs() + storm.chance.between(10, 3_000), () => void this.#door(path, body));
    const answer = (async () => {
      await agenda.wait(storm.chance.between(2, 60));
      const status = await this.#door(path, body);
      if (storm.is(plan.lostAnswer, 'lostAnswer')) return new Promise<never>(() => undefined);
      return status;
    })();
    return Promise.race([answer, agenda.wait(timeoutMs).then(() => undefined)]);
  }

  async #door(path: string, body: string): Promise<number> {
    const [rawPath = '', rawQueryString = ''] = path.split('?');
    this.#requests += 1;
    const event = {
      rawPath,
      rawQueryString,
      headers: { 'content-type': body === '' ? 'text/plain' : 'application/json' },
      queryStringParameters: Object.fromEntries(new URLSearchParams(rawQueryString)),
      requestContext: { requestId: `r${this.#requests}`, http: { method: 'POST' }, authorizer: { iam: {} } },
      body,
      isBase64Encoded: false,
    } as unknown as APIGatewayProxyEventV2;
    const acceptedMs = this.agenda.nowMs();
    const answer = (await this.run('push', 'push', event)) as APIGatewayProxyStructuredResultV2 | undefined;
    if (answer?.statusCode === 200)
      this.books.acknowledged(event.queryStringParameters?.['job'] ?? '', acceptedMs, this.agenda.nowMs());
    return answer?.statusCode ?? 502;
  }

  /** The scheduler: once a minute, sometimes late, twice or not at all. */
  tick(minuteMs: number): void {
    const { agenda, storm, plan } = this;
    const lateMs = storm.is(plan.lateTick, 'lateTick')
      ? storm.chance.between(1_000, 40_000)
      : storm.chance.between(0, 900);
    const times = storm.is(plan.lateTick / 10, 'missedTick') ? 0 : storm.is(plan.lateTick / 5, 'doubledTick') ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      agenda.at(minuteMs + lateMs + time * 700, () => {
        if (this.outage('all') === undefined) void this.run('check', 'plan', {});
        if (this.outage('checker', 'all') === undefined) void this.run('check', 'check', {});
      });
    }
  }

  #isOut(role: Role, place: string): boolean {
    if (this.outage('all') !== undefined) return true;
    if (!place.startsWith('heartbeats.')) return false;
    return this.outage(...(role === 'push' ? (['table', 'tables'] as const) : (['tables'] as const))) !== undefined;
  }

  /** A queue whose messages are handed over when due; what failed comes again after its visibility timeout. */
  #queue(handler: 'check' | 'scrape', most: number) {
    const waiting: Message[] = [];
    const hand = (): void => {
      const stopped = handler === 'check' ? this.outage('checker', 'backlog', 'all') : this.outage('all');
      if (stopped !== undefined) {
        this.agenda.at(stopped.toMs + this.storm.chance.between(0, 500), hand);
        return;
      }
      const taken = waiting.splice(0, most);
      if (taken.length === 0) return;
      if (waiting.length > 0) hand();
      void (async () => {
        const Records = taken.map(({ id, body }) => ({ messageId: String(id), body }));
        const answer = (await this.run('check', handler, { Records })) as SQSBatchResponse | undefined;
        const failed =
          answer === undefined
            ? taken
            : taken.filter(({ id }) =>
                answer.batchItemFailures.some(({ itemIdentifier }) => itemIdentifier === String(id)),
              );
        if (failed.length === 0) return;
        this.agenda.at(this.agenda.nowMs() + visibilityMs, () => {
          waiting.push(...failed);
          hand();
        });
      })();
    };
    return {
      send: (messages: readonly Delayed[]) =>
        struckEach(fate, `${handler}s.send`, messages, ({ delayMs, body }) => {
          const again = this.storm.is(0.02, 'deliveredTwice') ? 2 : 1;
          const atMs = this.agenda.nowMs() + Math.ceil(Math.max(0, delayMs) / 1_000) * 1_000;
          for (let time = 0; time < again; time += 1) {
            this.#messages += 1;
            const message = { id: this.#messages, body };
            const lateMs = this.storm.is(0.03, 'lateMessage')
              ? this.storm.chance.between(1_000, 8_000)
              : this.storm.chance.between(20, 400);
            this.agenda.at(atMs + lateMs, () => {
              waiting.push(message);
              hand();
            });
          }
        }),
    };
  }

  #ports(): Ports {
    const { agenda, storm, books, heartbeats } = this;
    const memory = memoryPorts({ startMs: this.plan.startMs });
    const changing = new Proxy(heartbeats, {
      get: (port, name) => {
        if (name === 'swept')
          return (...[seen, next]: Parameters<MemoryHeartbeats['swept']>) => {
            books.recorded(next);
            return port.swept(seen, next);
          };
        const value = Reflect.get(port, name, port) as unknown;
        return typeof value === 'function' ? value.bind(port) : value;
      },
    });
    return {
      ...memory,
      clock: { nowMs: () => agenda.nowMs() + (currentLife()?.skewMs ?? 0), wait: ms => agenda.wait(ms) },
      chance: storm.chance,
      heartbeats: changing,
      measures: {
        tell: told => {
          if (told.Sweeps !== undefined) books.sweepsMs.push(agenda.nowMs());
        },
        about: () => undefined,
        flush: () => undefined,
      },
      buffer: { send: messages => struck(fate, 'buffer.send', () => void messages) },
      scrapes: this.#queue('scrape', 1),
      deadlines: this.#queue('check', 10),
      alarms: { ring: alarm => struck(fate, 'alarms.ring', () => this.#rang(alarm)) },
      canary: {
        send: async (slot, proof) => {
          const path = `/v1/push?job=${canaryJob}&instance=${slot}&proof=${proof}`;
          const status = await this.request(path, '', limits.canaryTimeoutMs);
          if (status !== 200) throw new Error(`canary: ${status}`);
        },
      },
      http: {
        get: async ({ url }) => {
          await agenda.wait(storm.chance.between(2, 200));
          const job = new URL(url).hostname;
          if (this.deadTargets.has(job))
            return { ok: false, problem: 'connect', reason: 'connect ECONNREFUSED', durationMs: 1 };
          const body = new TextEncoder().encode('up_since 1\n');
          return { ok: true, status: 200, contentType: 'text/plain; version=0.0.4', body, durationMs: 1 };
        },
      },
    };
  }

  #rang(alarm: Parameters<Books['rang']>[0]): void {
    this.agenda.tell(`rang ${alarm.kind} ${alarm.id}`);
    this.books.rang(alarm, this.agenda.nowMs());
  }

  keyOf(job: string) {
    return { job, instance: anyInstance };
  }
}
