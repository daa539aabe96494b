import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { type Batch, sourceIdOf } from '../core/batch.ts';
import { anyInstance, type HeartbeatKey } from '../core/heartbeat/heartbeat.ts';
import { wakeOf, writeWake } from '../core/heartbeat/wake.ts';
import { identified } from '../core/key/identity.ts';
import { labelOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { batchesOf } from '../core/protocol/gather.ts';
import { protocolAt } from '../core/protocol/protocols.ts';
import type { Pushed } from '../core/protocol/pushed.ts';
import type { PushAnswer, PushRequest } from '../core/protocol/request.ts';
import { unpack } from '../core/protocol/unpack.ts';
import type { Reject } from '../core/reject.ts';
import { encodeBatch } from '../core/segment/batch-message.ts';
import type { Ports } from '../io/ports.ts';
import { lintAnswer, lintPath } from './lint.ts';
import { deadline } from './middleware/deadline.ts';
import { bodyOf, headerOf, unavailableOnThrow } from './middleware/http.ts';
import { measured } from './middleware/measured.ts';
import { whoIs } from './who.ts';

type PushPorts = Pick<Ports, 'clock' | 'chance' | 'log' | 'measures' | 'buffer' | 'heartbeats' | 'deadlines' | 'keys'>;
type Answer = APIGatewayProxyStructuredResultV2;

const statusOf = { too_large: 413, unknown_encoding: 415, corrupt: 400 } as const;

/**
 * Producers → the buffer, in whatever protocol they speak. What can be refused is refused here, with place and reason; 2xx
 * means that every part is in SQS and that the source's heartbeat knows it.
 */
export const push = (ports: PushPorts) =>
  middy<APIGatewayProxyEventV2, Answer>()
    .use(measured(ports))
    .use(unavailableOnThrow(ports, undefined, unavailable))
    .handler(
      deadline(ports, async event => {
        const answer = await take(ports, event);
        if (Number(answer.statusCode) >= 300) ports.measures.tell({ Refused: 1 });
        return answer;
      }),
    );

const take = async (ports: PushPorts, event: APIGatewayProxyEventV2): Promise<Answer> => {
  const request = requestOf(event, ports.clock.nowMs());
  const { acceptedAtMs } = request;
  const protocol = protocolAt(request.path);
  const refuse = (status: number, rejects: readonly Reject[]): Answer =>
    answerOf(event, protocol.refusal(request, status, rejects));
  const who = await whoIs(ports, event);
  if (!who.isKnown) return refuse(401, [who.reject]);
  if (who.scope.protocols?.includes(protocol.name) === false)
    return refuse(403, [{ code: 'forbidden', reason: `this key may not be used with ${protocol.name}` }]);
  const moved = protocol.movedTo?.(request.path);
  if (moved !== undefined) return answerOf(event, { status: moved.status, headers: { location: moved.path } });
  const unread = protocol.refusedUnread?.(request);
  if (unread !== undefined) return refuse(unread.status, [unread.reject]);
  const packed = bodyOf(event);
  if (packed.length > limits.pushBodyBytes) {
    const reason = `${packed.length} bytes, the limit is ${limits.pushBodyBytes}`;
    return refuse(413, [{ code: 'body_limit', reason }]);
  }
  const unpacked = unpack(packed, request.header('content-encoding'), limits.pushUnpackedBytes, protocol.encodings);
  if (!unpacked.ok) return refuse(statusOf[unpacked.problem], [unpacked.reject]);
  if (request.path === lintPath) return lintAnswer(event, unpacked.bytes);
  const read = protocol.read(request, unpacked.bytes);
  if (!read.ok) return refuse(read.status, read.rejects);

  const { pushed, forbidden } = identified(read.pushed, who.scope);
  if (forbidden.length > 0) {
    const reasonOf = (job: string): string => `this key may not push for job ${JSON.stringify(job)}`;
    return refuse(
      403,
      forbidden.map(job => ({ code: 'forbidden', reason: reasonOf(job) })),
    );
  }
  const batches = batchesOf(pushed.samples, {
    id: request.header('idempotency-key') || (pushed.deliveryId ?? request.receipt),
    via: 'push',
    acceptedAtMs,
    ...(pushed.pages && { pages: true }),
    ...(pushed.sourceLabels && { sourceLabels: pushed.sourceLabels }),
    ...(pushed.families && { families: pushed.families }),
    ...(pushed.exemplars && { exemplars: pushed.exemplars }),
  });
  await ports.buffer.send(batches.flatMap(encodeBatch));
  ports.measures.tell({ Pushes: 1, Accepted: pushed.samples.length });
  await hear(ports, batches, pushed, acceptedAtMs);
  return answerOf(event, read.answer);
};

const requestOf = (event: APIGatewayProxyEventV2, acceptedAtMs: number): PushRequest => ({
  method: event.requestContext.http.method,
  path: event.rawPath,
  query: event.queryStringParameters ?? {},
  header: name => headerOf(event, name),
  acceptedAtMs,
  receipt: event.requestContext.requestId,
});

/** Every source that was in the push was heard; an empty push is a sign of life of the source it names. */
const hear = async (
  { heartbeats, deadlines, clock }: PushPorts,
  batches: readonly Batch[],
  { sourceLabels, alive = [] }: Pushed,
  atMs: number,
): Promise<void> => {
  const heard = [...batches.map(({ source }) => source), ...alive];
  const sources = new Map(heard.map(source => [sourceIdOf(source), source]));
  if (sources.size === 0 && sourceLabels !== undefined) sources.set('', sourceLabels);
  const keys = new Map<string, HeartbeatKey>();
  for (const source of sources.values()) {
    const job = labelOf(source, 'job');
    for (const instance of [anyInstance, labelOf(source, 'instance')]) {
      if (job !== '' && instance !== '') keys.set(JSON.stringify([job, instance]), { job, instance });
    }
  }
  const news = await heartbeats.heard([...keys.values()], atMs);
  if (news.length > 0) await deadlines.send([{ delayMs: 0, body: writeWake(wakeOf(news, clock.nowMs())) }]);
};

const answerOf = (event: APIGatewayProxyEventV2, { status, headers, body = '' }: PushAnswer): Answer => ({
  statusCode: status,
  headers: {
    ...headers,
    'x-sluice-receipt': event.requestContext.requestId,
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
  },
  ...(typeof body === 'string' ? { body } : { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }),
});

/** The 503 of a failure here, said as the protocol says it. */
const unavailable = (event: APIGatewayProxyEventV2, code: string): Answer => {
  const reason = 'the collector cannot take this at the moment, please retry';
  return answerOf(event, protocolAt(event.rawPath).refusal(requestOf(event, 0), 503, [{ code, reason }]));
};
