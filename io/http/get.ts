import { lookup as systemLookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { limits } from '../../core/limits.ts';
import type { Http, HttpAnswer, HttpGet } from '../ports.ts';
import { type Agents, type Exchanged, exchange, Forbidden } from './exchange.ts';
import { type AllowList, mayReach } from './guard.ts';

/** Kept connections that turn out closed, one after another, before that is called a problem. */
const staleMost = 3;

type Resolve = (
  hostname: string,
  options: { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: { address: string; family: number }[]) => void,
) => void;

/**
 * HTTP over node:http with kept-alive connections. Every address a host resolves to is judged, and the judged one is
 * the one connected to, so a second DNS answer changes nothing; literal addresses are judged by themselves, because no
 * lookup is made for them. So is every redirect that is followed.
 */
export const httpGetter = (allowed: AllowList, resolve: Resolve = systemLookup as Resolve): Http => {
  const options = { keepAlive: true, keepAliveMsecs: 30_000, maxSockets: 256, lookup: guardedBy(allowed, resolve) };
  const agents: Agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  return {
    get: async request => {
      const startedMs = performance.now();
      const elapsedMs = (): number => Math.round((performance.now() - startedMs) * 1_000) / 1_000;
      const done = await follow(request, allowed, agents, elapsedMs);
      const durationMs = elapsedMs();
      if (done.kind === 'page') {
        const { contentType, body } = done;
        return { ok: true, status: 200, contentType, body, durationMs } satisfies HttpAnswer;
      }
      const { problem, reason, status } = done;
      return { ok: false, problem, reason, durationMs, ...(status !== undefined && { status }) };
    },
  };
};

type Ended = Extract<Exchanged, { readonly kind: 'page' | 'problem' }>;

/** One deadline for everything: names, connections, headers, redirects, and the last byte. */
const follow = async (
  request: HttpGet,
  allowed: AllowList,
  agents: Agents,
  elapsedMs: () => number,
): Promise<Ended> => {
  const { redirects = 0, credentials = {}, tls = {}, form } = request;
  const first = new URL(request.url);
  let url = first;
  for (let hops = 0, stale = 0; ; ) {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !mayReach(host, allowed))
      return {
        kind: 'problem',
        problem: 'forbidden',
        reason: `${host} is not a public address and no allow-list names it`,
      };
    const isHome = url.origin === first.origin;
    const { ca } = tls;
    const done = await exchange({
      request,
      url,
      headers: {
        ...request.headers,
        ...(isHome && credentials),
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      tls: isHome ? tls : ca === undefined ? {} : { ca },
      agents,
      leftMs: request.timeoutMs - elapsedMs(),
    });
    if (done.kind === 'page' || done.kind === 'problem') return done;
    if (done.kind === 'stale') {
      stale += 1;
      if (stale > staleMost)
        return { kind: 'problem', problem: 'connect', reason: 'the server closes its connections' };
      continue;
    }
    hops += 1;
    const next = URL.canParse(done.location, url.href) ? new URL(done.location, url) : undefined;
    const problem = redirectProblem(next, url, hops, redirects);
    if (problem !== undefined) return { kind: 'problem', problem: 'http', reason: problem, status: done.status };
    url = next!;
  }
};

const redirectProblem = (next: URL | undefined, from: URL, hops: number, most: number): string | undefined => {
  if (hops > Math.min(most, limits.redirects)) return `stopped after ${hops - 1} redirects`;
  if (next === undefined) return 'redirects to something that is no URL';
  if (next.protocol !== 'http:' && next.protocol !== 'https:')
    return `redirects to ${next.protocol}, which is not http or https`;
  if (next.username !== '' || next.password !== '') return 'redirects to a URL with a password in it';
  if (from.protocol === 'https:' && next.protocol === 'http:') return 'redirects from https to http';
  return undefined;
};

const guardedBy =
  (allowed: AllowList, resolve: Resolve): LookupFunction =>
  (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '', 0);
      const refused = addresses.find(({ address }) => !mayReach(address, allowed));
      const first = addresses[0];
      if (refused !== undefined || first === undefined) {
        const to = refused?.address ?? 'nothing';
        return done(new Forbidden(`${hostname} resolves to ${to}, which targets may not reach`), '', 0);
      }
      if (options.all) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
