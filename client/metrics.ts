import { randomUUID } from 'node:crypto';
import { type Labels, seriesKeyOf, Tally } from './lines.ts';
import { type Answer, keyHeaders, post, type Sender } from './send.ts';
import { signedHeaders } from './sign.ts';

// For functions that live for one invocation: gathers in memory, flushes once at its end, depends on nothing but Node.

export type MetricsOptions = {
  /** Where to push, without a path. @default the environment's SLUICE_URL; without any nothing is sent, and nothing fails */
  readonly url?: string;
  /** A push key. @default the environment's SLUICE_KEY; without any requests are signed with the function's own role */
  readonly key?: string;
  /** Who pushes. @default the environment's SLUICE_JOB, else AWS_LAMBDA_FUNCTION_NAME */
  readonly job?: string;
  /** How long one try may take. @default 1000 */
  readonly timeoutMs?: number;
  /** Tries within one flush, all with one Idempotency-Key: whatever was stored by one of them counts once. @default 3 */
  readonly tries?: number;
  /** Told of what was refused or given up, once a flush. @default console.warn */
  readonly onProblem?: (problem: string) => void;
  /** Sends one request. @default one of Node's own, over a connection that is kept */
  readonly sender?: Sender;
};

/** Bytes that are sent at once, and flushes that wait for a better time: a function must not grow by what it cannot send. */
const mostBytes = 1_000_000;
const mostWaiting = 10;

type Packet = { readonly key: string; readonly body: string };

/** Numbers of one function. Cheap to add to; sent by `flush`, or at the end of each invocation of a handler that is `wrapped`. */
export class Metrics {
  readonly #url: URL | undefined;
  readonly #key: string;
  readonly #timeoutMs: number;
  readonly #tries: number;
  readonly #onProblem: (problem: string) => void;
  readonly #sender: Sender;
  #tally = new Tally();
  /** What could not be sent goes again under its own key, so that it counts once although it may have arrived. */
  #waiting: Packet[] = [];

  constructor(options: MetricsOptions = {}) {
    const { env } = process;
    const base = options.url ?? env['SLUICE_URL'] ?? '';
    this.#url = base === '' ? undefined : new URL('/v1/statsd', base);
    const job = options.job ?? env['SLUICE_JOB'] ?? env['AWS_LAMBDA_FUNCTION_NAME'] ?? '';
    if (job !== '') this.#url?.searchParams.set('job', job);
    this.#key = options.key ?? env['SLUICE_KEY'] ?? '';
    this.#timeoutMs = options.timeoutMs ?? 1_000;
    this.#tries = options.tries ?? 3;
    this.#onProblem = options.onProblem ?? (problem => console.warn(problem));
    this.#sender = options.sender ?? post;
  }

  /** Adds to a counter: of all invocations together. */
  count(name: string, by = 1, labels: Labels = {}): void {
    this.#tally.count(seriesKeyOf(name, labels), by);
  }

  /** What it is now: the last one of an invocation is sent. */
  gauge(name: string, value: number, labels: Labels = {}): void {
    this.#tally.gauge(seriesKeyOf(name, labels), value);
  }

  /** One observation of a histogram: a duration in seconds, a size. */
  observe(name: string, value: number, labels: Labels = {}): void {
    this.#tally.observe(seriesKeyOf(name, labels), value);
  }

  /** Runs the work and observes how long it took, in seconds, whatever becomes of it. */
  async timed<T>(name: string, work: () => Promise<T>, labels: Labels = {}): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.observe(name, (performance.now() - start) / 1_000, labels);
    }
  }

  /** The same handler, what it told being flushed before it answers or fails. */
  wrapped<E, C, R>(handler: (event: E, context: C) => Promise<R>): (event: E, context: C) => Promise<R> {
    return async (event, context) => {
      try {
        return await handler(event, context);
      } finally {
        await this.flush();
      }
    };
  }

  /** Sends everything. Never throws: numbers are not worth an invocation. Tells whether nothing is left. */
  async flush(): Promise<boolean> {
    const bodies = packed([...this.#tally.lines()]);
    this.#tally = new Tally();
    const all = [...this.#waiting, ...bodies.map(body => ({ key: randomUUID(), body }))];
    this.#waiting = [];
    const { problem, left } = await this.#sendAll(all);
    const dropped = Math.max(0, left.length - mostWaiting);
    this.#waiting = left.slice(dropped);
    if (problem !== undefined)
      this.#onProblem(`metrics: ${problem}${dropped > 0 ? `; ${dropped} flushes were given up` : ''}`);
    return left.length === 0;
  }

  async #sendAll(all: readonly Packet[]): Promise<{ readonly problem?: string; readonly left: readonly Packet[] }> {
    if (this.#url === undefined) return { left: [] };
    let problem: string | undefined;
    for (const [at, packet] of all.entries()) {
      const failed = await this.#send(this.#url, packet);
      if (failed === undefined) continue;
      problem = failed.reason;
      // Where one finds nobody, the others need not wait for it as well.
      if (failed.isWorthAnother) return { problem, left: all.slice(at) };
    }
    return { ...(problem !== undefined && { problem }), left: [] };
  }

  async #send(url: URL, { key, body }: Packet): Promise<{ reason: string; isWorthAnother: boolean } | undefined> {
    let reason = '';
    for (let tried = 0; tried < this.#tries; tried += 1) {
      if (tried > 0) await new Promise(wait => setTimeout(wait, 2 ** tried * 25 * (0.5 + Math.random())));
      let answer: Answer;
      try {
        const headers = { 'content-type': 'text/plain', 'idempotency-key': key };
        const proof = this.#key === '' ? signedHeaders(url, body, new Date(), process.env) : keyHeaders(this.#key);
        answer = await this.#sender({ url, headers: { ...headers, ...proof }, body, timeoutMs: this.#timeoutMs });
      } catch (error) {
        reason = (error as Error).message;
        continue;
      }
      if (answer.status < 300) return undefined;
      reason = `${answer.status} ${answer.text.slice(0, 300)}`;
      // What is wrong now will be wrong again, but for a collector that is busy.
      if (answer.status < 500 && answer.status !== 429 && answer.status !== 408)
        return { reason, isWorthAnother: false };
    }
    return { reason, isWorthAnother: true };
  }
}

const packed = (lines: readonly string[]): string[] => {
  const bodies: string[] = [];
  let body = '';
  for (const line of lines) {
    if (body.length + line.length > mostBytes / 3) {
      bodies.push(body);
      body = '';
    }
    body += line;
  }
  return body === '' ? bodies : [...bodies, body];
};

export type { Labels } from './lines.ts';
