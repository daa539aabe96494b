import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { anyInstance } from '../../core/heartbeat/heartbeat.ts';
import { labelSetOf } from '../../core/labels.ts';
import { type Request, requestOf, samplesIn } from './body.ts';
import { keyFor } from './books.ts';
import { Chance } from './chance.ts';
import { type Happening, onGrid, type PlannedSample } from './plan.ts';
import { bitsOfNumber } from './values.ts';
import type { World } from './world.ts';

type Push = Extract<Happening, { kind: 'push' }>;
export type Outcome = { readonly status: number; readonly retryAfterMs: number };

/** How long a producer waits for an answer before it tries again, while the first try may still be under way. */
export const patienceMs = 10_000;
/** Tries of one push: enough to get through a storm and be taken in the calm after it. */
const tries = 14;

const context = { getRemainingTimeInMillis: () => 20_000 } as Context;

export const pushUntilTaken = (world: World, name: string, push: Push): Promise<void> =>
  untilTaken(world, name, tried => pushOnce(world, tried, push));

/** A producer with something to say says it until it is told 200: on 503, on silence, under the same key. */
export const untilTaken = async (
  world: World,
  name: string,
  once: (tried: string) => Promise<Outcome>,
): Promise<void> => {
  const { agenda, storm } = world;
  const chance = new Chance(world.plan.seed, name);
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const tried = `${name} try ${attempt}`;
    const silent: Outcome = { status: 0, retryAfterMs: 0 };
    let outcome = silent;
    if (!storm.strikes('lostRequest', tried, chance)) {
      const answer = once(tried);
      outcome = await Promise.race([answer, agenda.wait(patienceMs).then(() => silent)]);
      if (outcome !== silent && storm.strikes('lostAnswer', tried, chance)) outcome = silent;
    }
    agenda.tell(`${tried} hears ${outcome.status}`);
    if (outcome.status === 200) return;
    if (outcome.status !== 0 && outcome.status !== 503) {
      world.breach('refused', `${tried} hears ${outcome.status}`);
      return;
    }
    const pauseMs = Math.max(outcome.retryAfterMs, Math.min(60_000, 2_500 * 2 ** attempt) * (0.5 + chance.next()));
    await agenda.wait(onGrid(agenda.nowMs() + pauseMs) - agenda.nowMs());
  }
};

type Answer = APIGatewayProxyStructuredResultV2;

/** One request, as it meets a worker: what reaches the handler counts as said, what it answers 200 to must stay. */
const pushOnce = async (world: World, name: string, push: Push): Promise<Outcome> => {
  const { agenda, books, storm } = world;
  const { producer } = push;
  if (storm.strikes('throttledInvocation', name, new Chance(world.plan.seed, `${name} gateway`)))
    return { status: 503, retryAfterMs: 0 };
  const delivery = world.delivery(name);
  const acceptedAtMs = agenda.nowMs();
  const samples = [...samplesIn(push), ...(producer.door === 'group' ? [pushTime(push, acceptedAtMs)] : [])];
  const lastWins = new Map(
    samples.map(sample => [`${sample.timestampMs ?? acceptedAtMs} ${keyFor(sample.labels)}`, sample]),
  );
  for (const { labels, timestampMs = acceptedAtMs, bits } of lastWins.values())
    delivery.said.push(books.say(labels, timestampMs, bits));
  const ran = await (producer.door === 'bits'
    ? world.run(
        'bits',
        (handler, { life }) =>
          handler({ id: push.key ?? name, acceptedAtMs, samples }).then(
            (): Answer => ({ statusCode: 200, body: JSON.stringify({ accepted: samples.length }) }),
            (): Answer => ({ statusCode: life.dead ? 0 : 503 }),
          ),
        delivery,
      )
    : world.run('push', handler => handler(eventOf(requestOf(push), name), context) as Promise<Answer>, delivery));
  if (ran === undefined) {
    await agenda.wait(patienceMs);
    return { status: 0, retryAfterMs: 0 };
  }
  const { statusCode = 0, headers = {}, body = '' } = ran.answer;
  if (statusCode === 200) {
    const accepted = body === '' ? samples.length : Number((JSON.parse(body) as { accepted: number }).accepted);
    if (accepted !== samples.length)
      world.breach('accounts', `${name} sent ${samples.length} samples and is told ${accepted}`);
    delivery.accepted = accepted;
    world.acknowledge(delivery);
    if (producer.door !== 'bits') checkHeard(world, name, producer.job, acceptedAtMs);
  } else if (statusCode !== 503 && statusCode !== 0) world.breach('refused', `${name}: ${statusCode} ${body}`);
  return { status: statusCode, retryAfterMs: Number(headers['retry-after'] ?? 0) * 1_000 };
};

/** What a Pushgateway adds to every push of a group. */
const pushTime = ({ producer: { job, instance } }: Push, acceptedAtMs: number): PlannedSample => ({
  labels: labelSetOf([
    ['__name__', 'push_time_seconds'],
    ['job', job],
    ['instance', instance],
  ]),
  bits: bitsOfNumber(acceptedAtMs / 1_000),
});

export const eventOf = (request: Request, requestId: string): APIGatewayProxyEventV2 => {
  const { method, path, query, headers, body } = request;
  return {
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    headers,
    queryStringParameters: query,
    requestContext: {
      requestId,
      http: { method },
      authorizer: { iam: { userArn: 'arn:aws:iam::000000000000:user/simulated' } },
    },
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
  } as unknown as APIGatewayProxyEventV2;
};

/** 2xx means also that the source's heartbeat knows it. */
export const checkHeard = (world: World, name: string, job: string, acceptedAtMs: number): void => {
  const heardMs = Number(world.heartbeats.rows.get(JSON.stringify([job, anyInstance]))?.['lastAcceptMs'] ?? 0);
  if (heardMs < acceptedAtMs) world.breach('unheard', `${name} is told 200 and its heartbeat does not know it`);
};
