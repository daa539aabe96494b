import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { labelSetOf } from '../../core/labels.ts';
import { ordersBetween, writeRow } from '../../core/scrape/order.ts';
import type { Http, HttpAnswer } from '../../io/ports.ts';
import { Chance } from './chance.ts';
import { currentInvocation } from './life.ts';
import type { Happening, PlannedTarget } from './plan.ts';
import { bitsOfNumber, numberOfBits } from './values.ts';
import type { World } from './world.ts';

type Scrape = Extract<Happening, { kind: 'scrape' }>;

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

const carryOut = async (world: World, name: string, { target, slotMs }: Scrape): Promise<void> => {
  const { id, job, instance, intervalMs } = target;
  const row = { id, url: `http://${instance}/metrics`, job, instance, interval: intervalMs / 1_000, timeout: 5 };
  const [order] = ordersBetween(
    [{ target: { id, intervalMs }, written: writeRow(row), report: false, shared: false }],
    new Map([[id, slotMs % intervalMs]]),
    slotMs,
    slotMs + 1,
  );
  world.targets.rows.set(id, row);
  const { body } = order!;
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const messageId = `${name} try ${attempt}`;
    const delivery = world.delivery(messageId);
    const scrapes = (
      await world.run(
        'scrape',
        handler => {
          slots.set(delivery, { target, slotMs });
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

/** Which slot an invocation is at work on. */
const slots = new WeakMap<object, { readonly target: PlannedTarget; readonly slotMs: number }>();

/** The targets' side: each GET gives a page of its own, which the books then hold under the slot's time. */
export const targetsOf = (world: World): Http => ({
  get: async (): Promise<HttpAnswer> => {
    const { life, delivery } = currentInvocation()!;
    const { target, slotMs } = slots.get(delivery!)!;
    await life.begins('http.get');
    const durationMs = 7;
    const say = (name: string, value: number | undefined, more: Readonly<Record<string, string>> = {}): void => {
      const bits = value === undefined ? undefined : bitsOfNumber(value);
      delivery!.said.push(world.books.say(labelsOf(target, name, more), slotMs, bits));
    };
    const chance = new Chance(world.plan.seed, `${delivery!.name} page`);
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
