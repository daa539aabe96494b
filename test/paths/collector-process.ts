import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../io/embedded.ts';

const checkout = join(import.meta.dirname, '../..');

/** Polls until the answer is good; throws the last one after `withinMs`. */
export const eventually = async <T>(
  withinMs: number,
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
): Promise<T> => {
  const untilMs = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isGood(answer)) return answer;
    if (Date.now() > untilMs) throw new Error(`not within ${withinMs} ms, last answer: ${JSON.stringify(answer)}`);
    await new Promise(wait => setTimeout(wait, 200));
  }
};

/** `npm start`'s own program as a process, on a port and folder of its own. */
export class CollectorProcess {
  readonly url: string;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  output = '';

  private constructor(port: number, env: NodeJS.ProcessEnv) {
    this.url = `http://127.0.0.1:${port}`;
    this.#env = { ...process.env, ...env, SLUICE_PORT: String(port) };
  }

  static async on(dataFolder: string, env: NodeJS.ProcessEnv = {}): Promise<CollectorProcess> {
    return new CollectorProcess(await freePort(), { SLUICE_DATA: dataFolder, ...env });
  }

  /** Starts it and waits until it says that it is ready. */
  async start(): Promise<void> {
    this.output = '';
    const child = spawn(process.execPath, [join(checkout, 'local/start.ts')], {
      cwd: checkout,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', chunk => {
        this.output += chunk;
      });
    }
    await eventually(
      60_000,
      async () => {
        if (child.exitCode !== null) throw new Error(`the collector ended with ${child.exitCode}:\n${this.output}`);
        return this.output;
      },
      output => output.includes(`sluice ready ${this.url}\n`),
    );
  }

  /** Ends it by a signal and answers its exit code; null where the signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    const [code] = (await ended) as [number | null];
    return code;
  }

  /** Runs `npx sluice …` as the shell would; answers what it printed. */
  async sluice(...words: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, [join(checkout, 'bin/sluice.ts'), ...words], {
      cwd: checkout,
      env: this.#env,
    });
    return stdout;
  }

  async push(path: string, body: string): Promise<Response> {
    return fetch(`${this.url}${path}`, { method: 'POST', body });
  }

  /** The instant query's values by their series, as text. */
  async values(selector: string): Promise<Record<string, string>> {
    const answer = await fetch(`${this.url}/api/v1/query?${new URLSearchParams({ query: selector })}`);
    const { data } = (await answer.json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return Object.fromEntries(
      data.result.map(({ metric: { __name__: name = '', ...labels }, value }) => [
        name + JSON.stringify(labels),
        value[1],
      ]),
    );
  }
}

/** A page over HTTP that can go and come back on the same port. */
export class Exporter {
  page = '';
  readonly #port: number;
  #server: Server | undefined;

  private constructor(port: number) {
    this.#port = port;
  }

  static async start(page: string): Promise<Exporter> {
    const exporter = new Exporter(await freePort());
    exporter.page = page;
    await exporter.up();
    return exporter;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/metrics`;
  }

  async up(): Promise<void> {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(this.page);
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
  }

  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
}

/** An HTTP subscriber of the alarm topic: keeps what it was sent. */
export class Receiver {
  readonly alarms: {
    readonly kind: string;
    readonly job: string;
    readonly reason: string;
    readonly id: string;
    readonly sinceMs: number;
    readonly atMs: number;
  }[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver(
      createServer((request, response) => {
        let body = '';
        request.on('data', chunk => {
          body += chunk;
        });
        request.on('end', () => {
          const { Message } = JSON.parse(body) as { Message: string };
          receiver.alarms.push(JSON.parse(Message));
          response.end();
        });
      }),
    );
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  of(job: string): string[] {
    return this.alarms.filter(alarm => alarm.job === job).map(({ kind, reason }) => `${kind} ${reason}`);
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
