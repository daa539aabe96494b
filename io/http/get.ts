import { lookup as resolve } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { type BlockList, isIP, type LookupFunction } from 'node:net';
import { createGunzip, createInflate } from 'node:zlib';
import { limits } from '../../core/limits.ts';
import type { Http, HttpAnswer, HttpGet, HttpProblem } from '../ports.ts';
import { mayReach } from './guard.ts';

class Forbidden extends Error {}

const dnsCodes = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'ENODATA', 'ESERVFAIL']);

const problemOf = (error: NodeJS.ErrnoException): HttpProblem => {
  if (error instanceof Forbidden) return 'forbidden';
  const code = error.code ?? '';
  if (dnsCodes.has(code)) return 'dns';
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || code.includes('CERT') || code === 'EPROTO')
    return 'tls';
  if (code === 'HPE_HEADER_OVERFLOW') return 'limit';
  if (code.startsWith('HPE_')) return 'http';
  if (code.startsWith('Z_')) return 'encoding';
  return 'connect';
};

/**
 * Scrapes over node:http with kept-alive connections. Every address a host resolves to is judged, and the judged one is
 * the one connected to, so a second DNS answer changes nothing; literal addresses are judged by themselves, because no
 * lookup is made for them.
 */
export const httpGetter = (allowed: BlockList): Http => {
  const lookup: LookupFunction = (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '', 0);
      const refused = addresses.find(({ address }) => !mayReach(address, allowed));
      const first = addresses[0];
      if (refused !== undefined || first === undefined) {
        return done(
          new Forbidden(`${hostname} resolves to ${refused?.address ?? 'nothing'}, which targets may not reach`),
          '',
          0,
        );
      }
      if (options.all) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
  const options = { keepAlive: true, keepAliveMsecs: 30_000, maxSockets: 256, lookup };
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };

  return {
    get: request =>
      new Promise<HttpAnswer>(answer => {
        const startedMs = performance.now();
        const url = new URL(request.url);
        const durationMs = () => Math.round((performance.now() - startedMs) * 1_000) / 1_000;
        let settled = false;
        let exchange: http.ClientRequest | undefined;
        const settle = (result: HttpAnswer) => {
          if (settled) return;
          settled = true;
          clearTimeout(timer);
          if (!result.ok) exchange?.destroy();
          answer(result);
        };
        const fail = (problem: HttpProblem, reason: string, status?: number) =>
          settle({ ok: false, problem, reason, durationMs: durationMs(), ...(status !== undefined && { status }) });
        // One deadline for everything: name, connection, headers and the last byte.
        const timer = setTimeout(
          () => fail('timeout', `no complete answer within ${request.timeoutMs / 1_000} s`),
          request.timeoutMs,
        );

        const host = url.hostname.replace(/^\[|\]$/g, '');
        if (isIP(host) !== 0 && !mayReach(host, allowed)) {
          return fail('forbidden', `${host} is not a public address and no allow-list names it`);
        }
        const secure = url.protocol === 'https:';
        const call = secure ? https.get : http.get;
        exchange = call(
          url,
          { agent: agents[secure ? 'https:' : 'http:'], headers: request.headers, maxHeaderSize: limits.headerBytes },
          response => receive(response, request, settle, fail, durationMs),
        );
        exchange.on('error', (error: NodeJS.ErrnoException) => fail(problemOf(error), error.message));
      }),
  };
};

/** Reads the body through its limits: bytes as they arrive, and bytes as they unpack. */
const receive = (
  response: http.IncomingMessage,
  request: HttpGet,
  settle: (answer: HttpAnswer) => void,
  fail: (problem: HttpProblem, reason: string, status?: number) => void,
  durationMs: () => number,
): void => {
  const status = response.statusCode ?? 0;
  if (status !== 200) {
    response.destroy();
    fail('http', `server returned HTTP status ${status}`, status);
    return;
  }
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const unpack = encoding === 'gzip' ? createGunzip() : encoding === 'deflate' ? createInflate() : undefined;
  if (unpack === undefined && encoding !== 'identity' && encoding !== '') {
    response.destroy();
    fail('encoding', `content-encoding ${encoding} was not asked for`);
    return;
  }
  let receivedBytes = 0;
  let unpackedBytes = 0;
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => {
    receivedBytes += chunk.length;
    if (receivedBytes > request.bodyBytes) fail('limit', `body is over ${request.bodyBytes} bytes`);
  });
  response.on('aborted', () => fail('connect', 'connection closed before the end of the body'));
  response.on('error', (error: NodeJS.ErrnoException) => fail(problemOf(error), error.message));
  const body = unpack === undefined ? response : response.pipe(unpack);
  unpack?.on('error', (error: NodeJS.ErrnoException) => fail('encoding', error.message));
  body.on('data', (chunk: Buffer) => {
    unpackedBytes += chunk.length;
    if (unpackedBytes > request.unpackedBytes) fail('limit', `unpacked body is over ${request.unpackedBytes} bytes`);
    else chunks.push(chunk);
  });
  body.on('end', () => {
    const contentType = response.headers['content-type'] ?? '';
    settle({ ok: true, status, contentType, body: Buffer.concat(chunks), durationMs: durationMs() });
  });
};
