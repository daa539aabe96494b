import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { type Batch, sourceIdOf } from '../core/batch.ts';
import { anyInstance, type HeartbeatKey } from '../core/heartbeat/heartbeat.ts';
import { wakeOf, writeWake } from '../core/heartbeat/wake.ts';
import { canaryJob, isCanaryNow } from '../core/heartbeat/watermark.ts';
import { labelOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { batchesOf } from '../core/protocol/gather.ts';
import { type Pushed, readPush } from '../core/protocol/push.ts';
import { readGroup, readGroupBody } from '../core/protocol/pushgateway.ts';
import { unpack } from '../core/protocol/unpack.ts';
import { type Read, type Reject, textOfReject } from '../core/reject.ts';
import { encodeBatch } from '../core/segment/batch-message.ts';
import type { Ports } from '../io/ports.ts';
import { deadline } from './middleware/deadline.ts';
import { bodyOf, headerOf, jsonAnswer, textAnswer, unavailableOnThrow } from './middleware/http.ts';
import { measured } from './middleware/measured.ts';
import { isPing, takePing } from './ping.ts';
import { whoIs } from './who.ts';

type PushPorts = Pick<Ports, 'clock' | 'chance' | 'log' | 'measures' | 'buffer' | 'heartbeats' | 'deadlines' | 'keys'>;
type Answer = APIGatewayProxyStructuredResultV2;

const statusOf = { too_large: 413, unknown_encoding: 415, corrupt: 400 } as const;

/**
 * Producers → the buffer. What can be refused is refused here, whole, with place and reason; 2xx means that every part
 * is in SQS and that the source's heartbeat knows it.
 */
export const push = (ports: PushPorts) =>
  middy<APIGatewayProxyEventV2, Answer>()
    .use(measured(ports))
    .use(unavailableOnThrow(ports))
    .handler(
      deadline(ports, async event => {
        const answer = await take(ports, event);
        if (Number(answer.statusCode) >= 300) ports.measures.tell({ Refused: 1 });
        return answer;
      }),
    );

const take = async (ports: PushPorts, event: APIGatewayProxyEventV2): Promise<Answer> => {
  const receipt = event.requestContext.requestId;
  const acceptedAtMs = ports.clock.nowMs();
  const who = await whoIs(ports, event);
  if (!who.isKnown) return refusal(event, 401, [who.reject]);
  if (isPing(event)) return takePing(ports, event, who);
  const packed = bodyOf(event);
  if (packed.length > limits.pushBodyBytes) {
    return refusal(event, 413, [
      { code: 'body_limit', reason: `${packed.length} bytes, the limit is ${limits.pushBodyBytes}` },
    ]);
  }
  const unpacked = unpack(packed, headerOf(event, 'content-encoding'), limits.pushUnpackedBytes);
  if (!unpacked.ok) return refusal(event, statusOf[unpacked.problem], [unpacked.reject]);
  const { value, rejects } = readBody(event, unpacked.bytes, acceptedAtMs);
  if (rejects.length > 0 || value === undefined) return refusal(event, 400, rejects);

  const id = headerOf(event, 'idempotency-key') || receipt;
  const batches = batchesOf(value.samples, {
    id,
    via: 'push',
    acceptedAtMs,
    ...(value.sourceLabels && { sourceLabels: value.sourceLabels }),
  });
  const forbidden = jobsOf(value, batches).filter(job => !who.mayPush(job));
  if (forbidden.length > 0) {
    const rejects = forbidden.map(job => ({
      code: 'forbidden',
      reason: `this key may not push for job ${JSON.stringify(job)}`,
    }));
    return refusal(event, 403, rejects);
  }
  const { job: own, instance: slot } = event.queryStringParameters ?? {};
  if (own === canaryJob && who.isSigned && isCanaryNow(Number(slot), acceptedAtMs)) {
    await ports.heartbeats.canaryHeard(Number(slot), acceptedAtMs);
    return acceptance(event, 0, receipt);
  }
  await ports.buffer.send(batches.flatMap(encodeBatch));
  ports.measures.tell({ Pushes: 1, Accepted: value.samples.length });
  await hear(ports, batches, value, acceptedAtMs);
  return acceptance(event, value.samples.length, receipt);
};

const isGroup = ({ rawPath }: APIGatewayProxyEventV2): boolean => rawPath.startsWith('/metrics/');

const readBody = (event: APIGatewayProxyEventV2, body: Uint8Array, acceptedAtMs: number): Read<Pushed | undefined> => {
  const contentType = headerOf(event, 'content-type');
  if (!isGroup(event)) return readPush({ contentType, body, acceptedAtMs, query: event.queryStringParameters ?? {} });
  const group = readGroup(event.rawPath);
  return group.value === undefined
    ? { value: undefined, rejects: group.rejects }
    : readGroupBody({ contentType, body, acceptedAtMs, group: group.value });
};

/** Every job that the push would be taken for, that of a sign of life included. */
const jobsOf = ({ sourceLabels }: Pushed, batches: readonly Batch[]): string[] => {
  const sources = [...batches.map(({ source }) => source), ...(sourceLabels === undefined ? [] : [sourceLabels])];
  return [...new Set(sources.map(source => labelOf(source, 'job')))];
};

/** Every source that was in the push was heard; an empty push is a sign of life of the source it names. */
const hear = async (
  { heartbeats, deadlines, clock }: PushPorts,
  batches: readonly Batch[],
  { sourceLabels }: Pushed,
  atMs: number,
): Promise<void> => {
  const sources = new Map(batches.map(({ source }) => [sourceIdOf(source), source]));
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

/** Pushgateway clients want an empty 200; everybody else likes to see what was taken. */
const acceptance = (event: APIGatewayProxyEventV2, samples: number, receipt: string): Answer => {
  const headers = { 'x-sluice-receipt': receipt };
  return isGroup(event)
    ? { statusCode: 200, headers, body: '' }
    : jsonAnswer(200, { accepted: samples, receipt }, headers);
};

const refusal = (event: APIGatewayProxyEventV2, statusCode: number, rejects: readonly Reject[]): Answer => {
  const headers = {
    'x-sluice-receipt': event.requestContext.requestId,
    ...(statusCode === 401 && { 'www-authenticate': 'Bearer' }),
  };
  const listed = rejects.slice(0, limits.rejectsListed).map(textOfReject);
  const more = rejects.length - listed.length;
  const problems = more > 0 ? [...listed, `and ${more} more`] : listed;
  return isGroup(event)
    ? textAnswer(statusCode, `${problems.join('\n')}\n`, headers)
    : jsonAnswer(statusCode, { error: 'nothing of this push was stored', problems }, headers);
};
