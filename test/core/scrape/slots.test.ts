import fc from 'fast-check';
import { expect, test } from 'vitest';
import { labelSetOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { ordersBetween, readOrder, writeOrder } from '../../../core/scrape/order.ts';
import { offsetMsOf, slotsBetween } from '../../../core/scrape/slots.ts';

const target = (id: string, intervalMs: number) => ({
  id,
  url: 'http://x/metrics',
  job: 'j',
  instance: 'x:80',
  labels: labelSetOf([]),
  intervalMs,
  timeoutMs: 1_000,
  network: 'public' as const,
});

test('spans that meet give every slot once, and slots are an interval apart', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer({ min: 5_000, max: 300_000 }),
      fc.integer({ min: 0, max: 2 ** 41 }),
      fc.integer({ min: 1, max: 600_000 }),
      (id, intervalMs, fromMs, spanMs) => {
        const middleMs = fromMs + Math.floor(spanMs / 3);
        const whole = slotsBetween({ id, intervalMs }, fromMs, fromMs + spanMs);
        expect([
          ...slotsBetween({ id, intervalMs }, fromMs, middleMs),
          ...slotsBetween({ id, intervalMs }, middleMs, fromMs + spanMs),
        ]).toEqual(whole);
        for (const [index, slotMs] of whole.entries()) {
          expect((slotMs - offsetMsOf({ id, intervalMs })) % intervalMs).toBe(0);
          if (index > 0) expect(slotMs - whole[index - 1]!).toBe(intervalMs);
        }
      },
    ),
  );
});

test('orders hold every slot once, in its second, within the limit, and survive the queue', () => {
  const targets = Array.from({ length: 400 }, (_, index) => ({
    target: target(`t${index}`, 5_000),
    report: index % 2 === 0,
  }));
  const orders = ordersBetween(targets, 60_000, 120_000).map(order => readOrder(writeOrder(order)));
  const slots = orders.flatMap(({ scrapes }) => scrapes.map(({ target: { id }, slotMs }) => `${id}@${slotMs}`));
  expect(new Set(slots).size).toBe(slots.length);
  expect(slots).toHaveLength(400 * 12);
  for (const { dueMs, scrapes } of orders) {
    expect(scrapes.length).toBeLessThanOrEqual(limits.orderTargets);
    for (const { slotMs } of scrapes) expect(Math.floor(slotMs / 1_000) * 1_000).toBe(dueMs);
  }
});
