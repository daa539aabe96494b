import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { type Batch, messageNameOf, sourceIdOf, sourceOf } from '../core/batch.ts';
import { flushOffsetMsOf, readFlushInterval } from '../core/flush/flushes.ts';
import { anyInstance, type HeartbeatKey } from '../core/heartbeat/heartbeat.ts';
import { wakeOf, writeWake } from '../core/heartbeat/wake.ts';
import { canaryJob, isCanaryNow, isProofOf } from '../core/heartbeat/watermark.ts';
import { identified } from '../core/key/identity.ts';
import { usualQuota } from '../core/key/quota.ts';
import { labelOf, noLabels } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { batchesOf } from '../core/protocol/gather.ts';
import { protocolAt } from '../core/protocol/protocols.ts';
import type { Pushed } from '../core/protocol/pushed.ts';
import { type PushAnswer, type PushRequest, type Reading, withReceipt } from '../core/protocol/request.ts';
import { unpack } from '../core/protocol/unpack.ts';
import { problemsOf, type Receipt, writeReceipt } from '../core/receipt/receipt.ts';
import { witnessesOf } from '../core/receipt/witness.ts';
import type { Reject } from '../core/reject.ts';
import { encodeBatch } from '../core/segment/batch-message.ts';
import type { Ports } from '../io/ports.ts';
import { type Limited, Limiting } from './limiting.ts';
import { lintAnswer, lintPath } from './lint.ts';
import { deadline } from './middleware/deadline.ts';
import { bodyOf, headerOf, retryAfterOf, unavailableOnThrow } from './middleware/http.ts';
import { measured } from './middleware/measured.ts';
import { isPing, takePing } from './ping.ts';
import { attemptedBy, noteRefusal, Refusals } from './refusals.ts';
import { type Who, whoIs } from './who.ts';

type PushPorts = Pick<
  Ports,
  | 'clock'
  | 'chance'
  | 'log'
  | 'measures'
  | 'buffer'
  | 'heartbeats'
  | 'deadlines'
  | 'keys'
  | 'usage'
  | 'refusals'
  | 'backfillMs'
>;
type Answer = APIGatewayProxyStructuredResultV2;

const statusOf = { too_large: 413, unknown_encoding: 415, corrupt: 400 } as const;

/**
 * Producers → the buffer, in whatever protocol they speak. What can be refused is refused here, with place and reason; 2xx
 * means that every part is in SQS and that the source's heartbeat knows it.
 */
export const push = (ports: PushPorts) => {
  const limiting = new Limiting(ports);
  const refusals = new Refusals(ports);
  return middy<APIGatewayProxyEventV2, Answer>()
    .use(measured(ports))
    .use(unavailableOnThrow(ports, undefined, (event, code) => unavailable(event, code, ports.clock.nowMs())))
    .handler(
      deadline(ports, async event => {
        try {
          const answer = await take(ports, limiting, refusals, event);
          if (Number(answer.statusCode) >= 300) ports.measures.tell({ Refused: 1 });
          return answer;
        } finally {
          await refusals.tell();
        }
      }),
    );
};

const take = async (
  ports: PushPorts,
  limiting: Limiting,
  refusals: Refusals,
  event: APIGatewayProxyEventV2,
): Promise<Answer> => {
  const request = requestOf(event, ports.clock.nowMs(), ports.backfillMs);
  const protocol = protocolAt(request.path);
  const refused = (status: number, rejects: readonly Reject[]): Answer =>
    answerOf(protocol.refusal(request, status, rejects), refusedReceipt(request, status, rejects));
  const who = await whoIs(ports, event, 'push');
  const book = (job: string, status: number, rejects: readonly Reject[], samples = 0): Promise<void> =>
    refusals.note(request.receipt, { protocol: protocol.name, job, status }, rejects, samples);
  if (!who.isKnown) {
    await book('', 401, [who.reject]);
    return refused(401, [who.reject]);
  }
  if (isPing(event)) return takePing(ports, event, who);
  const attempted = attemptedBy(request, who);
  const job = attempted[0]?.job ?? who.scope.jobs?.[0] ?? '';
  const atMs = request.acceptedAtMs;
  try {
    const taken = await takeFrom(ports, limiting, event, request, who);
    if ('taken' in taken) {
      const { read } = taken;
      if (read.refusedSamples > 0) await book(job, read.answer.status, read.rejects ?? [], read.refusedSamples);
      return taken.taken;
    }
    if (!('refused' in taken)) return taken;
    const { status, rejects, retryAfterSeconds } = taken.refused;
    await book(job, status, rejects);
    await noteRefusal(ports, attempted, { status, rejects, atMs });
    const answer = refused(status, rejects);
    if (retryAfterSeconds === undefined) return answer;
    return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } };
  } catch (error) {
    const rejects = [{ code: 'unavailable', reason: 'the collector could not take it' }];
    await book(job, 503, rejects);
    await noteRefusal(ports, attempted, { status: 503, rejects, atMs });
    throw error;
  }
};

type Refused = {
  readonly refused: {
    readonly status: number;
    readonly rejects: readonly Reject[];
    readonly retryAfterSeconds?: number;
  };
};

/** Some samples of it may have been refused. */
type Taken = { readonly taken: Answer; readonly read: Extract<Reading, { readonly ok: true }> };

const takeFrom = async (
  ports: PushPorts,
  limiting: Limiting,
  event: APIGatewayProxyEventV2,
  request: PushRequest,
  who: Extract<Who, { readonly isKnown: true }>,
): Promise<Answer | Refused | Taken> => {
  const { acceptedAtMs } = request;
  const protocol = protocolAt(request.path);
  const refuse = (status: number, rejects: readonly Reject[]): Refused => ({ refused: { status, rejects } });
  if (who.scope.protocols?.includes(protocol.name) === false)
    return refuse(403, [{ code: 'forbidden', reason: `this key may not be used with ${protocol.name}` }]);
  const { key } = who;
  const about = (job: string, refusedSamples: number): void =>
    ports.measures.about({ protocol: protocol.name, job, refusedSamples });
  // What is refused before it is read is of the key's job, or nobody's.
  about(who.scope.jobs?.[0] ?? request.query['job'] ?? '', 0);
  const quota = key?.quota ?? usualQuota;
  const limited = ({ status, reject, retryAfterMs }: Limited): Refused => {
    ports.measures.tell({ Limited: 1 });
    if (retryAfterMs === undefined) return refuse(status, [reject]);
    // Not all of those that wait come back together.
    const retryAfterSeconds = Math.ceil(retryAfterMs / 1_000) + Number(retryAfterOf(ports.chance.next()));
    return { refused: { status, rejects: [reject], retryAfterSeconds } };
  };
  const early = key && limiting.request(key);
  if (key !== undefined && early !== undefined) {
    await limiting.share(key);
    return limited(early);
  }
  const moved = protocol.movedTo?.(request.path);
  if (moved !== undefined)
    return answerOf(
      { status: moved.status, headers: { location: moved.path } },
      refusedReceipt(request, moved.status, []),
    );
  const unread = protocol.refusedUnread?.(request);
  if (unread !== undefined) return refuse(unread.status, [unread.reject]);
  const packed = bodyOf(event);
  if (packed.length > quota.bodyBytes) {
    const reason = `${packed.length} bytes, the limit is ${quota.bodyBytes}`;
    return refuse(413, [{ code: 'body_limit', reason }]);
  }
  const unpacked = unpack(packed, request.header('content-encoding'), quota.unpackedBytes, protocol.encodings);
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
  const late = key && limiting.push(key, pushed);
  if (key !== undefined) await limiting.share(key);
  if (late !== undefined) return limited(late);
  const batches = batchesOf(pushed.samples, {
    id: request.header('idempotency-key') || (pushed.deliveryId ?? request.receipt),
    via: 'push',
    acceptedAtMs,
    ...(pushed.pages && { pages: true }),
    ...(pushed.sourceLabels && { sourceLabels: pushed.sourceLabels }),
    ...(pushed.families && { families: pushed.families }),
    ...(pushed.exemplars && { exemplars: pushed.exemplars }),
  });
  const encoded = batches.map(batch => ({ batch, messages: encodeBatch(batch) }));
  const receipt = takenReceipt(request, read, encoded);
  const { job: own, instance: slot } = request.query;
  if (own === canaryJob && isCanaryNow(Number(slot), acceptedAtMs)) {
    if (!isProofOf(request.query['proof'] ?? '', await ports.heartbeats.canarySecret(), Number(slot)))
      return refuse(403, [{ code: 'forbidden', reason: 'only the collector itself sends these' }]);
    await ports.heartbeats.canaryHeard(Number(slot), acceptedAtMs);
    return answerOf(read.answer, receipt);
  }
  await ports.buffer.send(encoded.flatMap(({ messages }) => messages));
  about(labelOf(batches[0]?.source ?? pushed.sourceLabels ?? noLabels, 'job'), read.refusedSamples);
  ports.measures.tell({ Pushes: 1, Accepted: pushed.samples.length });
  await hear(ports, batches, pushed, acceptedAtMs);
  const answer = answerOf(read.answer, receipt);
  const source = batches[0]?.source ?? pushed.sourceLabels;
  if (source === undefined) return { taken: answer, read };
  const offsetMs = flushOffsetMsOf(sourceOf(source), readFlushInterval(request.header('x-sluice-flush-interval-ms')));
  const headers = { ...answer.headers, 'x-sluice-flush-offset-ms': String(offsetMs) };
  return { taken: { ...answer, headers }, read };
};

const requestOf = (event: APIGatewayProxyEventV2, acceptedAtMs: number, backfillMs: number): PushRequest => ({
  method: event.requestContext.http.method,
  path: event.rawPath,
  query: event.queryStringParameters ?? {},
  header: name => headerOf(event, name),
  acceptedAtMs,
  backfillMs,
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

/** What a push became, as far as a receipt holds it. */
const takenReceipt = (
  request: PushRequest,
  { pushed, refusedSamples, rejects = [], answer }: Extract<Reading, { readonly ok: true }>,
  encoded: readonly { readonly batch: Batch; readonly messages: readonly string[] }[],
): Receipt => {
  const witnessed = encoded.slice(0, limits.receiptWitnesses);
  return {
    ...refusedReceipt(request, answer.status, rejects),
    accepted: pushed.samples.length,
    refused: refusedSamples,
    messages: encoded
      .flatMap(({ messages }) => messages)
      .slice(0, limits.receiptMessages)
      .map(messageNameOf),
    witnesses: witnessed.flatMap(({ batch, messages }) => witnessesOf(batch, messages.length)),
    unwitnessed: encoded.length - witnessed.length,
  };
};

const refusedReceipt = (request: PushRequest, status: number, rejects: readonly Reject[]): Receipt => ({
  requestId: request.receipt,
  protocol: protocolAt(request.path).name,
  acceptedAtMs: request.acceptedAtMs,
  status,
  accepted: 0,
  refused: 0,
  problems: problemsOf(rejects),
  messages: [],
  witnesses: [],
  unwitnessed: 0,
});

const answerOf = (answer: PushAnswer, told: Receipt): Answer => {
  const receipt = writeReceipt(told);
  const { status, headers, body = '' } = withReceipt(answer, receipt);
  return {
    statusCode: status,
    headers: { ...headers, 'x-sluice-receipt': receipt, ...(status === 401 && { 'www-authenticate': 'Bearer' }) },
    ...(typeof body === 'string' ? { body } : { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }),
  };
};

/** The 503 of a failure here, said as the protocol says it. */
const unavailable = (event: APIGatewayProxyEventV2, code: string, nowMs: number): Answer => {
  const rejects = [{ code, reason: 'the collector cannot take this at the moment, please retry' }];
  const request = requestOf(event, nowMs, 0);
  return answerOf(protocolAt(event.rawPath).refusal(request, 503, rejects), refusedReceipt(request, 503, rejects));
};
