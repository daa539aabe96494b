import { expect, test } from 'vitest';
import { memoryBuilding } from '../paths/building.ts';

// What was refused, and why, on the page: from the door of pushes to the answer of /v1/health.

const startMs = Date.UTC(2026, 5, 1, 12);

type Told = { readonly refused: readonly Record<string, unknown>[] };

const house = (faults?: Parameters<typeof memoryBuilding>[0]['faults']) => {
  const own = memoryBuilding({ startMs, ...(faults && { faults }) });
  const refused = async () => {
    await own.pass(21_000);
    return ((await own.get('/v1/health')) as unknown as Told).refused;
  };
  return { ...own, refused };
};

test('pushes that were refused are listed by protocol, job and reason, the most frequent first', async () => {
  const own = house();
  expect(await own.refused()).toEqual([]);
  await own.push('/v1/push?job=shop', 'orders 1\n');
  for (let at = 0; at < 8; at += 1) await own.push('/v1/push?job=shop', 'orders } 1\n');
  await own.push('/metrics/job/cart', 'orders } 1\n');
  await own.pushByKey('/v1/push?job=shop', 'orders 1\n');
  expect(await own.refused()).toMatchObject([
    { protocol: 'push', job: 'shop', status: 400, pushes: 8, samples: 0, reason: expect.stringContaining('line 1') },
    { protocol: 'pushgateway', job: 'cart', status: 400, code: 'bad_value', pushes: 1 },
    { protocol: 'push', job: '', status: 401, code: 'unauthorized', pushes: 1 },
  ]);
});

test('samples refused out of a push that was taken are told apart from pushes', async () => {
  const own = house();
  expect((await own.push('/v1/statsd?job=shop', 'hits:1|c\nhits:one|c\n')).statusCode).toBe(200);
  expect(await own.refused()).toMatchObject([{ protocol: 'statsd', job: 'shop', pushes: 0, samples: 1 }]);
});

test('a table that does not answer keeps nobody from pushing, nor from being told why not', async () => {
  const own = house(place => (place.startsWith('refusals.tell') ? 'before' : 'none'));
  expect((await own.push('/v1/push?job=shop', 'orders } 1\n')).statusCode).toBe(400);
  expect((await own.push('/v1/push?job=shop', 'orders 1\n')).statusCode).toBe(200);
  expect(await own.refused()).toEqual([]);
});
