import { describe, expect, test } from 'vitest';
import type { Strike } from '../../io/memory/faults.ts';
import { memoryBuilding } from './building.ts';

const second = 1_000;
const minute = 60 * second;
const startMs = Date.UTC(2026, 5, 1, 12, 30);

const firstValue = async (house: ReturnType<typeof memoryBuilding>, selector: string): Promise<string | undefined> =>
  Object.values(await house.values(selector))[0];

describe('counts', () => {
  test('of many pushes are one counter that rises', async () => {
    const house = memoryBuilding({ startMs });
    const seen: (string | undefined)[] = [];
    for (let round = 0; round < 4; round += 1) {
      await house.push('/v1/statsd?job=j', 'hits:2|c\nhits:1|c|#zone:a');
      await house.pass(10 * second);
      seen.push(await firstValue(house, 'hits{zone=""}'));
    }
    expect(seen).toEqual(['2', '4', '6', '8']);
    const { data } = await house.get(
      `/api/v1/query_range?query=hits{zone="a"}&start=${startMs / second - 15}&end=${startMs / second + 75}&step=15`,
    );
    const [{ values }] = (data as { result: { values: [number, string][] }[] }).result as [
      { values: [number, string][] },
    ];
    expect(values.map(([, value]) => value)).toEqual(['0', '1', '2', '4', '4', '4', '4']);
  });

  test('answer rate() and increase() as often as they were pushed, over the end of an hour too', async () => {
    const house = memoryBuilding({ startMs: Date.UTC(2026, 5, 1, 12, 55) });
    for (let at = 0; at < 60; at += 1) {
      await house.push('/v1/statsd?job=j', 'hits:1|c');
      await house.pass(10 * second);
    }
    const answer = async (query: string): Promise<number> => Number(await firstValue(house, query));
    for (const [query, expected] of [
      ['increase(hits[5m])', 30],
      ['increase(hits[8m])', 48],
      ['rate(hits[5m])', 0.1],
    ] as const) {
      const value = await answer(query);
      expect([query, Math.abs(value - expected) / expected < 0.05, value]).toEqual([query, true, value]);
    }
  });

  test('that come once an hour are seen by increase()', async () => {
    const house = memoryBuilding({ startMs });
    await house.push('/v1/statsd?job=j', 'runs:1|c');
    await house.pass(4 * minute);
    expect(Number(await firstValue(house, 'increase(runs[5m])'))).toBeCloseTo(1, 1);
  });

  test('of two Lambdas in one millisecond are both counted', async () => {
    const house = memoryBuilding({ startMs });
    await Promise.all([house.push('/v1/statsd?job=j', 'hits:1|c'), house.push('/v1/statsd?job=j', 'hits:1|c')]);
    await house.pass(second);
    expect(await firstValue(house, 'hits')).toBe('2');
  });

  test('of 1,400 producers in one millisecond are all counted, those pushed again too, each once', async () => {
    const house = memoryBuilding({ startMs });
    const producers = Array.from({ length: 1_400 }, (_, at) => at);
    const push = (at: number) =>
      house.push('/v1/statsd?job=j', `hits:1|c\ntook:${at}|ms`, { 'idempotency-key': `producer ${at}` });
    const answers = await Promise.all(producers.map(push));
    expect(answers.every(({ statusCode }) => statusCode === 200)).toBe(true);
    await house.pass(second);
    await Promise.all(producers.filter(at => at % 3 === 0).map(push));
    await house.pass(second);
    expect(await firstValue(house, 'hits')).toBe('1400');
    expect(await firstValue(house, 'took_count')).toBe('1400');
    expect(await firstValue(house, 'took_sum')).toBe(String((1_399 * 1_400) / 2 / 1_000));
  }, 60_000);

  test.each([
    ['buffer.send', 'before'],
    ['buffer.send', 'after'],
    ['heartbeats.heard', 'after'],
  ] as const)(
    'that are pushed again under their key because %s failed %s it took effect count once',
    async (place, strike) => {
      let struck = 0;
      const faults = (called: string): Strike => (called === place && struck++ === 0 ? strike : 'none');
      const house = memoryBuilding({ startMs, faults });
      const push = (key: string) => house.push('/v1/statsd?job=j', 'hits:5|c', { 'idempotency-key': key });
      expect((await push('a')).statusCode).toBe(503);
      await house.pass(45 * minute);
      // The hour has changed in between.
      expect((await push('a')).statusCode).toBe(200);
      await house.pass(second);
      await push('b');
      await house.pass(minute);
      expect(await firstValue(house, 'hits')).toBe(place === 'buffer.send' && strike === 'before' ? '10' : '5');
    },
  );

  test('are a part of what ingest accounts for', async () => {
    const house = memoryBuilding({ startMs });
    await house.push('/v1/statsd?job=j', 'hits:5|c\nother:1|c\nlevel:3|g');
    await house.pass(second);
    expect(house.ports.measures.sum('Accepted')).toBe(3);
    expect(house.ports.measures.sum('Stored')).toBe(3);
  });
});

test('a gauge is moved from where it was set', async () => {
  const house = memoryBuilding({ startMs });
  for (const line of ['level:10|g', 'level:-3|g', 'level:+5|g']) {
    await house.push('/v1/statsd?job=j', line);
    await house.pass(2 * minute);
  }
  expect(await firstValue(house, 'level')).toBe('12');
  await house.push('/v1/statsd?job=j', 'level:1|g\nlevel:+1|g');
  await house.pass(second);
  expect(await firstValue(house, 'level')).toBe('2');
});

test('deltas of OTLP add up by their spans, whatever is sent again', async () => {
  const house = memoryBuilding({ startMs });
  const push = (from: number, to: number, asInt: number) =>
    house.push(
      '/v1/metrics',
      JSON.stringify({
        resourceMetrics: [
          {
            resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
            scopeMetrics: [
              {
                metrics: [
                  {
                    name: 'orders',
                    sum: {
                      isMonotonic: true,
                      aggregationTemporality: 1,
                      dataPoints: [
                        {
                          startTimeUnixNano: `${startMs + from * second}000000`,
                          timeUnixNano: `${startMs + to * second}000000`,
                          asInt,
                        },
                      ],
                    },
                  },
                ],
              },
            ],
          },
        ],
      }),
      { 'content-type': 'application/json' },
    );
  await push(0, 10, 5);
  await push(10, 20, 7);
  await house.pass(30 * second);
  await push(0, 10, 5);
  await push(10, 20, 7);
  await push(20, 30, 1);
  await house.pass(30 * second);
  expect(await house.values('orders_total')).toEqual({ 'orders_total{"job":"shop"}': '13' });
});
