import { gzipSync } from 'node:zlib';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { type LabelSet, labelOf, metricNameOf } from '../../core/labels.ts';
import type { Request } from './body.ts';
import { Chance } from './chance.ts';
import { type Happening, onGrid } from './plan.ts';
import { checkHeard, eventOf, type Outcome, patienceMs, untilTaken } from './producers.ts';
import type { World } from './world.ts';

type Count = Extract<Happening, { kind: 'count' }>;

const context = { getRemainingTimeInMillis: () => 20_000 } as Context;

/** Somebody who counts says it until it is taken: lines under the same key, deltas with the same span. */
export const countUntilTaken = (world: World, name: string, count: Count): Promise<void> => {
  const request = requestOf(count);
  return untilTaken(world, name, tried => countOnce(world, tried, count, request));
};

const countOnce = async (world: World, name: string, count: Count, request: Request): Promise<Outcome> => {
  const { agenda, storm, tally } = world;
  if (storm.strikes('throttledInvocation', name, new Chance(world.plan.seed, `${name} gateway`)))
    return { status: 503, retryAfterMs: 0 };
  const delivery = world.delivery(name);
  const acceptedAtMs = agenda.nowMs();
  for (const counted of count.counted) delivery.said.push(tally.say(counted));
  const ran = await world.run(
    'push',
    handler => handler(eventOf(request, name), context) as Promise<APIGatewayProxyStructuredResultV2>,
    delivery,
  );
  if (ran === undefined) {
    await agenda.wait(patienceMs);
    return { status: 0, retryAfterMs: 0 };
  }
  const { statusCode = 0, headers = {}, body = '' } = ran.answer;
  if (statusCode === 200) {
    const { accepted = count.counted.length, partialSuccess } = JSON.parse(body) as Answered;
    if (accepted !== count.counted.length || partialSuccess !== undefined)
      world.breach('accounts', `${name} counted ${count.counted.length} times and is told ${body}`);
    delivery.accepted = accepted;
    world.acknowledge(delivery);
    checkHeard(world, name, count.counter.job, acceptedAtMs);
  } else if (statusCode !== 503 && statusCode !== 0) world.breach('refused', `${name}: ${statusCode} ${body}`);
  return { status: statusCode, retryAfterMs: Number(headers['retry-after'] ?? 0) * 1_000 };
};

type Answered = { readonly accepted?: number; readonly partialSuccess?: unknown };

const requestOf = ({ counter, key, counted, atMs }: Count): Request => {
  const { door, packed, job, instance } = counter;
  const isStatsd = door === 'statsd';
  const text = isStatsd
    ? counted.map(({ labels, turn }) => `${metricNameOf(labels)}:${4 ** turn}|c|#n:${labelOf(labels, 'n')}\n`).join('')
    : deltasOf({ counter, counted, atMs });
  return {
    method: 'POST',
    path: isStatsd ? '/v1/statsd' : '/v1/metrics',
    query: isStatsd ? { job, instance } : {},
    headers: {
      'content-type': isStatsd ? 'text/plain' : 'application/json',
      ...(packed !== '' && { 'content-encoding': packed }),
      // A span is named by itself.
      ...(isStatsd && { 'idempotency-key': key }),
    },
    body: packed === 'gzip' ? gzipSync(text) : Buffer.from(text),
  };
};

const deltasOf = ({
  counter: { job, instance },
  counted,
  atMs,
}: Pick<Count, 'counter' | 'counted' | 'atMs'>): string => {
  const attribute = (name: string, text: string) => ({ key: name, value: { stringValue: text } });
  const metric = (labels: LabelSet, turn: number) => ({
    name: metricNameOf(labels),
    sum: {
      aggregationTemporality: 1,
      isMonotonic: true,
      dataPoints: [
        {
          // Spans of two who count the same are not the same.
          startTimeUnixNano: `${onGrid(atMs) - 5_000 + turn}000000`,
          timeUnixNano: `${onGrid(atMs)}000000`,
          asDouble: 4 ** turn,
          attributes: [attribute('n', labelOf(labels, 'n'))],
        },
      ],
    },
  });
  const resource = { attributes: [attribute('service.name', job), attribute('service.instance.id', instance)] };
  const metrics = counted.map(({ labels, turn }) => metric(labels, turn));
  return JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
};
