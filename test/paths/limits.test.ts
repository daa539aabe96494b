import { beforeEach, describe, expect, test } from 'vitest';
import { readKey } from '../../core/key/key.ts';
import { limits } from '../../core/limits.ts';
import { memoryBuilding } from './building.ts';
import { everyProtocol } from './every-protocol.ts';

const key = 'K'.repeat(64);
const startMs = Date.UTC(2026, 5, 1, 12, 30);
const bearer = { authorization: `Bearer ${key}` };
type House = ReturnType<typeof memoryBuilding>;

const houseWith = async (limits: object, faults?: Parameters<typeof memoryBuilding>[0]['faults']): Promise<House> => {
  const house = memoryBuilding({ startMs, ...(faults && { faults }) });
  await house.ports.keys.put({ ...readKey(key), jobs: ['shop'], limits });
  return house;
};

describe.each(everyProtocol(startMs))('$title by key', spoken => {
  const send = (house: House) =>
    house.pushByKey(
      spoken.path,
      spoken.pack?.(spoken.good) ?? spoken.good,
      { ...spoken.headers, ...bearer },
      spoken.method,
    );

  test('over a rate hears 503 and when to come again, stores nothing, and is let in later', async () => {
    const house = await houseWith({ requestsPerSecond: 1 });
    for (let times = 0; times < 10; times += 1) expect((await send(house)).statusCode).toBe(spoken.status);
    house.ports.buffer.take();
    const refused = await send(house);
    expect(refused.statusCode).toBe(503);
    expect(Number(refused.headers?.['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers?.['retry-after'])).toBeLessThan(75);
    expect(house.ports.buffer.messages).toEqual([]);
    expect(house.ports.measures.sum('Limited')).toBe(1);
    await house.ports.clock.moveTo(startMs + 2_000);
    expect((await send(house)).statusCode).toBe(spoken.status);
  });

  test('over its series hears 4xx for new ones', async () => {
    const house = await houseWith({ activeSeries: 1 });
    const other = await house.pushByKey('/v1/push?job=shop', 'other 1\n', bearer);
    expect(other.statusCode).toBe(200);
    house.ports.buffer.take();
    const refused = await send(house);
    expect(refused.statusCode).toBe(400);
    expect(house.ports.buffer.messages).toEqual([]);
  });
});

describe('a limit of', () => {
  let house: House;
  beforeEach(async () => {
    house = await houseWith({
      samplesPerPush: 2,
      labels: 3,
      bodyBytes: 60,
      unpackedBytes: 60,
      activeSeries: 3,
      samplesPerSecond: 1,
    });
  });
  const push = (body: string) => house.pushByKey('/v1/push?job=shop', body, bearer);

  test.each([
    ['samples', 'a 1\nb 1\nc 1\n', 413, '3 samples, this key’s limit is 2'],
    ['labels', 'a{b="c",d="e"} 1\n', 400, '4 labels on a, this key’s limit is 3'],
    ['bytes', `a 1\n#${' '.repeat(80)}\n`, 413, '86 bytes, the limit is 60'],
  ])('%s is said', async (_, body, status, reason) => {
    const answer = await push(body);
    expect([answer.statusCode, String(answer.body).includes(reason)]).toEqual([status, true]);
    expect(house.ports.buffer.messages).toEqual([]);
  });

  test('series lets known ones in and refuses a push with too many new ones, whole', async () => {
    expect((await push('a 1\nb 1\n')).statusCode).toBe(200);
    const refused = await push('c 1\nd 1\n');
    expect([refused.statusCode, String(refused.body)]).toEqual([
      400,
      expect.stringContaining('2 active series and 2 new ones, this key’s limit is 3'),
    ]);
    expect((await push('a 2\nc 2\n')).statusCode).toBe(200);
    const receipt = await house.read(`/v1/receipts/${refused.headers?.['x-sluice-receipt']}`);
    expect(JSON.parse(String(receipt.body))).toMatchObject({ state: 'refused', status: 400 });
  });

  test('samples a second', async () => {
    const statuses: (number | undefined)[] = [];
    for (let times = 0; times < 7; times += 1) statuses.push((await push('a 1\nb 1\n')).statusCode);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 503, 503]);
  });
});

test('workers hear of each other, and go on by themselves where they cannot', async () => {
  const house = await houseWith({ samplesPerSecond: 100 });
  const [own] = ['K'.repeat(16)];
  // Another worker is offered nine times as much.
  const other = { worker: 'other', samplesPerSecond: 900, requestsPerSecond: 0, activeSeries: 1 };
  const send = async (spanMs: number, gapMs: number): Promise<number> => {
    let taken = 0;
    for (const untilMs = house.ports.clock.nowMs() + spanMs; house.ports.clock.nowMs() < untilMs; ) {
      await house.ports.usage.tell(own!, { ...other, atMs: house.ports.clock.nowMs() });
      const answer = await house.pushByKey(
        '/v1/push?job=shop',
        'a 1\nb 1\n'.repeat(5).replace(/a/g, () => `a${Math.floor(taken)}`),
        bearer,
      );
      if (answer.statusCode === 200) taken += 1;
      await house.ports.clock.moveTo(house.ports.clock.nowMs() + gapMs);
    }
    return taken;
  };
  await send(30_000, 100);
  const shared = await send(30_000, 100);
  // Ten samples a push, ten pushes a second offered: a tenth of the limit is its share, one push a second.
  expect(shared).toBeGreaterThan(15);
  expect(shared).toBeLessThan(60);

  const alone = await houseWith({ samplesPerSecond: 10 }, place => (place.startsWith('usage.') ? 'before' : 'none'));
  for (let times = 0; times < 30; times += 1) {
    const answer = await alone.pushByKey('/v1/push?job=shop', 'a 1\n', bearer);
    expect(answer.statusCode).toBe(200);
    await alone.ports.clock.moveTo(alone.ports.clock.nowMs() + 1_000);
  }
  expect(alone.ports.log.lines.some(line => line.includes('was not shared'))).toBe(true);
});

test('a worker whose table never answers goes on by itself, and keeps no push for long', async () => {
  const house = await houseWith({ samplesPerSecond: 10 });
  const { clock, usage } = house.ports;
  let asked = 0;
  usage.tell = () => {
    asked += 1;
    return new Promise(() => undefined);
  };
  for (let times = 0; times < 30; times += 1) {
    const answer = house.pushByKey('/v1/push?job=shop', 'a 1\n', bearer);
    await clock.moveTo(clock.nowMs() + limits.keyShareWaitMs);
    expect((await answer).statusCode).toBe(200);
    await clock.moveTo(clock.nowMs() + 1_000);
  }
  expect(asked).toBeGreaterThan(1);
});

test('whom IAM let in has no limits of a key', async () => {
  const house = await houseWith({ requestsPerSecond: 1 });
  for (let times = 0; times < 30; times += 1)
    expect((await house.push('/v1/push?job=shop', 'a 1\n')).statusCode).toBe(200);
  expect(house.ports.usage.told.size).toBe(0);
});
