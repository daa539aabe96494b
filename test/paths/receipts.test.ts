import { expect, test } from 'vitest';
import { readKey } from '../../core/key/key.ts';
import { readReceipt } from '../../core/receipt/receipt.ts';
import { compact } from '../../functions/compact.ts';
import { memoryBuilding } from './building.ts';

const startMs = Date.UTC(2026, 0, 1, 12, 30);
const second = 1_000;
const hour = 3_600_000;
type House = ReturnType<typeof memoryBuilding>;

const receiptOf = (answer: { readonly headers?: Record<string, unknown> | undefined }): string =>
  String(answer.headers?.['x-sluice-receipt']);

/** What the collector says of a receipt. */
const asked = async (house: House, receipt: string) => {
  const answer = await house.read(`/v1/receipts/${receipt}`);
  return { code: answer.statusCode, ...JSON.parse(String(answer.body)) };
};

const stateOf = async (house: House, receipt: string): Promise<string> => (await asked(house, receipt)).state;

test.each([
  ['samples', '/v1/push?job=shop', 'a 1\nb{x="y"} 2\n'],
  ['an ended series', '/metrics/job/shop', ''],
  ['increments', '/v1/statsd?job=shop', 'hits:3|c\n'],
  ['samples of many hours', '/v1/push', ''],
])('%s are queued, then stored, and so once their hour is merged', async (what, path, body) => {
  const house = memoryBuilding({ startMs });
  const many = JSON.stringify({
    job: 'shop',
    metrics: [0, 30, 50].map(minutes => ({ name: 'm', value: minutes, timestampMs: startMs - minutes * 60_000 })),
  });
  const answer =
    what === 'samples of many hours'
      ? await house.push('/v1/push', many, { 'content-type': 'application/json' })
      : await house.push(path, body);
  expect(answer.statusCode).toBe(200);
  const receipt = receiptOf(answer);
  expect(await asked(house, receipt)).toMatchObject({ code: 200, state: 'queued', status: 200, refused: 0 });
  await house.pass(second);
  expect(await asked(house, receipt)).toMatchObject({ state: 'stored', request: 'request-1' });
  expect(receipt.length).toBeLessThan(600);
  await house.ports.clock.moveTo(startMs + 3 * hour);
  await compact(house.ports)({} as never, {} as never);
  expect(house.ports.blocks.manifests.size).toBeGreaterThan(0);
  house.ports.series.segments.clear();
  expect(await stateOf(house, receipt)).toBe('stored');
});

test('what another delivery won over is merged, and the winner stored', async () => {
  const house = memoryBuilding({ startMs });
  const at = (value: number) => `m{job="shop"} ${value} ${startMs - 5_000}\n`;
  const [small, large] = [await house.push('/v1/push', at(1)), await house.push('/v1/push', at(2))];
  await house.pass(second);
  expect(await stateOf(house, receiptOf(small))).toBe('merged');
  expect(await stateOf(house, receiptOf(large))).toBe('stored');
});

test('an increment that came before under its key is merged', async () => {
  const house = memoryBuilding({ startMs });
  const push = () => house.push('/v1/statsd?job=shop', 'hits:3|c\n', { 'idempotency-key': 'k' });
  const first = receiptOf(await push());
  await house.pass(10 * second);
  const again = receiptOf(await push());
  await house.pass(second);
  expect([await stateOf(house, first), await stateOf(house, again)]).toEqual(['stored', 'merged']);
});

test('a push to many sources is queued until all it is looked at by is stored, and says what it does not look at', async () => {
  const house = memoryBuilding({ startMs });
  const body = Array.from({ length: 12 }, (_, at) => `m{job="shop",instance="${at}"} 1\n`).join('');
  const receipt = receiptOf(await house.push('/v1/push', body));
  expect(receipt.length).toBeLessThan(2_000);
  await house.pass(second);
  const { state, parts, partsNotLookedAt } = await asked(house, receipt);
  expect([state, parts.length, partsNotLookedAt]).toEqual(['stored', 8, 4]);
});

test('a refusal says why, and what of a push was refused', async () => {
  const house = memoryBuilding({ startMs });
  const refused = await asked(house, receiptOf(await house.push('/v1/push?job=shop', 'm one\n')));
  expect(refused).toMatchObject({ state: 'refused', status: 400, accepted: 0 });
  expect(refused.problems[0]).toContain('line 1');
  const partly = receiptOf(await house.push('/v1/statsd?job=shop', 'a:1|c\nb:x|c\n'));
  await house.pass(second);
  const told = await asked(house, partly);
  expect(told).toMatchObject({ state: 'stored', accepted: 1, refused: 1 });
  expect(told.problems[0]).toContain('line 2');
});

test('what was not acknowledged says so', async () => {
  const house = memoryBuilding({ startMs, faults: place => (place === 'buffer.send' ? 'before' : 'none') });
  const answer = await house.push('/v1/push?job=shop', 'm 1\n');
  expect(await asked(house, receiptOf(answer))).toMatchObject({
    state: 'refused',
    status: 503,
    hint: expect.stringContaining('send it again'),
  });
});

test('a message that was put aside is quarantined, and stored once it was replayed', async () => {
  const house = memoryBuilding({ startMs });
  const receipt = receiptOf(await house.push('/v1/push?job=shop', 'm 1\n'));
  const [message] = house.ports.buffer.take();
  house.ports.quarantine.put(message!.body);
  await house.pass(11 * second);
  const told = await asked(house, receipt);
  expect(told.state).toBe('quarantined');
  const [lying] = await house.ports.quarantine.look();
  expect(told.quarantined).toEqual([lying!.name]);
  // Twice, as by an operator who was cut off in between.
  await house.ports.buffer.send([lying!.body, lying!.body]);
  await house.ports.quarantine.remove(lying!);
  await house.pass(second);
  expect(await stateOf(house, receipt)).toBe('stored');
  expect(house.ports.measures.sum('Merged')).toBe(1);
});

test('what is older than samples are kept is expired', async () => {
  const house = memoryBuilding({ startMs });
  const receipt = receiptOf(await house.push('/v1/push?job=shop', 'm 1\n'));
  house.ports.buffer.take();
  await house.ports.clock.moveTo(startMs + 16 * 24 * hour);
  expect(await stateOf(house, receipt)).toBe('expired');
});

test.each([
  'request-1',
  'request-1.',
  'request-1.AAAA',
  'x'.repeat(9_000),
  `r.${Buffer.alloc(300).toString('base64url')}`,
])('%.20s is no receipt', async text => {
  const answer = await asked(memoryBuilding({ startMs }), text);
  expect(answer.code).toBe(404);
});

test('a receipt is told to the keys of its job alone', async () => {
  const house = memoryBuilding({ startMs });
  const [own, other] = ['K'.repeat(64), 'L'.repeat(64)];
  await house.ports.keys.put({ ...readKey(own), jobs: ['shop'] });
  await house.ports.keys.put({ ...readKey(other), jobs: ['bank'] });
  const receipt = receiptOf(await house.pushByKey('/v1/push', 'm 1\n', { authorization: `Bearer ${own}` }));
  await house.pass(second);
  const ask = (key: string) => house.readByKey(`/v1/receipts/${receipt}`, key === '' ? {} : { 'x-api-key': key });
  expect((await ask(own)).statusCode).toBe(200);
  expect((await ask(other)).statusCode).toBe(403);
  expect((await ask('')).statusCode).toBe(401);
});

test('what a receipt holds is what is read of it', async () => {
  const house = memoryBuilding({ startMs });
  const { value } = readReceipt(receiptOf(await house.push('/v1/push?job=shop', 'm 1\n')));
  expect(value).toMatchObject({ requestId: 'request-1', protocol: 'push', accepted: 1, status: 200, unwitnessed: 0 });
  expect(value?.messages.length).toBe(1);
});
