import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { beforeEach, expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import { forward } from '../../functions/forward.ts';
import { memoryPorts } from '../../io/memory/ports.ts';
import { MemoryQueue } from '../../io/memory/queue.ts';
import { readWriteRequest } from '../core/onward/requests.ts';
import { memoryBuilding } from '../paths/building.ts';

// What was stored goes on: from the push, over the queue, to what a receiver reads.

const startMs = Date.UTC(2026, 5, 1, 12, 0, 30);
let striking: string | undefined;
let house: ReturnType<typeof memoryBuilding>;
let passedOn: MemoryQueue;

beforeEach(() => {
  striking = undefined;
  const faults = (place: string) => (place === striking ? ('before' as const) : ('none' as const));
  house = memoryBuilding({ startMs, faults });
  passedOn = new MemoryQueue('passedOn', house.ports.clock, faults);
  house.ports.passedOn = passedOn;
});

const forwarded = async (bodies: readonly string[]): Promise<string[]> => {
  const Records = bodies.map((body, index) => ({ messageId: String(index), body }));
  const answer = await forward(house.ports)({ Records } as SQSEvent, {} as Context);
  return (answer as SQSBatchResponse).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
};

const pushed = async (): Promise<string[]> => {
  await house.push('/v1/push?job=shop', 'orders_total{kind="b"} 42\n');
  await house.pass(1_000);
  return passedOn.take(10).map(({ body }) => body);
};

test('a push arrives at the receiver as it was stored', async () => {
  expect(await forwarded(await pushed())).toEqual([]);
  expect(house.ports.onward.bodies.map(readWriteRequest)).toEqual([
    [
      {
        labels: { __name__: 'orders_total', job: 'shop', kind: 'b' },
        samples: [{ timestampMs: startMs, bits: '4045000000000000' }],
      },
    ],
  ]);
});

test('a receiver that fails is asked again, with all of it', async () => {
  const bodies = await pushed();
  striking = 'onward.write';
  expect(await forwarded(bodies)).toEqual(['0']);
  striking = undefined;
  expect(await forwarded(bodies)).toEqual([]);
  expect(house.ports.onward.bodies.length).toBe(1);
});

test('what it refuses for good is counted and let go', async () => {
  house.ports.onward.refusal = { status: 400, reason: 'too old' };
  expect(await forwarded(await pushed())).toEqual([]);
  expect(house.ports.measures.sum('OnwardRefused')).toBe(1);
  expect(house.ports.log.lines.join()).toContain('too old');
});

test('an unreadable message keeps nobody from going', async () => {
  expect(await forwarded(['nothing of ours', ...(await pushed())])).toEqual(['0']);
  expect(house.ports.onward.bodies.length).toBe(1);
});

test('a message that could not be sent on comes again, and is stored once', async () => {
  striking = 'passedOn.send';
  await house.push('/v1/push?job=shop', 'orders_total 42\n');
  await house.pass(1_000);
  expect(passedOn.take(10)).toEqual([]);
  expect(house.ports.measures.sum('Stored')).toBe(0);
  striking = undefined;
  await house.pass(10_000);
  expect(passedOn.take(10).length).toBe(1);
  expect(house.ports.measures.sum('Stored')).toBe(1);
  expect(await house.values('orders_total')).toEqual({ 'orders_total{"job":"shop"}': '42' });
});

test('chosen series are shown, at most so many at once', async () => {
  house.ports.mirror.chosen = [{ metric: 'orders_total' }];
  const pages = Array.from({ length: limits.mirrorLines + 5 }, (_, index) => `orders_total{kind="${index}"} 1\n`);
  await house.push('/v1/push?job=shop', `${pages.join('')}other 1\n`);
  await house.pass(1_000);
  expect(house.ports.mirror.shown.length).toBe(limits.mirrorLines);
  expect(house.ports.measures.sum('MirrorSkipped')).toBe(5);
  expect(memoryPorts({ startMs }).mirror.chosen).toEqual([]);
});
