import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The emulator, at the version whose gaps are known; see README.md beside this file. */
const ministack = 'ministack==1.5.33';

/** Why there is none on this machine. */
export class Unavailable extends Error {}

export type Cloud = {
  readonly endpoint: string;
  /** What makes the AWS CLI's, CDK's and the SDK's calls go there. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly stop: () => Promise<void>;
};

/** Installs the emulator into a virtual environment of its own, which the next run finds again, and starts it. */
export const startCloud = async (): Promise<Cloud> => {
  const venv = join(tmpdir(), `sluice-${ministack.replace('==', '-')}`);
  install(venv);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cloud-'));
  const logFile = join(folder, 'ministack.log');
  const log = openSync(logFile, 'w');
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(join(venv, 'bin', 'ministack'), [], {
    stdio: ['ignore', log, log],
    env: {
      HOME: folder,
      TMPDIR: folder,
      STATE_DIR: join(folder, 'state'),
      S3_DATA_DIR: join(folder, 's3'),
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      // It runs handlers with the first node on PATH: ours, which is 24.
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    },
  });
  const stop = (): Promise<void> => ended(child, folder);
  try {
    await answering(endpoint, child);
  } catch (error) {
    await stop();
    throw error;
  }
  const environment = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  return { endpoint, environment, logFile, stop };
};

const install = (venv: string): void => {
  const run = (file: string, ...args: string[]): void => {
    execFileSync(file, args, { stdio: 'pipe', timeout: 300_000 });
  };
  try {
    run(join(venv, 'bin', 'python'), '-c', 'import ministack');
    return;
  } catch {
    // Not there yet.
  }
  try {
    run('python3', '-m', 'venv', '--clear', venv);
    run(join(venv, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', ministack);
  } catch (error) {
    const said = (error as { stderr?: Buffer }).stderr?.toString().trim().split('\n').at(-1);
    throw new Unavailable(`no ${ministack} with Python here: ${said || (error as Error).message}`);
  }
};

const answering = async (endpoint: string, child: ChildProcess): Promise<void> => {
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null) throw new Error(`ministack ended with code ${child.exitCode}`);
    const there = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (there) return;
    await new Promise(wait => setTimeout(wait, 100));
  }
  throw new Error(`${endpoint} did not answer within 30 s`);
};

const ended = async (child: ChildProcess, folder: string): Promise<void> => {
  const closed = new Promise<void>(done => (child.exitCode === null ? child.once('exit', () => done()) : done()));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await closed;
  clearTimeout(late);
  rmSync(folder, { recursive: true, force: true });
};

const freePort = (): Promise<number> =>
  new Promise((found, failed) => {
    const server = createServer()
      .once('error', failed)
      .listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => found(port));
      });
  });
