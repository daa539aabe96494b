import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { samplesIn } from '../core/batch.ts';
import { anyInstance } from '../core/heartbeat/heartbeat.ts';
import { type Ping, readPing } from '../core/heartbeat/ping.ts';
import { wakeOf, writeWake } from '../core/heartbeat/wake.ts';
import { labelSetOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { batchesOf } from '../core/protocol/gather.ts';
import { encodeBatch } from '../core/segment/batch-message.ts';
import type { Ports } from '../io/ports.ts';
import { bodyOf, textAnswer } from './middleware/http.ts';
import type { Who } from './who.ts';

type PingPorts = Pick<Ports, 'clock' | 'buffer' | 'heartbeats' | 'deadlines' | 'measures'>;

const headers = { 'ping-body-limit': String(limits.pingBodyBytes) };

export const isPing = ({ rawPath }: APIGatewayProxyEventV2): boolean => rawPath.startsWith('/ping/');

/**
 * A job tells of its run, by healthchecks.io's addresses and with its answers. What it said is on its row, and in the buffer
 * as series, before the 200; the checker looks at once.
 */
export const takePing = async (
  ports: PingPorts,
  event: APIGatewayProxyEventV2,
  who: Extract<Who, { readonly isKnown: true }>,
): Promise<APIGatewayProxyStructuredResultV2> => {
  const atMs = ports.clock.nowMs();
  const { rid, create } = event.queryStringParameters ?? {};
  const { value: ping, rejects } = readPing(event.rawPath, rid);
  if (ping === undefined) return textAnswer(400, rejects[0]?.reason ?? '', headers);
  if (who.scope.jobs?.includes(ping.job) === false)
    return textAnswer(403, `this key may not ping for ${JSON.stringify(ping.job)}`, headers);
  const key = { job: ping.job, instance: anyInstance };
  const text = new TextDecoder().decode(bodyOf(event).subarray(0, limits.pingBodyBytes));
  const detail = ping.exitCode ? [`exit code ${ping.exitCode}`, text].filter(part => part !== '').join(': ') : text;
  let answer = await ports.heartbeats.pinged(key, ping, atMs, detail);
  const isNew = !answer.isKnown && create === '1';
  if (isNew) {
    await ports.heartbeats.expect(key, { interval: limits.pingIntervalDefault, grace: limits.pingGraceDefault });
    answer = await ports.heartbeats.pinged(key, ping, atMs, detail);
  }
  if (!answer.isKnown) return textAnswer(404, 'not found', headers);
  const delivery = { id: event.requestContext.requestId, via: 'push', acceptedAtMs: atMs } as const;
  const batches = batchesOf(samplesOf(ping, answer.durationMs), delivery);
  await ports.buffer.send(batches.flatMap(encodeBatch));
  ports.measures.tell({ Accepted: samplesIn(batches) });
  if (ping.kind !== 'log')
    await ports.deadlines.send([{ delayMs: 0, body: writeWake(wakeOf([key], ports.clock.nowMs())) }]);
  return textAnswer(isNew ? 201 : 200, isNew ? 'Created' : 'OK', headers);
};

/** A run that ended, as series: whether it went well, its exit code and how long it took, where they are known. */
const samplesOf = ({ job, kind, exitCode }: Ping, durationMs: number | undefined) => {
  if (kind === 'log' || kind === 'start') return [];
  const sample = (name: string, value: number) => ({
    labels: labelSetOf([
      ['__name__', name],
      ['job', job],
    ]),
    value,
  });
  return [
    sample('sluice_job_success', kind === 'success' ? 1 : 0),
    ...(exitCode === undefined ? [] : [sample('sluice_job_exit_code', exitCode)]),
    ...(durationMs === undefined ? [] : [sample('sluice_job_duration_seconds', durationMs / 1_000)]),
  ];
};
