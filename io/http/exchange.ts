import http from 'node:http';
import https from 'node:https';
import { limits } from '../../core/limits.ts';
import type { HttpGet, HttpProblem } from '../ports.ts';
import { isOverLimit, unpackerOf } from './unpack.ts';

/** A host whose address nobody may reach. */
export class Forbidden extends Error {}

export type Agents = { readonly 'http:': http.Agent; readonly 'https:': https.Agent };

/** What came of one request over one connection. */
export type Exchanged =
  | { readonly kind: 'page'; readonly contentType: string; readonly body: Uint8Array }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | { readonly kind: 'problem'; readonly problem: HttpProblem; readonly reason: string; readonly status?: number }
  /** A kept connection that the other side had closed meanwhile: nothing was asked yet. */
  | { readonly kind: 'stale' };

type ExchangeOptions = {
  readonly request: HttpGet;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: NonNullable<HttpGet['tls']>;
  readonly agents: Agents;
  readonly leftMs: number;
};

const dnsCodes = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'ENODATA', 'ESERVFAIL', 'ETIMEOUT']);

const problemOf = (error: NodeJS.ErrnoException): HttpProblem => {
  if (error instanceof Forbidden) return 'forbidden';
  const code = error.code ?? '';
  if (dnsCodes.has(code)) return 'dns';
  if (/^(ERR_TLS|ERR_SSL|ERR_OSSL|UNABLE_TO_)/.test(code) || code.includes('CERT') || code === 'EPROTO') return 'tls';
  if (code === 'HPE_HEADER_OVERFLOW') return 'limit';
  if (code.startsWith('HPE_')) return 'http';
  return 'connect';
};

/** One request and its answer, whole. Never throws for what the other side does. */
export const exchange = ({ request, url, headers, tls, agents, leftMs }: ExchangeOptions): Promise<Exchanged> =>
  new Promise<Exchanged>(answer => {
    let sent: http.ClientRequest | undefined;
    let heard: http.IncomingMessage | undefined;
    const settle = (result: Exchanged): void => {
      clearTimeout(timer);
      if (result.kind === 'problem') sent?.destroy();
      answer(result);
    };
    const fail = (problem: HttpProblem, reason: string, status?: number): void =>
      settle({ kind: 'problem', problem, reason, ...(status !== undefined && { status }) });
    const timer = setTimeout(
      () => fail('timeout', `no complete answer within ${request.timeoutMs / 1_000} s`),
      Math.max(0, leftMs),
    );
    const isSecure = url.protocol === 'https:';
    const { form } = request;
    const options = {
      agent: agents[isSecure ? 'https:' : 'http:'],
      headers,
      maxHeaderSize: limits.headerBytes,
      ...(form !== undefined && { method: 'POST' }),
      ...(isSecure && tls),
    };
    try {
      sent = (isSecure ? https : http).request(url, options, response => {
        heard = response;
        receive(response, request, settle, fail);
      });
    } catch (error) {
      // A certificate that is none, a header that none may be: what rows and secrets hold.
      fail('tls', (error as Error).message);
      return;
    }
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const isGone = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      // What comes after a whole answer is not part of it.
      if (heard?.complete) return;
      if (isGone && heard === undefined && sent?.reusedSocket && form === undefined) settle({ kind: 'stale' });
      else fail(problemOf(error), error.message);
    });
    // A target that changes its mind, or answers with anything but a final status, is not waited for.
    sent.on('upgrade', (_response, socket) => {
      socket.destroy();
      fail('http', 'the server wants another protocol');
    });
    sent.end(form);
  });

const redirects = new Set([301, 302, 303, 307, 308]);

/** Reads the body through its limits: bytes as they arrive, then bytes as they unpack. */
const receive = (
  response: http.IncomingMessage,
  { bodyBytes, unpackedBytes, redirects: allowed = 0 }: HttpGet,
  settle: (answer: Exchanged) => void,
  fail: (problem: HttpProblem, reason: string, status?: number) => void,
): void => {
  const status = response.statusCode ?? 0;
  const { location, 'content-encoding': encoding = '', 'content-type': contentType = '' } = response.headers;
  if (allowed > 0 && redirects.has(status) && location !== undefined) {
    response.destroy();
    settle({ kind: 'redirect', status, location });
    return;
  }
  if (status !== 200) {
    response.destroy();
    fail('http', `server returned HTTP status ${status}`, status);
    return;
  }
  const unpack = unpackerOf(encoding);
  if (unpack === undefined) {
    response.destroy();
    fail('encoding', `content-encoding ${encoding} was not asked for`);
    return;
  }
  // What is not packed is as long as it is.
  const most = encoding === '' ? Math.min(bodyBytes, unpackedBytes) : bodyBytes;
  let received = 0;
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > most) fail('limit', `body is over ${most} bytes`);
    else chunks.push(chunk);
  });
  response.on('aborted', () => fail('connect', 'connection closed before the end of the body'));
  response.on('error', (error: NodeJS.ErrnoException) => fail(problemOf(error), error.message));
  response.on('end', () => {
    try {
      const body = unpack(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), unpackedBytes + 1);
      if (body.length > unpackedBytes) fail('limit', `unpacked body is over ${unpackedBytes} bytes`);
      else settle({ kind: 'page', contentType, body });
    } catch (error) {
      if (isOverLimit(error)) fail('limit', `unpacked body is over ${unpackedBytes} bytes`);
      else fail('encoding', (error as Error).message);
    }
  });
};
