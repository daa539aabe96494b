import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../io/embedded.ts';

/** Where a program stands: a port and a folder of its own, and the ports of the others. */
export type Place = {
  readonly port: number;
  readonly folder: string;
  portOf(name: string): number;
};

/** One program of Debian's packages, and how it is started in the foreground. */
export type Program = {
  readonly name: string;
  readonly program: string;
  /** What it looks at; it is started after them, and not where one is missing. */
  readonly needs?: readonly string[];
  /** Users other than root that insist on being it. */
  readonly user?: string;
  prepare?(place: Place): void;
  args(place: Place): readonly string[];
  readonly env?: (place: Place) => Readonly<Record<string, string>>;
  /** Speaks no TCP on its port. */
  readonly silent?: boolean;
  /** The page it shows; none where it is only looked at. */
  readonly page?: { readonly path: string; params?(place: Place): Readonly<Record<string, string>> };
};

const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin', ...postgresFolders()];

function postgresFolders(): string[] {
  const versions = '/usr/lib/postgresql';
  return existsSync(versions) ? readdirSync(versions).map(version => join(versions, version, 'bin')) : [];
}

/** Where a program is installed; undefined where it is not. */
export const pathOf = (program: string): string | undefined =>
  folders.map(folder => join(folder, program)).find(path => existsSync(path));

const isRoot = process.getuid?.() === 0;

/** Runs something to its end, as the user the program runs as. */
export const runAs = (user: string | undefined, program: string, args: readonly string[]): void => {
  const [command, ...all] = [...(user !== undefined && isRoot ? ['runuser', '-u', user, '--'] : []), program, ...args];
  execFileSync(command!, all, { stdio: 'pipe' });
};

/** Programs that were started here, and are stopped here, by their own ids. */
export class Programs {
  readonly #root: string;
  readonly #ports = new Map<string, number>();
  readonly #children = new Map<string, ChildProcess>();
  readonly said = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
    mkdirSync(root, { recursive: true });
    chmodSync(root, 0o755);
  }

  portOf(name: string): number {
    const port = this.#ports.get(name);
    if (port === undefined) throw new Error(`${name} is not started`);
    return port;
  }

  isRunning(name: string): boolean {
    const child = this.#children.get(name);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  async start(program: Program): Promise<Place> {
    const folder = join(this.#root, program.name);
    mkdirSync(folder, { recursive: true });
    const known = this.#ports.get(program.name);
    const place = { port: known ?? (await freePort()), folder, portOf: (name: string) => this.portOf(name) };
    if (known === undefined) {
      if (program.user !== undefined && isRoot) execFileSync('chown', [program.user, folder]);
      program.prepare?.(place);
    }
    const path = pathOf(program.program);
    if (path === undefined) throw new Error(`${program.program} is not installed`);
    const as = program.user !== undefined && isRoot ? ['setpriv', `--reuid=${program.user}`, '--init-groups'] : [];
    const [command, ...args] = [...as, path, ...program.args(place)];
    const child = spawn(command!, args, {
      cwd: folder,
      env: { ...process.env, ...program.env?.(place) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk =>
        this.said.set(program.name, `${this.said.get(program.name) ?? ''}${chunk}`.slice(-2_000)),
      );
    this.#children.set(program.name, child);
    this.#ports.set(program.name, place.port);
    if (!program.silent) await this.#untilListening(program.name, place.port);
    return place;
  }

  async #untilListening(name: string, port: number): Promise<void> {
    for (let tries = 0; tries < 300; tries += 1) {
      if (!this.isRunning(name)) break;
      if (await listens(port)) return;
      await wait(100);
    }
    throw new Error(`${name} does not listen: ${(this.said.get(name) ?? '').trim().split('\n').slice(-3).join(' | ')}`);
  }

  async stop(name: string): Promise<void> {
    const child = this.#children.get(name);
    if (child === undefined || !this.isRunning(name)) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(late);
  }

  /** The last started first. */
  async stopAll(): Promise<void> {
    for (const name of [...this.#children.keys()].reverse()) await this.stop(name);
  }
}

const listens = (port: number): Promise<boolean> =>
  new Promise(done => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
