import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';

const checkout = join(import.meta.dirname, '../..');

/** `sluice lint …` as a process of its own: what it printed and its exit code. */
const linted = async (parameters: readonly string[], input = ''): Promise<{ said: string; code: number }> => {
  const child = spawn(process.execPath, [join(checkout, 'bin/sluice.ts'), 'lint', ...parameters], { cwd: checkout });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      said += chunk;
    });
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number];
  return { said, code };
};

const served = async <T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

test.each([
  ['a 1\n', [], 0, ['-: valid, 1 samples']],
  ['a 1\n# EOF\n', ['--strict'], 0, ['-: valid, 1 samples']],
  ['a 1\n', ['--strict'], 1, ['-: line 2, column 1: no_eof: expected the page to end with # EOF, found end of input']],
  [
    'a 1\nb{ 2\nc x\n',
    [],
    1,
    [
      '-: line 2, column 4: syntax: expected a label name or "}", found "2"',
      '-: line 3, column 3: bad_value: expected a number as value, found "x"',
    ],
  ],
  ['', [], 0, ['-: valid, 0 samples']],
])('a page piped in, %j with %j, ends in %d and a line for each finding', async (page, options, code, lines) => {
  expect(await linted([...options, '-'], page)).toEqual({ code, said: lines.map(line => `${line}\n`).join('') });
});

test('a fixture is read as a file, and may be told as JSON', async () => {
  const { said, code } = await linted(['--json', join(checkout, 'test/fixtures/client-golang.prom')]);
  expect([code, JSON.parse(said)]).toMatchObject([0, { valid: true, findings: [] }]);
});

test('a page is fetched as a scrape would, and read as what its content type says', async () => {
  const answer: RequestListener = (request, response) => {
    const isAsked = String(request.headers.accept).startsWith('application/openmetrics-text');
    response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    response.end(isAsked ? 'a 1\n' : 'a 1\n# EOF\n');
  };
  await served(answer, async url => {
    const { said, code } = await linted([url]);
    expect([code, said]).toEqual([1, expect.stringContaining(': no_eof: ')]);
  });
});

test.each<[string, RequestListener, string]>([
  ['not there', (_, response) => response.writeHead(404).end(), 'server returned HTTP status 404'],
  [
    'too large',
    (_, response) => response.end(Buffer.alloc(limits.pageBytes + 1, '\n')),
    `body is over ${limits.pageBytes} bytes`,
  ],
])('a page that is %s is said to be, without a stack', async (_, answer, reason) => {
  await served(answer, async url => {
    expect(await linted([url])).toEqual({ code: 1, said: `${url} cannot be read: ${reason}\n` });
  });
});

test('so is a file that is not there', async () => {
  const { said, code } = await linted(['no-such-page']);
  expect([code, said]).toEqual([1, expect.stringMatching(/^no-such-page cannot be read: ENOENT.*\n$/)]);
});
