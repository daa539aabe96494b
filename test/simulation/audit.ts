import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { labelOf } from '../../core/labels.ts';
import type { SeriesSamples } from '../../core/segment/read.ts';
import { query } from '../../functions/query.ts';
import { type SeriesRead, SeriesReader } from '../../functions/reading.ts';
import { auditMatrix, type Matrix } from './answers.ts';
import { gridMs, onGrid } from './plan.ts';
import type { World } from './world.ts';

export type Accounts = {
  /** Samples the doors said they took. */
  readonly accepted: number;
  /** Samples in the queue of tries that were never answered 200. */
  readonly unacknowledged: number;
  /** Samples that can be read. */
  readonly stored: number;
  /** Samples that say again what another one says: a retry, a duplicate, a conflict that was lost. */
  readonly merged: number;
  /** Samples in the dead letters. */
  readonly quarantined: number;
};

const hour = 3_600_000;
const context = { getRemainingTimeInMillis: () => 28_000 } as Context;

/** Reads everything that is stored, as the query function reads it, and holds it against everything that was said. */
export const readBack = async (
  world: World,
): Promise<{ readonly series: readonly SeriesSamples[]; readonly stored: number }> => {
  const reader = new SeriesReader(world.ports());
  const all = held(world, await reader.read({ matches: () => true }, ...wholeOf(world)));
  await auditHours(world, reader);
  return all;
};

/** Counters whose hours are asked for one by one come to the same: nothing is counted in two of them, or in none. */
const auditHours = async (world: World, reader: SeriesReader): Promise<void> => {
  const { tally } = world;
  if (tally.isEmpty) return;
  const [fromMs, toMs] = wholeOf(world);
  const found: SeriesSamples[] = [];
  for (let atMs = fromMs - (fromMs % hour); atMs < toMs; atMs += hour)
    found.push(...(await reader.read({ matches: labels => tally.has(labels) }, atMs, atMs + hour - 1)).series);
  for (const { kind, what } of tally.audit(found).breaches) world.breach(kind, `${what}, its hours asked one by one`);
};

/** The same by a worker that any weather befalls, while others merge: it may get no answer, but no other one. */
export const look = async (world: World): Promise<void> => {
  // A read may be a second stale.
  const storedBeforeMs = world.agenda.nowMs() - 2_000;
  const ran = await world.run('look', reader => reader.read({ matches: () => true }, ...wholeOf(world)));
  if (ran !== undefined) held(world, ran.answer, storedBeforeMs);
};

const wholeOf = ({ plan }: World): [number, number] => [plan.startMs - hour, plan.calmMs + 2 * hour];

const held = (
  world: World,
  { series, warnings }: SeriesRead,
  storedBeforeMs?: number,
): Awaited<ReturnType<typeof readBack>> => {
  const { books, tally } = world;
  for (const warning of warnings) world.breach('unreadable', warning);
  const isCounted = ({ labels }: SeriesSamples): boolean => tally.has(labels);
  const { breaches, samples } = books.audit(
    series.filter(each => !isCounted(each)),
    storedBeforeMs,
  );
  const counted = tally.audit(series.filter(isCounted), storedBeforeMs);
  for (const { kind, what } of [...breaches, ...counted.breaches]) world.breach(kind, what);
  return { series, stored: samples + counted.increments };
};

/** Asks the API for every step of one job's time and holds its answer against what is stored. */
export const ask = async (world: World, held: readonly SeriesSamples[]): Promise<void> => {
  const { plan } = world;
  const jobs = [...new Set(held.map(({ labels }) => labelOf(labels, 'job')))].sort();
  const job = jobs[plan.seed % jobs.length];
  if (job === undefined) return;
  const range = {
    startMs: onGrid(plan.startMs - 5 * 60_000),
    endMs: onGrid(plan.calmMs + 10 * 60_000),
    stepMs: gridMs,
  };
  const event = rangeOf(`{job=${JSON.stringify(job)}}`, range.startMs, range.endMs);
  const answer = (await query(world.ports())(event, context)) as APIGatewayProxyStructuredResultV2;
  const own = held.filter(({ labels }) => labelOf(labels, 'job') === job);
  const matrix = JSON.parse(String(answer.body)) as Matrix;
  for (const { kind, what } of auditMatrix(matrix, own, range)) world.breach(kind, what);
};

/**
 * Accepted and unacknowledged samples are exactly those that are stored, merged and quarantined. Each figure comes from
 * elsewhere: the doors' answers, the queue's own books, what was read back, the dead letters.
 */
export const balance = (world: World, stored: number): Accounts => {
  const dead = new Set(world.buffer.deadLetters.map(({ id }) => id));
  const copies = new Map<string, number>();
  let quarantined = 0;
  for (const { id, keys, spoiled, delivery } of world.buffer.byId.values()) {
    if (dead.has(id) !== (spoiled || delivery === undefined))
      world.breach('accounts', `${id} is ${dead.has(id) ? '' : 'not '}among the dead letters`);
    if (dead.has(id)) quarantined += keys.length;
    else for (const key of keys) copies.set(key, (copies.get(key) ?? 0) + 1);
  }
  let merged = 0;
  for (const count of copies.values()) merged += count - 1;
  let accepted = 0;
  let unacknowledged = 0;
  for (const delivery of world.deliveries) {
    accepted += delivery.accepted;
    // What one push says twice is merged at the door.
    if (delivery.acknowledged) merged += delivery.accepted - delivery.queued;
    else unacknowledged += delivery.queued;
  }
  if (accepted + unacknowledged !== stored + merged + quarantined) {
    const known = `${accepted} accepted + ${unacknowledged} unacknowledged`;
    world.breach('accounts', `${known} are not ${stored} stored + ${merged} merged + ${quarantined} quarantined`);
  }
  world.agenda.tell(`balance ${stored} stored, ${merged} merged, ${quarantined} quarantined`);
  return { accepted, unacknowledged, stored, merged, quarantined };
};

/** A range query as API Gateway hands it over. */
export const rangeOf = (selector: string, startMs: number, endMs: number): APIGatewayProxyEventV2 =>
  ({
    rawPath: '/api/v1/query_range',
    rawQueryString: new URLSearchParams({
      query: selector,
      start: String(startMs / 1_000),
      end: String(endMs / 1_000),
      step: String(gridMs / 1_000),
    }).toString(),
    headers: {},
    requestContext: {
      requestId: 'simulated',
      http: { method: 'GET' },
      authorizer: { iam: { userArn: 'arn:aws:iam::000000000000:user/simulated' } },
    },
    isBase64Encoded: false,
  }) as unknown as APIGatewayProxyEventV2;
