import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type Behaviour, open, page, raw, text } from './behaviour.ts';

// What servers do with HTTP itself.

const head = `HTTP/1.1 200 OK\r\ncontent-type: ${text}\r\n`;
const good = 'm 1\n';
const large = `${'# a comment that is long enough to be packed\n'.repeat(200)}m 1\n`;
const packed = gzipSync(large);
const broken = Buffer.from(packed);
broken.writeUInt32LE(0, broken.length - 8);
const plain = 'stored as it is';

const statuses: readonly Behaviour[] = [
  201, 202, 204, 206, 300, 304, 400, 401, 403, 404, 410, 418, 429, 500, 502, 503, 504,
].map(status => ({
  name: `status ${status}`,
  serve: response => {
    response.writeHead(status, { 'content-type': text }).end(status === 204 || status === 304 ? undefined : good);
  },
  reason: 'SCRAPE_HTTP',
}));

export const wire: readonly Behaviour[] = [
  ...statuses,
  { name: 'says nothing', serve: () => undefined, reason: 'SCRAPE_TIMEOUT' },
  { name: 'says nothing after its headers', serve: open(`${head}\r\n`), reason: 'SCRAPE_TIMEOUT' },
  { name: 'stops within its headers', serve: open(head), reason: 'SCRAPE_TIMEOUT' },
  { name: 'stops within its body', serve: open(`${head}content-length: 100\r\n\r\n${good}`), reason: 'SCRAPE_TIMEOUT' },
  {
    name: 'a byte at a time',
    serve: (response, socket) => {
      response.writeHead(200, { 'content-type': text });
      const more = setInterval(() => response.write('#'), 50);
      socket.once('close', () => clearInterval(more));
    },
    reason: 'SCRAPE_TIMEOUT',
  },
  {
    name: 'slow, but in time',
    serve: response => {
      response.writeHead(200, { 'content-type': text }).write('m ');
      setTimeout(() => response.end('1\n'), 300);
    },
    stored: ['m 1'],
  },
  {
    name: 'endless',
    serve: (response, socket) => {
      response.writeHead(200, { 'content-type': text });
      const chunk = Buffer.alloc(256 * 1_024, '# endless\n');
      const more = (): void => {
        while (!socket.destroyed && response.write(chunk));
        if (!socket.destroyed) response.once('drain', more);
      };
      more();
    },
    row: { body_size_limit: '2MB' },
    reason: 'SCRAPE_LIMIT',
  },
  { name: 'a reset before anything', serve: (_, socket) => void socket.resetAndDestroy(), reason: 'SCRAPE_CONNECT' },
  { name: 'an end before anything', serve: (_, socket) => void socket.end(), reason: 'SCRAPE_CONNECT' },
  { name: 'an end within the headers', serve: raw(head), reason: 'SCRAPE_CONNECT' },
  { name: 'an end within the body', serve: raw(`${head}content-length: 100\r\n\r\n${good}`), reason: 'SCRAPE_CONNECT' },
  {
    name: 'a reset within the body',
    serve: (_, socket) =>
      void socket.write(`${head}content-length: 100\r\n\r\n${good}`, () => socket.resetAndDestroy()),
    reason: 'SCRAPE_CONNECT',
  },
  { name: 'a length that is too short', serve: raw(`${head}content-length: 4\r\n\r\nm 1\nn 2\n`), stored: ['m 1'] },
  { name: 'a length that is negative', serve: raw(`${head}content-length: -4\r\n\r\n${good}`), reason: 'SCRAPE_HTTP' },
  { name: 'a length that is no number', serve: raw(`${head}content-length: x\r\n\r\n${good}`), reason: 'SCRAPE_HTTP' },
  {
    name: 'two lengths',
    serve: raw(`${head}content-length: 4\r\ncontent-length: 8\r\n\r\nm 1\nn 2\n`),
    reason: 'SCRAPE_HTTP',
  },
  {
    name: 'a length and chunks',
    serve: raw(`${head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n4\r\n${good}\r\n0\r\n\r\n`),
    reason: 'SCRAPE_HTTP',
    otherwise: 'takes the chunks; two lengths for one body are how answers are smuggled (RFC 9112, 6.3)',
  },
  {
    name: 'chunks',
    serve: raw(`${head}transfer-encoding: chunked\r\n\r\n2\r\nm \r\n2\r\n1\n\r\n0\r\n\r\n`),
    stored: ['m 1'],
  },
  {
    name: 'chunks with trailers',
    serve: raw(`${head}transfer-encoding: chunked\r\n\r\n4\r\n${good}\r\n0\r\nx-a: b\r\n\r\n`),
    stored: ['m 1'],
  },
  {
    name: 'chunks without an end',
    serve: raw(`${head}transfer-encoding: chunked\r\n\r\n4\r\n${good}\r\n`),
    reason: 'SCRAPE_CONNECT',
  },
  {
    name: 'a chunk that is cut',
    serve: raw(`${head}transfer-encoding: chunked\r\n\r\nff\r\n${good}`),
    reason: 'SCRAPE_CONNECT',
  },
  {
    name: 'a chunk of no size',
    serve: raw(`${head}transfer-encoding: chunked\r\n\r\nzz\r\n${good}\r\n0\r\n\r\n`),
    reason: 'SCRAPE_HTTP',
  },
  {
    name: 'a chunk of too much size',
    serve: raw(`${head}transfer-encoding: chunked\r\n\r\nfffffffffffffffffff\r\n${good}\r\n0\r\n\r\n`),
    reason: 'SCRAPE_HTTP',
  },
  {
    name: 'an end instead of a length',
    serve: raw(`HTTP/1.0 200 OK\r\ncontent-type: ${text}\r\n\r\n${good}`),
    stored: ['m 1'],
  },
  { name: 'HTTP 0.9', serve: raw(good), reason: 'SCRAPE_HTTP' },
  { name: 'another protocol', serve: raw('SSH-2.0-OpenSSH_9.2\r\n'), reason: 'SCRAPE_HTTP' },
  { name: 'noise', serve: raw(Buffer.from([0, 255, 1, 254, 13, 10, 13, 10])), reason: 'SCRAPE_HTTP' },
  {
    name: 'HTTP 3',
    serve: raw(`HTTP/3.0 200 OK\r\ncontent-length: 4\r\n\r\n${good}`),
    reason: 'SCRAPE_HTTP',
    otherwise: 'takes any version for HTTP 1.1',
  },
  {
    name: 'a status that is none',
    serve: raw(`HTTP/1.1 2x0 OK\r\ncontent-length: 4\r\n\r\n${good}`),
    reason: 'SCRAPE_HTTP',
  },
  {
    name: 'a header that is none',
    serve: raw(`${head}no header\r\ncontent-length: 4\r\n\r\n${good}`),
    reason: 'SCRAPE_HTTP',
  },
  {
    name: 'a header too long',
    serve: page(good, { 'x-long': 'x'.repeat(60_000) }),
    reason: 'SCRAPE_LIMIT',
    otherwise: 'takes 10 MB of headers',
  },
  {
    name: 'continue first',
    serve: raw(`HTTP/1.1 100 Continue\r\n\r\n${head}content-length: 4\r\n\r\n${good}`),
    stored: ['m 1'],
  },
  {
    name: 'early hints first',
    serve: raw(`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${head}content-length: 4\r\n\r\n${good}`),
    stored: ['m 1'],
  },
  {
    name: 'another protocol wanted',
    serve: raw('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    reason: 'SCRAPE_HTTP',
  },
  { name: 'a redirect to a good page', serve: page('', { location: '/good' }, 302), reason: 'SCRAPE_HTTP' },
  {
    name: 'a redirect, followed',
    serve: page('', { location: '/good' }, 302),
    row: { follow_redirects: true },
    stored: ['m 1'],
  },
  {
    name: 'a redirect to itself, followed',
    serve: page('', { location: '/a%20redirect%20to%20itself,%20followed' }, 302),
    row: { follow_redirects: true },
    reason: 'SCRAPE_HTTP',
  },
  {
    name: 'a redirect to metadata, followed',
    serve: page('', { location: 'http://169.254.169.254/latest/meta-data/' }, 302),
    row: { follow_redirects: true },
    reason: 'SCRAPE_FORBIDDEN',
  },
  {
    name: 'a redirect to nowhere, followed',
    serve: page('', {}, 302),
    row: { follow_redirects: true },
    reason: 'SCRAPE_HTTP',
  },
  {
    name: 'a redirect to another scheme, followed',
    serve: page('', { location: 'file:///etc/passwd' }, 301),
    row: { follow_redirects: true },
    reason: 'SCRAPE_HTTP',
  },
  { name: 'gzip', serve: page(packed, { 'content-encoding': 'gzip' }), stored: ['m 1'] },
  {
    name: 'gzip in two members',
    serve: page(Buffer.concat([gzipSync('m 1\n'), gzipSync('n 2\n')]), { 'content-encoding': 'gzip' }),
    stored: ['m 1', 'n 2'],
  },
  {
    name: 'gzip that is cut',
    serve: page(packed.subarray(0, -12), { 'content-encoding': 'gzip' }),
    reason: 'SCRAPE_ENCODING',
  },
  {
    name: 'gzip with a wrong checksum',
    serve: page(broken, { 'content-encoding': 'gzip' }),
    reason: 'SCRAPE_ENCODING',
  },
  { name: 'gzip that is none', serve: page(plain, { 'content-encoding': 'gzip' }), reason: 'SCRAPE_ENCODING' },
  { name: 'gzip of nothing', serve: page(gzipSync(''), { 'content-encoding': 'gzip' }), stored: [] },
  { name: 'gzip that is not even begun', serve: page('', { 'content-encoding': 'gzip' }), reason: 'SCRAPE_ENCODING' },
  { name: 'gzip that nobody was told of', serve: page(packed), reason: 'SCRAPE_PARSE' },
  {
    name: 'a gzip bomb',
    serve: page(gzipSync(Buffer.alloc(64 * 1_024 * 1_024, '# bomb\n')), { 'content-encoding': 'gzip' }),
    row: { body_size_limit: '10MB' },
    reason: 'SCRAPE_LIMIT',
  },
  {
    name: 'a zstd bomb',
    serve: page(zstdCompressSync(Buffer.alloc(64 * 1_024 * 1_024, '# bomb\n')), { 'content-encoding': 'zstd' }),
    row: { body_size_limit: '10MB' },
    reason: 'SCRAPE_LIMIT',
  },
  {
    name: 'zstd',
    serve: page(zstdCompressSync(large), { 'content-encoding': 'zstd' }),
    stored: ['m 1'],
    otherwise: 'knows no zstd',
  },
  {
    name: 'deflate',
    serve: page(deflateSync(large), { 'content-encoding': 'deflate' }),
    stored: ['m 1'],
    otherwise: 'knows no deflate, and reads its bytes as a page',
  },
  { name: 'an encoding nobody asked for', serve: page('x', { 'content-encoding': 'br' }), reason: 'SCRAPE_ENCODING' },
  {
    name: 'an encoding that is the page itself',
    serve: page(good, { 'content-encoding': 'identity' }),
    stored: ['m 1'],
  },
  {
    name: 'a connection said to stay, and closed',
    serve: raw(`${head}connection: keep-alive\r\ncontent-length: 4\r\n\r\n${good}`),
    stored: ['m 1'],
  },
];
