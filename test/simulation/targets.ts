import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { labelSetOf } from '../../core/labels.ts';
import { loopsBetween } from '../../core/scrape/loops.ts';
import { ordersBetween, writeRow } from '../../core/scrape/order.ts';
import type { Http, HttpAnswer } from '../../io/ports.ts';
import { Chance } from './chance.ts';
import { currentInvocation } from './life.ts';
import { gridMs, type Happening, type PlannedTarget } from './plan.ts';
import { bitsOfNumber, numberOfBits } from './values.ts';
import type { World } from './world.ts';

type Scrape = Extract<Happening, { kind: 'scrape' }>;
type Loop = Extract<Happening, { kind: 'loop' }>;

/** Orders come again when they failed, as from the queue of orders; later than this a slot is missed. */
const tries = 4;

const labelsOf = ({ job, instance }: PlannedTarget, name: string, more: Readonly<Record<string, string>> = {}) =>
  labelSetOf(Object.entries({ __name__: name, job, instance, ...more }));

/** The order of one slot, carried out until it is done, now and then twice at once. */
export const scrapeUntilDone = async (world: World, name: string, scrape: Scrape): Promise<void> => {
  const chance = new Chance(world.plan.seed, name);
  const twice = world.storm.strikes('doubledOrder', name, chance);
  await Promise.all((twice ? ['a', 'b'] : ['a']).map(copy => carryOut(world, `${name}${copy}`, scrape)));
};

/** The order of one loop, the same. */
export const loopUntilDone = async (world: World, name: string, loop: Loop): Promise<void> => {
  const chance = new Chance(world.plan.seed, name);
  const twice = world.storm.strikes('doubledOrder', name, chance);
  const planned = loop.targets.map(target => ({ target, written: rowOf(target), report: false, shared: false }));
  const offsets = new Map(loop.targets.map(({ id, intervalMs }) => [id, offsetOf(id, intervalMs)]));
  const [order] = loopsBetween(planned, offsets, loop.fromMs, loop.untilMs);
  await Promise.all((twice ? ['a', 'b'] : ['a']).map(copy => work(world, `${name}${copy}`, order!.body, loop.targets)));
};

/** On the grid, as range queries look there. */
const offsetOf = (id: string, intervalMs: number): number => (gridMs * id.length * Number(id.at(-1))) % intervalMs;

const rowOf = ({ id, job, instance, intervalMs }: PlannedTarget): string =>
  writeRow({ id, url: `http://${instance}/metrics`, job, instance, interval: intervalMs / 1_000, timeout: 5 });

const carryOut = async (world: World, name: string, { target, slotMs }: Scrape): Promise<void> => {
  const { id, intervalMs } = target;
  const [order] = ordersBetween(
    [{ target, written: rowOf(target), report: false, shared: false }],
    new Map([[id, slotMs % intervalMs]]),
    slotMs,
    slotMs + 1,
  );
  await work(world, name, order!.body, [target], slotMs);
};

const work = async (
  world: World,
  name: string,
  body: string,
  targets: readonly PlannedTarget[],
  slotMs?: number,
): Promise<void> => {
  for (const target of targets) world.targets.rows.set(target.id, JSON.parse(rowOf(target)));
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const messageId = `${name} try ${attempt}`;
    const delivery = world.delivery(messageId);
    const scrapes = (
      await world.run(
        'scrape',
        handler => {
          asked.set(delivery, { targets, slotMs });
          return handler({ Records: [{ messageId, body }] } as SQSEvent, {} as Context) as Promise<SQSBatchResponse>;
        },
        delivery,
      )
    )?.answer;
    if (scrapes !== undefined && scrapes.batchItemFailures.length === 0) {
      delivery.accepted = delivery.said.length;
      world.acknowledge(delivery);
      return;
    }
    await world.agenda.wait(5_000);
  }
};

/** Which targets an invocation is at work on, and for which slot where that is one. */
const asked = new WeakMap<
  object,
  { readonly targets: readonly PlannedTarget[]; readonly slotMs: number | undefined }
>();

/** What a GET is for: of a loop's, the newest slot that its target has had. */
const slotOf = (delivery: object, url: string, nowMs: number) => {
  const { targets, slotMs } = asked.get(delivery)!;
  const target = targets.find(({ instance }) => url === `http://${instance}/metrics`)!;
  const offsetMs = offsetOf(target.id, target.intervalMs);
  const newestMs = Math.floor((nowMs - offsetMs) / target.intervalMs) * target.intervalMs + offsetMs;
  return { target, slotMs: slotMs ?? newestMs };
};

/** The targets' side: each GET gives a page of its own, which the books then hold under the slot's time. */
export const targetsOf = (world: World): Http => ({
  get: async ({ url }): Promise<HttpAnswer> => {
    const { life, delivery } = currentInvocation()!;
    const { target, slotMs } = slotOf(delivery!, url, world.agenda.nowMs());
    await life.begins('http.get');
    const durationMs = 7;
    const say = (name: string, value: number | undefined, more: Readonly<Record<string, string>> = {}): void => {
      const bits = value === undefined ? undefined : bitsOfNumber(value);
      delivery!.said.push(world.books.say(labelsOf(target, name, more), slotMs, bits));
    };
    const chance = new Chance(world.plan.seed, `${delivery!.name} ${target.id} ${slotMs} page`);
    const isDead = life.strikes('deadTarget', 'http.get');
    const lines: string[] = [];
    world.books.page(labelsOf(target, 'up'), slotMs);
    for (let index = 0; index < target.series && !isDead; index += 1) {
      if (chance.is(0.1)) continue;
      const bits = world.values.next(chance, 'text');
      const value = numberOfBits(bits);
      const written = value === Number.POSITIVE_INFINITY ? '+Inf' : Object.is(value, -0) ? '-0' : String(value);
      lines.push(`page_${index % 5}{n="${index}"} ${written}\n`);
      delivery!.said.push(world.books.say(labelsOf(target, `page_${index % 5}`, { n: String(index) }), slotMs, bits));
    }
    say('up', isDead ? 0 : 1);
    say('scrape_duration_seconds', durationMs / 1_000);
    say('scrape_samples_scraped', lines.length);
    say('scrape_samples_post_metric_relabeling', lines.length);
    say('scrape_series_added', undefined);
    if (isDead) say('up_reason', 1, { reason: 'SCRAPE_CONNECT' });
    if (isDead) return { ok: false, problem: 'connect', reason: 'ECONNREFUSED', durationMs };
    const body = new TextEncoder().encode(lines.join(''));
    return { ok: true, status: 200, contentType: 'text/plain; version=0.0.4', body, durationMs };
  },
});
