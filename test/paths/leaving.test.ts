import { expect, test } from 'vitest';
import { extraOrder } from '../../core/scrape/order.ts';
import { memoryBuilding } from './building.ts';

// Who was taken out, and stops, fails nobody.

const startMs = Date.UTC(2026, 5, 1, 12, 0, 0);
const second = 1_000;
const minute = 60 * second;

const url = 'http://node.example:9100/metrics';
const target = { id: 'node/a', url, job: 'node', interval: '5s' };

const scraped = async () => {
  const house = memoryBuilding({ startMs });
  await house.tick();
  house.ports.http.pages.set(url, 'm 1\n');
  await house.register(target);
  await house.pass(2 * minute);
  return house;
};

const lowestUp = async (house: Awaited<ReturnType<typeof scraped>>): Promise<string[]> =>
  Object.values(await house.values('min_over_time(up{job="node"}[10m])'));

test('a target that is taken out and stops is not called down by what was ordered before', async () => {
  const house = await scraped();
  await house.unregister(target.id);
  house.ports.http.pages.delete(url);
  await house.pass(4 * minute);
  expect(await lowestUp(house)).toEqual(['1']);
  expect(house.ports.alarms.rung).toEqual([]);
});

test('nor is one that became another', async () => {
  const house = await scraped();
  const moved = 'http://node.example:9200/metrics';
  house.ports.http.pages.set(moved, 'm 1\n');
  house.ports.http.pages.delete(url);
  await house.register({ ...target, url: moved });
  await house.pass(4 * minute);
  expect(await lowestUp(house)).toEqual(['1', '1']);
  expect(house.ports.alarms.rung).toEqual([]);
});

test('one that stops and stays in the registry is called down', async () => {
  const house = await scraped();
  house.ports.http.pages.delete(url);
  await house.pass(minute);
  expect(await lowestUp(house)).toEqual(['0']);
  expect(house.ports.alarms.rung).toMatchObject([{ kind: 'DOWN' }]);
});

test('where nobody can say whether it is still there, it is', async () => {
  const house = await scraped();
  house.ports.targets.get = () => Promise.reject(new Error('throttled'));
  house.ports.http.pages.delete(url);
  await house.pass(minute);
  expect(await lowestUp(house)).toEqual(['0']);
});

test('a scrape beside the slots is kept if it is good, once however often it is ordered, and not told if it is not', async () => {
  const house = await scraped();
  await house.unregister(target.id);
  await house.pass(3 * minute);
  const atMs = house.ports.clock.nowMs() + 1_250;
  const { body } = extraOrder({ ...target, problem: null, checkedAtMs: 1 }, atMs);
  const timesOf = () => house.values('count_over_time(m[1m])').then(Object.values);
  expect(await timesOf()).toEqual([]);
  await house.ports.scrapes.send([
    { delayMs: 1_000, body },
    { delayMs: 2_000, body },
  ]);
  await house.pass(10 * second);
  expect(await timesOf()).toEqual(['1']);

  house.ports.http.pages.delete(url);
  const later = house.ports.clock.nowMs();
  await house.ports.scrapes.send([{ delayMs: 0, body: extraOrder(target, later).body }]);
  await house.pass(10 * second);
  expect(Object.values(await house.values('min_over_time(up[1m])'))).toEqual(['1']);
});
