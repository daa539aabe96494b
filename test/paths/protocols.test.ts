import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readKey } from '../../core/key/key.ts';
import { limits } from '../../core/limits.ts';
import { protocolNames } from '../../core/protocol/request.ts';
import type { Strike } from '../../io/memory/faults.ts';
import { memoryBuilding } from './building.ts';
import { everyProtocol, type Spoken } from './every-protocol.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 30);
const all = everyProtocol(startMs);
const key = 'K'.repeat(64);

type House = ReturnType<typeof memoryBuilding>;
type Body = string | Uint8Array;

const packed = ({ pack }: Spoken, body: Body): Body => (pack === undefined ? body : pack(body));
const send = (
  house: House,
  spoken: Spoken,
  body: Body = spoken.good,
  path = spoken.path,
  headers: Readonly<Record<string, string>> = {},
) => house.push(path, packed(spoken, body), { ...spoken.headers, ...headers }, spoken.method);
const sendByKey = (
  house: House,
  spoken: Spoken,
  body: Body,
  path = spoken.path,
  headers: Readonly<Record<string, string>> = {},
) =>
  house.pushByKey(
    path,
    packed(spoken, body),
    { ...spoken.headers, authorization: `Bearer ${key}`, ...headers },
    spoken.method,
  );

type Answered = Awaited<ReturnType<House['push']>>;
const formOf = ({ headers, body = '', isBase64Encoded = false }: Answered) => ({
  type: String(headers?.['content-type'] ?? ''),
  body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
});
const expectRefusal = (spoken: Spoken, answer: Answered, status: number): void => {
  expect([spoken.title, answer.statusCode]).toEqual([spoken.title, status]);
  expect(spoken.isRefusal(formOf(answer)), `${spoken.title} ${status}: ${answer.body}`).toBe(true);
  expect(answer.headers?.['x-sluice-receipt']).toMatch(/^request-/);
};
/** What was sent for the job, without what a Pushgateway adds of its own. */
const sent = '{job="shop",__name__!~"push_.*"}';

const storedSeries = async (house: House): Promise<string[]> => {
  await house.pass(1_000);
  return Object.keys(await house.values('{__name__=~".+"}'));
};

test('every protocol is in the table', () => {
  expect(new Set(all.map(({ name }) => name))).toEqual(new Set(protocolNames));
});

describe.each(all.map(spoken => [spoken.title, spoken] as const))('%s', (_, spoken) => {
  test('is taken, and what was sent is what a query returns', async () => {
    const house = memoryBuilding({ startMs });
    const answer = await send(house, spoken);
    expect([answer.statusCode, answer.headers?.['x-sluice-receipt']]).toEqual([
      spoken.status,
      expect.stringMatching(/^request-1\./),
    ]);
    await house.pass(1_000);
    const values = await house.values(sent);
    expect(Object.values(values).filter(value => value === '1').length).toBeGreaterThan(0);
    expect(Object.values(values).every(value => value === '1')).toBe(true);
  });

  const nth = (place: string, n: number, strike: Strike) => {
    let count = 0;
    return (called: string): Strike => {
      if (called !== place) return 'none';
      count += 1;
      return count === n ? strike : 'none';
    };
  };

  test.each([
    ['buffer.send', 'before'],
    ['buffer.send', 'after'],
    ['heartbeats.heard', 'before'],
    ['heartbeats.heard', 'after'],
  ] as const)(
    'hears 503 where %s fails %s it took effect, and is stored once when it comes again',
    async (place, strike) => {
      const house = memoryBuilding({ startMs, faults: nth(place, 1, strike) });
      const again = { 'idempotency-key': 'once' };
      const refused = await send(house, spoken, spoken.good, spoken.path, again);
      expectRefusal(spoken, refused, 503);
      const retryAfter = Number(refused.headers?.['retry-after']);
      expect(retryAfter).toBeGreaterThanOrEqual(limits.retryAfterMinMs / 1_000);
      expect(retryAfter).toBeLessThanOrEqual(limits.retryAfterMaxMs / 1_000);
      expect((await send(house, spoken, spoken.good, spoken.path, again)).statusCode).toBe(spoken.status);
      await storedSeries(house);
      expect(new Set(Object.values(await house.values(sent)))).toEqual(new Set(['1']));
    },
  );

  test('hears 503 where keys cannot be asked, where a bug is met, and where time runs out', async () => {
    const noKeys = memoryBuilding({ startMs, faults: nth('keys.get', 1, 'before') });
    expectRefusal(spoken, await sendByKey(noKeys, spoken, spoken.good), 503);

    const broken = memoryBuilding({ startMs });
    broken.ports.measures.tell = () => {
      throw new TypeError('a bug');
    };
    expectRefusal(spoken, await send(broken, spoken), 503);

    const slow = memoryBuilding({ startMs });
    slow.ports.buffer.send = () => new Promise(() => undefined);
    const answer = send(slow, spoken);
    await slow.ports.clock.moveTo(startMs + 30_000);
    expectRefusal(spoken, await answer, 503);
  });

  test('is refused in its own form where nothing of it can be taken', async () => {
    const house = memoryBuilding({ startMs });
    expectRefusal(spoken, await send(house, spoken, spoken.broken), 400);
    const large = new Uint8Array(limits.pushBodyBytes + 1);
    expectRefusal(spoken, await house.push(spoken.path, large, spoken.headers, spoken.method), 413);
    const encoded = (body: Uint8Array, encoding: string) =>
      house.push(spoken.path, body, { ...spoken.headers, 'content-encoding': encoding }, spoken.method);
    expectRefusal(spoken, await encoded(Buffer.from('x'), 'pigeon'), 415);
    if (spoken.pack === undefined) {
      expectRefusal(spoken, await encoded(Buffer.from('not packed'), 'gzip'), 400);
      expectRefusal(spoken, await encoded(gzipSync(new Uint8Array(limits.pushUnpackedBytes + 1)), 'gzip'), 413);
    } else {
      expectRefusal(spoken, await encoded(Buffer.from('x'), 'gzip'), 415);
      expectRefusal(spoken, await encoded(Uint8Array.of(5, 0, 97), 'snappy'), 400);
      // Says that it is of 4 GiB.
      expectRefusal(spoken, await encoded(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0, 97), 'snappy'), 413);
    }
    expect(house.ports.buffer.messages).toEqual([]);
    expect(await storedSeries(house)).toEqual([]);
  });

  test('keeps what is good and says what is not', async () => {
    if (spoken.partial === undefined) return;
    const house = memoryBuilding({ startMs });
    const answer = await send(house, spoken, spoken.partial.body);
    expect(answer.statusCode).toBe(spoken.partial.status);
    expect(answer.headers?.['retry-after']).toBeUndefined();
    expect(formOf(answer).body.length).toBeGreaterThan(5);
    expect((await storedSeries(house)).length).toBeGreaterThan(0);
  });

  describe('by key', () => {
    const lockedHouse = async (row: object): Promise<House> => {
      const house = memoryBuilding({ startMs });
      await house.ports.keys.put({ ...readKey(key), ...row });
      return house;
    };

    test('is taken with every way to bring one', async () => {
      const basic = `Basic ${Buffer.from(`user:${key}`).toString('base64')}`;
      for (const headers of [
        { authorization: `Bearer ${key}` },
        { authorization: `Token ${key}` },
        { authorization: basic },
        { authorization: '', 'x-api-key': key },
        { authorization: '', 'dd-api-key': key },
        { authorization: '', 'x-amz-firehose-access-key': key },
      ]) {
        const house = await lockedHouse({ jobs: ['shop'], protocols: [spoken.name] });
        expect((await sendByKey(house, spoken, spoken.good, spoken.path, headers)).statusCode).toBe(spoken.status);
      }
    });

    test('is refused with none, with one for another protocol, with one for another job', async () => {
      const others = protocolNames.filter(name => name !== spoken.name);
      const house = await lockedHouse({ jobs: ['shop'], protocols: others });
      const nobody = await sendByKey(house, spoken, spoken.good, spoken.path, { authorization: '' });
      expectRefusal(spoken, nobody, 401);
      expect(nobody.headers?.['www-authenticate']).toBe('Bearer');
      expectRefusal(spoken, await sendByKey(house, spoken, spoken.good), 403);
      const scoped = await lockedHouse({ jobs: ['shop'] });
      expectRefusal(spoken, await sendByKey(scoped, spoken, spoken.forged.body, spoken.forged.path), 403);
      expect([...house.ports.buffer.messages, ...scoped.ports.buffer.messages]).toEqual([]);
    });

    test('that renames, another job is the claim and not the job', async () => {
      const house = await lockedHouse({ jobs: ['shop'], forgedJobs: 'rename' });
      await sendByKey(house, spoken, spoken.forged.body, spoken.forged.path);
      await house.pass(1_000);
      const claims = await house.values('{exported_job="bank",job="shop"}');
      expect(Object.keys(claims).length).toBeGreaterThan(0);
      expect(await house.values('{job="bank"}')).toEqual({});
    });

    test('for one job, a push that names none is of that job', async () => {
      if (spoken.jobless === undefined) return;
      const house = await lockedHouse({ jobs: ['shop'] });
      const answer = await sendByKey(house, spoken, spoken.jobless.body, spoken.jobless.path);
      expect(answer.statusCode).toBe(spoken.status);
      await house.pass(1_000);
      expect(Object.keys(await house.values('{job="shop"}')).length).toBeGreaterThan(0);
    });
  });
});
