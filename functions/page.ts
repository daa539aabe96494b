import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { HeartbeatKey } from '../core/heartbeat/heartbeat.ts';
import { wakeOf, writeWake } from '../core/heartbeat/wake.ts';
import { provenMsOf } from '../core/heartbeat/watermark.ts';
import type { KeyRight } from '../core/key/key.ts';
import { limits } from '../core/limits.ts';
import { textOfReject } from '../core/reject.ts';
import { vitalsOf } from '../core/view/vitals.ts';
import { readSnooze, readWish } from '../core/view/wish.ts';
import type { Ports } from '../io/ports.ts';
import { deadline } from './middleware/deadline.ts';
import { bodyOf, headerOf, jsonAnswer, textAnswer, unavailableOnThrow } from './middleware/http.ts';
import { tagged } from './tagged.ts';
import { whoIs } from './who.ts';

type PagePorts = Pick<
  Ports,
  'clock' | 'chance' | 'log' | 'keys' | 'heartbeats' | 'deadlines' | 'vitals' | 'refusals' | 'pageFiles'
>;
type Event = APIGatewayProxyEventV2;
type Answer = APIGatewayProxyStructuredResultV2;

/** Nothing from elsewhere, nothing inline, nobody's frame. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The page that people look at: its files, which anybody may have, and what only the page asks: how the collector does, and to
 * wait for somebody or not.
 */
export const page = (ports: PagePorts) => {
  const vitals = remembered(ports);
  return middy<Event, Answer>()
    .use(unavailableOnThrow(ports, code => ({ error: `the collector cannot answer this at the moment: ${code}` })))
    .handler(
      deadline(ports, async event => {
        const { rawPath } = event;
        if (rawPath === '/v1/health') return allowed(ports, event, 'read', async () => tagged(event, await vitals()));
        const wish = /^\/v1\/heartbeats\/(pause|resume|snooze)$/.exec(rawPath)?.[1] as Wish | undefined;
        if (wish !== undefined) return allowed(ports, event, 'operate', () => answerWish(ports, event, wish));
        return file(ports, event);
      }),
    );
};

const allowed = async (
  ports: PagePorts,
  event: Event,
  right: KeyRight,
  answer: () => Promise<Answer>,
): Promise<Answer> => {
  const who = await whoIs(ports, event, right);
  return who.isKnown ? answer() : jsonAnswer(401, { error: who.reject.reason }, { 'www-authenticate': 'Bearer' });
};

const welcome = 'Sluice collects metrics. Push to /v1/push, read at /api/v1/query. The page is for browsers.\n';

/** The document is asked for again each time, and all it needs is named by its bytes. */
const file = ({ pageFiles }: PagePorts, event: Event): Answer => {
  const name = event.rawPath === '/' ? 'index.html' : event.rawPath.replace(/^\/page\//, '');
  const found = pageFiles.find(each => each.name === name);
  if (found === undefined) return textAnswer(404, `nothing answers at ${event.rawPath}\n`);
  const isDocument = name === 'index.html';
  // A browser says that it wants a document; for anybody else a line is more use.
  if (isDocument && !headerOf(event, 'accept').includes('text/html')) return textAnswer(200, welcome);
  const headers = {
    'content-type': found.type,
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    etag: found.tag,
    'cache-control': isDocument ? 'no-cache' : 'public, max-age=31536000, immutable',
  };
  if (headerOf(event, 'if-none-match') === found.tag) return { statusCode: 304, headers };
  return {
    statusCode: 200,
    headers: { ...headers, 'content-encoding': 'gzip' },
    body: found.gzipped,
    isBase64Encoded: true,
  };
};

/** A look costs, so that many who look share one. */
const remembered = ({ vitals, refusals, heartbeats, clock }: PagePorts) => {
  let last: { readonly atMs: number; readonly told: ReturnType<typeof look> } | undefined;
  const look = (nowMs: number) => {
    const fromMs = nowMs - 86_400_000;
    return Promise.all([
      vitals.told(Math.floor(fromMs / limits.vitalsEveryMs) * limits.vitalsEveryMs, nowMs, limits.vitalsEveryMs),
      refusals.since(fromMs),
    ]);
  };
  return async () => {
    const nowMs = clock.nowMs();
    if (last === undefined || nowMs - last.atMs > limits.vitalsKeptMs) {
      last = { atMs: nowMs, told: look(nowMs) };
      last.told.catch(() => {
        last = undefined;
      });
    }
    const [[told, refused], buffered, collector, plannedUntilMs] = await Promise.all([
      last.told,
      vitals.buffered(),
      heartbeats.collector(),
      heartbeats.planned(),
    ]);
    return vitalsOf({
      told,
      everyMs: limits.vitalsEveryMs,
      buffered,
      checkedMs: collector?.lastSweepMs,
      watermarkMs: collector?.canariesFromMs === undefined ? undefined : provenMsOf(collector, nowMs),
      blindSinceMs: collector?.blindSinceMs,
      plannedUntilMs,
      blind: collector?.blind ?? [],
      refusals: refused,
      nowMs,
    });
  };
};

type Wish = 'pause' | 'resume' | 'snooze';

/** Pauses a heartbeat, waits for it again or has it quiet for a while, and has the checker look at it at once. */
const answerWish = async ({ heartbeats, deadlines, clock }: PagePorts, event: Event, wish: Wish): Promise<Answer> => {
  // A page of somebody else cannot send this without being asked first, and nobody here answers that.
  if (!headerOf(event, 'content-type').startsWith('application/json'))
    return jsonAnswer(415, { error: 'expected application/json: {"job": "nightly", "instance": "*"}' });
  const text = Buffer.from(bodyOf(event)).toString('utf8');
  const { value, rejects } = wish === 'snooze' ? readSnooze(text) : readWish(text);
  if (value === undefined) return jsonAnswer(400, { error: rejects.map(textOfReject).join('; ') });
  const { job, instance } = value;
  const key = { job, instance };
  if ((await heartbeats.get([key])).length === 0) return jsonAnswer(404, { error: nobody(key) });
  const nowMs = clock.nowMs();
  const forMs = 'for' in value ? Number(value.for) : 0;
  if (wish === 'snooze') await heartbeats.snooze(key, forMs === 0 ? undefined : nowMs + forMs);
  else await heartbeats.pause(key, wish === 'pause');
  await deadlines.send([{ delayMs: 0, body: writeWake(wakeOf([key], nowMs)) }]);
  if (wish === 'snooze') return jsonAnswer(200, { ...key, snoozedUntilMs: forMs === 0 ? null : nowMs + forMs });
  return jsonAnswer(200, { ...key, paused: wish === 'pause' });
};

const nobody = ({ job, instance }: HeartbeatKey): string => `no heartbeat for job ${job}, instance ${instance}`;
