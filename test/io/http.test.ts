import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { httpGetter } from '../../io/http/get.ts';
import { mayReach, readAllowList } from '../../io/http/guard.ts';
import { freePort } from './embedded.ts';

const loopback = readAllowList('127.0.0.0/8, ::1/128');
const nothing = readAllowList('');

describe('the guard', () => {
  test.each([
    '127.0.0.1',
    '127.1.2.3',
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '100.127.255.255',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.2.1',
    '198.18.0.1',
    '203.0.113.9',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::127.0.0.1',
    'fe80::1',
    'fd00:ec2::254',
    'fc00::1',
    'ff02::1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
    '2001::1',
    'not an address',
    '',
  ])('refuses %s', address => {
    expect(mayReach(address, nothing)).toBe(false);
  });

  test.each(['1.1.1.1', '8.8.8.8', '172.15.255.255', '172.32.0.0', '100.63.255.255', '2606:4700::1111'])(
    'lets %s be reached',
    address => {
      expect(mayReach(address, nothing)).toBe(true);
    },
  );

  test('lets be reached what the list names, and no more', () => {
    const allowed = readAllowList('10.1.0.0/16,fd00::/8,192.168.1.7');
    expect(['10.1.255.255', 'fd12::1', '192.168.1.7'].map(address => mayReach(address, allowed))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['10.2.0.0', 'fe80::1', '192.168.1.8', '127.0.0.1'].map(address => mayReach(address, allowed))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  test.each(['10.0.0.0/33', 'everything', '10.0.0.0/8/8x', '::1/129', '10.0.0/8'])(
    'takes no list with a typo: %s',
    text => {
      expect(() => readAllowList(text)).toThrow(/is no CIDR block/);
    },
  );
});

describe('one GET', () => {
  let server: Server | undefined;
  const serve = async (answer: RequestListener): Promise<string> => {
    server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  };
  const get = (url: string, over: object = {}, allowed = loopback) =>
    httpGetter(allowed).get({
      url,
      headers: { accept: 'text/plain' },
      timeoutMs: 1_000,
      bodyBytes: 10_000,
      unpackedBytes: 20_000,
      ...over,
    });

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  test('brings the page, its type and what the request said', async () => {
    const url = await serve((request, response) =>
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(`accept ${request.headers.accept}`),
    );
    expect(await get(url)).toMatchObject({
      ok: true,
      status: 200,
      contentType: 'text/plain; version=0.0.4',
      body: Buffer.from('accept text/plain'),
    });
  });

  test('undoes gzip', async () => {
    const url = await serve((_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('m 1\n')));
    expect(await get(url)).toMatchObject({ ok: true, body: Buffer.from('m 1\n') });
  });

  test.each<[string, RequestListener, object]>([
    [
      'another status',
      (_, response) => response.writeHead(503).end('m 1\n'),
      { problem: 'http', status: 503, reason: 'server returned HTTP status 503' },
    ],
    [
      'a redirect, which is not followed',
      (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      { problem: 'http', status: 302 },
    ],
    ['a body over the limit', (_, response) => response.end('x'.repeat(10_001)), { problem: 'limit' }],
    [
      'a bomb',
      (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(5_000_000))),
      { problem: 'limit' },
    ],
    [
      'an encoding nobody asked for',
      (_, response) => response.setHeader('content-encoding', 'br').end('x'),
      { problem: 'encoding' },
    ],
    ['broken gzip', (_, response) => response.setHeader('content-encoding', 'gzip').end('x'), { problem: 'encoding' }],
    [
      'gzip that ends early',
      (_, response) =>
        response.setHeader('content-encoding', 'gzip').end(gzipSync('m 1\n'.repeat(100)).subarray(0, 20)),
      { problem: 'encoding' },
    ],
    ['silence', () => undefined, { problem: 'timeout' }],
    ['a page that never ends', (_, response) => void response.write('m 1\n'), { problem: 'timeout' }],
    [
      'a connection cut in the middle',
      (_, response) => response.writeHead(200, { 'content-length': '100' }).write('m 1\n', () => response.destroy()),
      { problem: 'connect' },
    ],
    [
      'too many headers',
      (_, response) => response.writeHead(200, { 'x-long': 'x'.repeat(60_000) }).end(),
      { problem: 'limit' },
    ],
  ])('says what was wrong with %s', async (_, answer, expected) => {
    expect(await get(await serve(answer))).toMatchObject({ ok: false, ...expected });
  });

  test('says that nobody listens, and that no such name is known', async () => {
    expect(await get(`http://127.0.0.1:${await freePort()}/`)).toMatchObject({ ok: false, problem: 'connect' });
    expect(await get('http://no-such-name.invalid/')).toMatchObject({ ok: false, problem: 'dns' });
  });

  test('says that it is no HTTP', async () => {
    const socket = createSocket(connection => connection.end('SSH-2.0-hello\r\n')).listen(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address() as AddressInfo;
    expect(await get(`http://127.0.0.1:${port}/`)).toMatchObject({ ok: false, problem: 'http' });
    expect(await get(`https://127.0.0.1:${port}/`)).toMatchObject({ ok: false, problem: 'tls' });
    socket.close();
  });

  test('does not reach loopback unless the list names it, by literal, by name or written oddly', async () => {
    let reached = 0;
    const url = await serve((_, response) => {
      reached += 1;
      response.end('m 1\n');
    });
    const { port } = new URL(url);
    for (const host of ['127.0.0.1', 'localhost', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', '[::1]', '127.1']) {
      expect(await get(`http://${host}:${port}/metrics`, {}, nothing), host).toMatchObject({
        ok: false,
        problem: 'forbidden',
      });
    }
    expect(reached).toBe(0);
    expect(await get(`http://localhost:${port}/metrics`)).toMatchObject({ ok: true });
  });
});
