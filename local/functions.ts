import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Properties } from './assembly.ts';
import type { Statement } from './permissions.ts';

export type Invoke = (event: unknown) => Promise<unknown>;

/** Threads of one function at once. On one machine more would only wait for each other; those that loop do little else. */
const mostThreads = 16;

type Thread = { readonly worker: Worker; busy: Running | undefined };
type Running = {
  readonly id: string;
  readonly done: (result: unknown) => void;
  readonly failed: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
};
type Waiting = Omit<Running, 'timer'> & { readonly event: unknown };

type FunctionSettings = {
  readonly name: string;
  /** What it is called in the house. */
  readonly label: string;
  readonly arn: string;
  readonly folder: string;
  readonly properties: Properties;
  /** What its role allows. */
  readonly statements: readonly Statement[];
  /** What every function here is told about its surroundings. */
  readonly surroundings: Readonly<Record<string, string>>;
  readonly print: (line: string) => void;
};

/** One Lambda function, run from its own bundle: warm threads, its timeout enforced, a crash ending one event only. */
export class LocalFunction {
  readonly label: string;
  readonly #settings: FunctionSettings;
  readonly #threads = new Set<Thread>();
  readonly #waiting: Waiting[] = [];
  #stopping = false;

  constructor(settings: FunctionSettings) {
    this.#settings = settings;
    this.label = settings.name;
  }

  readonly invoke: Invoke = event =>
    new Promise((done, failed) => {
      if (this.#stopping) return failed(new Error(`${this.label} is stopping`));
      this.#waiting.push({ id: randomUUID(), event, done, failed });
      this.#serve();
    });

  /** Loads the bundle, so that the first event finds it warm and a broken bundle shows at once. */
  async warm(): Promise<void> {
    const { worker } = this.#start();
    await new Promise<void>((ready, failed) => {
      worker.once('message', () => ready());
      worker.once('error', failed);
    });
  }

  /** Lets what runs come to its end, for at most `patienceMs`, then ends the threads. */
  async stop(patienceMs: number): Promise<void> {
    this.#stopping = true;
    const untilMs = Date.now() + patienceMs;
    while ([...this.#threads].some(({ busy }) => busy !== undefined) && Date.now() < untilMs)
      await new Promise(wait => setTimeout(wait, 20));
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const idle = [...this.#threads].find(({ busy }) => busy === undefined);
      if (idle === undefined && this.#threads.size >= mostThreads) return;
      this.#run(idle ?? this.#start(), this.#waiting.shift()!);
    }
  }

  #run(thread: Thread, { id, event, done, failed }: Waiting): void {
    const timeoutMs = Number(this.#settings.properties['Timeout'] ?? 3) * 1_000;
    const timer = setTimeout(() => {
      this.#drop(thread, new Error(`Task timed out after ${timeoutMs / 1_000} seconds`));
    }, timeoutMs);
    thread.busy = { id, done, failed, timer };
    thread.worker.postMessage({ id, event, deadlineMs: Date.now() + timeoutMs });
  }

  #start(): Thread {
    const { name, label, arn, folder, properties, statements, surroundings, print } = this.#settings;
    const [file = 'index', handlerName = 'handler'] = String(properties['Handler'] ?? 'index.handler').split('.');
    const memoryMiB = Number(properties['MemorySize'] ?? 128);
    const variables =
      (properties['Environment'] as { Variables?: Record<string, string> } | undefined)?.Variables ?? {};
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      // So that the kernel's books say which function took what.
      name: label,
      env: {
        ...surroundings,
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
        ...variables,
      },
      workerData: {
        bundle: pathToFileURL(join(folder, `${file}.mjs`)).href,
        handlerName,
        functionName: name,
        functionArn: arn,
        memoryMiB,
        statements,
        services: Object.entries(surroundings)
          .filter(([variable]) => variable.startsWith('AWS_ENDPOINT_URL_'))
          .map(([, url]) => hostOf(url)),
      },
      stdout: true,
      stderr: true,
    });
    const thread: Thread = { worker, busy: undefined };
    this.#threads.add(thread);
    for (const output of [worker.stdout, worker.stderr]) createInterface({ input: output }).on('line', print);
    worker.on('message', (message: { id?: string; result?: unknown; error?: string }) => {
      const { busy } = thread;
      if (busy === undefined || message.id !== busy.id) return;
      clearTimeout(busy.timer);
      thread.busy = undefined;
      if (message.error === undefined) busy.done(message.result);
      else busy.failed(new Error(message.error));
      this.#serve();
    });
    worker.on('error', error => this.#drop(thread, error));
    worker.on('exit', code => this.#drop(thread, new Error(`exited with code ${code}`)));
    return thread;
  }

  /** A thread that broke is gone with the one event it had; the next event gets a fresh one. */
  #drop(thread: Thread, error: Error): void {
    if (!this.#threads.delete(thread)) return;
    void thread.worker.terminate();
    const { busy } = thread;
    if (busy !== undefined) {
      clearTimeout(busy.timer);
      busy.failed(error);
    }
    if (!this.#stopping) this.#serve();
  }
}

/** Host and port of an address, as a request names them. */
const hostOf = (url: string): string => {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
};
