import { beforeEach, describe, expect, test } from 'vitest';
import { readKey } from '../../core/key/key.ts';
import { memoryBuilding } from './building.ts';

const key = 'K'.repeat(64);
const startMs = Date.UTC(2026, 0, 1);

/** A push through the door where a key is asked for. */
describe('by key', () => {
  let house: ReturnType<typeof memoryBuilding>;
  const push = (headers: Record<string, string>, job = 'shop', body = 'x 1\n') =>
    house.pushByKey(`/v1/push?job=${job}`, body, headers);
  const bearer = { authorization: `Bearer ${key}` };

  beforeEach(async () => {
    house = memoryBuilding({ startMs });
    await house.ports.keys.put({ ...readKey(key), jobs: ['shop'] });
  });

  test('a job that the key is for is taken', async () => {
    expect((await push(bearer)).statusCode).toBe(200);
    await house.ports.keys.put({ ...readKey(key) });
    expect((await push(bearer, 'anything')).statusCode).toBe(200);
  });

  test.each([
    ['no key', {}, 'no key: send one as Authorization: Bearer KEY'],
    ['no key at all', { authorization: 'Bearer x' }, 'is no key of this collector'],
    ['another key', { authorization: `Bearer ${'L'.repeat(64)}` }, 'is not known here, or was revoked'],
    ['a wrong secret', { authorization: `Bearer ${'K'.repeat(63)}L` }, 'is not known here, or was revoked'],
  ])('%s is refused', async (_, headers: Record<string, string>, reason) => {
    const answer = await push(headers);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers?.['www-authenticate']).toBe('Bearer');
    expect(answer.body).toContain(reason);
    expect(answer.body).not.toContain('LLLL');
    expect(house.ports.buffer.take(10)).toEqual([]);
  });

  test('another job is refused, by name, and so is one inside a body', async () => {
    const answer = await push(bearer, 'bank');
    expect(answer.statusCode).toBe(403);
    expect(answer.body).toContain('this key may not push for job \\"bank\\"');
    const inside = await house.pushByKey(
      '/v1/push',
      JSON.stringify({ job: 'bank', metrics: [{ name: 'x', value: 1 }] }),
      {
        ...bearer,
        'content-type': 'application/json',
      },
    );
    expect(inside.statusCode).toBe(403);
    const labelled = await house.pushByKey('/v1/push', 'x{job="bank"} 1\n', bearer);
    expect(labelled.statusCode).toBe(403);
    expect(house.ports.buffer.take(10)).toEqual([]);
  });

  test('nor is a sign of life of another job taken', async () => {
    await house.ports.heartbeats.expect({ job: 'bank', instance: '*' }, { interval: '60s', grace: '35s' });
    expect((await push(bearer, 'bank', '')).statusCode).toBe(403);
  });

  test('what cannot be a key is not looked up', async () => {
    const faulty = memoryBuilding({ startMs, faults: place => (place === 'keys.get' ? 'before' : 'none') });
    expect((await faulty.pushByKey('/v1/push?job=shop', 'x 1\n')).statusCode).toBe(401);
    expect((await faulty.pushByKey('/v1/push?job=shop', 'x 1\n', { 'x-api-key': 'no key' })).statusCode).toBe(401);
    // What could be one is: and where the table cannot be asked, the producer comes again.
    expect((await faulty.pushByKey('/v1/push?job=shop', 'x 1\n', bearer)).statusCode).toBe(503);
  });

  test('a row that nobody can read opens nothing', async () => {
    await house.ports.keys.put({ ...readKey(key), jobs: 'shop' });
    expect((await push(bearer)).statusCode).toBe(401);
  });

  test('a removed key is refused', async () => {
    await house.ports.keys.remove(readKey(key)!.id);
    expect((await push(bearer)).statusCode).toBe(401);
  });
});

test('whom IAM let in needs no key', async () => {
  const house = memoryBuilding({ startMs });
  expect((await house.push('/v1/push?job=any', 'x 1\n')).statusCode).toBe(200);
});
