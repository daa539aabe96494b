import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** The program to compare with: $PROMETHEUS, or Debian's. */
export const program = process.env['PROMETHEUS'] ?? '/usr/bin/prometheus';
const promtool = process.env['PROMTOOL'] ?? '/usr/bin/promtool';

export const isThere = (): boolean => existsSync(program) && existsSync(promtool);

/** The major version, which decides whether the older end of ranges is included. */
export const majorVersion = (): number => {
  const text = execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return Number(/version (\d+)/.exec(text)?.[1] ?? 3);
};

/** A real Prometheus that holds what an OpenMetrics text says and scrapes nothing. */
export class Prometheus {
  readonly url: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(url: string, folder: string, child: ChildProcess) {
    this.url = url;
    this.#folder = folder;
    this.#process = child;
  }

  static async start(openMetrics: string): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-prometheus-'));
    const data = join(folder, 'data');
    mkdirSync(data);
    writeFileSync(join(folder, 'data.om'), openMetrics);
    writeFileSync(join(folder, 'prometheus.yml'), '');
    execFileSync(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'data.om'), data], {
      stdio: 'pipe',
      maxBuffer: 1e9,
    });
    const port = await freePort();
    const child = spawn(
      program,
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${data}`,
        '--storage.tsdb.retention.time=100y',
        `--web.listen-address=127.0.0.1:${port}`,
        '--query.max-samples=500000000',
      ],
      { stdio: 'ignore' },
    );
    const started = new Prometheus(`http://127.0.0.1:${port}`, folder, child);
    for (let tries = 0; tries < 300; tries += 1) {
      const ready = await fetch(`${started.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (ready) return started;
      await wait(100);
    }
    await started.stop();
    throw new Error('Prometheus did not become ready');
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** The parsed answer of a query, whatever its status. */
  async ask(path: string, parameters: Record<string, string>): Promise<unknown> {
    const body = new URLSearchParams(parameters);
    return (await fetch(`${this.url}/api/v1/${path}`, { method: 'POST', body })).json();
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};
