import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from './assembly.ts';

/** Runs `npm start`'s own program until it ends. */
const run = (env: NodeJS.ProcessEnv) => {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../../local/start.ts')], {
    env: { ...process.env, SLUICE_PORT: '0', ...env },
    encoding: 'utf8',
    timeout: 15_000,
  });
  return { status, lines: stderr.trim().split('\n') };
};

test('a port in use is one clear line', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { status, lines } = run({ SLUICE_PORT: String(port), SLUICE_DATA: temporaryFolder() });
  server.close();
  expect(status).toBe(1);
  expect(lines).toEqual([expect.stringMatching(`port ${port} is in use: .*SLUICE_PORT`)]);
});

test('so is a folder that cannot be written', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  for (const folder of [file, join(file, 'below')]) {
    const { status, lines } = run({ SLUICE_DATA: folder });
    expect(status).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/cannot write to the data folder .*SLUICE_DATA/)]);
  }
});

test('so is a folder that another collector uses', () => {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'lock'), String(process.pid));
  const { status, lines } = run({ SLUICE_DATA: folder });
  expect(status).toBe(1);
  expect(lines).toEqual([expect.stringMatching(`another collector \\(process ${process.pid}\\) uses`)]);
});

test('so is a port that is none', () => {
  expect(run({ SLUICE_PORT: 'http', SLUICE_DATA: temporaryFolder() })).toEqual({
    status: 1,
    lines: [expect.stringMatching('SLUICE_PORT is http')],
  });
});

test('so is an old Node', () => {
  const script = `Object.defineProperty(process, 'versions', { value: { node: '20.1.0' } }); await import(${JSON.stringify(join(import.meta.dirname, '../../bin/needs-node-24.mjs'))});`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr.trim().split('\n')).toEqual([expect.stringMatching('needs Node 24 or newer and found 20.1.0')]);
});
