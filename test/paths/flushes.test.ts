import { expect, test } from 'vitest';
import { memoryBuilding } from './building.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 30);

test('producers that push in the same second are named, scraped targets and those that spread are not', async () => {
  const house = memoryBuilding({ startMs });
  house.ports.http.pages.set('http://10.0.0.1/metrics', 'm 1\n');
  await house.register({ id: 't', url: 'http://10.0.0.1/metrics', job: 'scraped', interval: '15s' });
  for (let round = 0; round < 3; round += 1) {
    await house.pass(1_000);
    for (let at = 0; at < 30; at += 1) await house.push(`/v1/statsd?job=together&instance=${at}`, 'hits:1|c\n');
    for (let at = 0; at < 10; at += 1) {
      // The first of them too in a second of its own.
      await house.pass(1_000);
      await house.push(`/v1/push?job=apart&instance=${at}`, 'm 1\n');
    }
  }
  await house.pass(1_000);
  const { data } = (await house.get('/v1/flushes')) as { data: { producers: number; crowds: { jobs: unknown }[] } };
  expect(data.producers).toBe(40);
  expect(data.crowds.map(({ jobs }) => jobs)).toEqual(Array(3).fill([{ job: 'together', sources: 30 }]));
});

test('each answer says when in its interval a producer should push', async () => {
  const house = memoryBuilding({ startMs });
  const offset = async (instance: string, headers = {}) =>
    Number(
      (await house.push(`/v1/push?job=j&instance=${instance}`, 'm 1\n', headers)).headers?.['x-sluice-flush-offset-ms'],
    );
  expect(await offset('a')).toBe(await offset('a'));
  expect(await offset('a')).not.toBe(await offset('b'));
  expect(await offset('a', { 'x-sluice-flush-interval-ms': '1000' })).toBeLessThan(1_000);
});
