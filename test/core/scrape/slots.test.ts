import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../core/limits.ts';
import { ordersBetween, readOrder, writeRow } from '../../../core/scrape/order.ts';
import { offsetsMsOf, slotsBetween } from '../../../core/scrape/slots.ts';
import { readTarget } from '../../../core/scrape/target.ts';

const second = 1_000;

const fleetOf = (size: number, intervalMs: number, name = '') =>
  Array.from({ length: size }, (_, index) => ({ id: `${name}http://10.0.${index >> 8}.${index & 255}/`, intervalMs }));

/** Targets in the fullest bin, over the mean. */
const peakOf = (offsets: ReadonlyMap<string, number>, intervalMs: number): number => {
  const bins = new Map<number, number>();
  for (const offsetMs of offsets.values()) {
    const bin = Math.floor(offsetMs / limits.slotBinMs);
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  return Math.max(...bins.values()) / ((offsets.size * limits.slotBinMs) / intervalMs);
};

const movedBetween = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): number =>
  [...before].filter(([id, offsetMs]) => after.has(id) && after.get(id) !== offsetMs).length;

describe('a fleet', () => {
  // By the draw alone the fullest bin of the first one would hold 1.7 times the mean.
  test.each([
    { size: 1_400, intervalMs: 10 * second, peak: 1.17 },
    { size: 1_453, intervalMs: 10 * second, peak: 1.17 },
    { size: 5_000, intervalMs: 15 * second, peak: 1.17 },
    { size: 20_000, intervalMs: 60 * second, peak: 1.17 },
    // Whole targets: two where the mean is 1.33.
    { size: 200, intervalMs: 15 * second, peak: 1.5 },
    { size: 150, intervalMs: 15 * second, peak: 2 },
    // Never two in a bin while there is room.
    { size: 300, intervalMs: 60 * second, peak: 2 },
  ])('$size targets at $intervalMs ms are spread to a peak of $peak', ({ size, intervalMs, peak }) => {
    for (const name of ['a', 'b', 'c'])
      expect(peakOf(offsetsMsOf(fleetOf(size, intervalMs, name)), intervalMs)).toBeLessThanOrEqual(peak);
  });

  test('at most one in a hundred moves when a target joins or leaves, and none of another interval', () => {
    const others = fleetOf(500, 60 * second, 'other');
    const fleet = fleetOf(1_400, 10 * second);
    const before = offsetsMsOf([...fleet, ...others]);
    for (let round = 0; round < 20; round += 1) {
      const joined = offsetsMsOf([...fleet, ...others, { id: `new ${round}`, intervalMs: 10 * second }]);
      const left = offsetsMsOf([...fleet.filter((_, index) => index !== round * 60), ...others]);
      for (const after of [joined, left]) {
        expect(movedBetween(before, after)).toBeLessThanOrEqual(14);
        for (const { id } of others) expect(after.get(id)).toBe(before.get(id));
      }
    }
  });

  test('a few at most move in a small one', () => {
    const before = offsetsMsOf(fleetOf(200, 15 * second));
    for (let round = 0; round < 50; round += 1) {
      const after = offsetsMsOf([...fleetOf(200, 15 * second), { id: `new ${round}`, intervalMs: 15 * second }]);
      expect(movedBetween(before, after)).toBeLessThanOrEqual(12);
    }
  });

  test('sits the same whatever order its rows come in, everybody inside its interval', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ id: fc.string(), intervalMs: fc.constantFrom(5_000, 5_001, 15_000, 86_400_000) }), {
          selector: ({ id }) => id,
          maxLength: 60,
        }),
        fleet => {
          const offsets = offsetsMsOf(fleet);
          expect(offsets.size).toBe(fleet.length);
          for (const { id, intervalMs } of fleet) {
            const offsetMs = offsets.get(id)!;
            expect(Number.isInteger(offsetMs) && offsetMs >= 0 && offsetMs < intervalMs).toBe(true);
          }
          expect(new Map([...offsetsMsOf(fleet.toReversed())].sort())).toEqual(new Map([...offsets].sort()));
        },
      ),
    );
  });
});

test('spans that meet give every slot once, and slots are an interval apart', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 5_000, max: 300_000 })
        .chain(intervalMs =>
          fc.record({ intervalMs: fc.constant(intervalMs), offsetMs: fc.integer({ min: 0, max: intervalMs - 1 }) }),
        ),
      fc.integer({ min: 0, max: 2 ** 41 }),
      fc.integer({ min: 1, max: 600_000 }),
      ({ intervalMs, offsetMs }, fromMs, spanMs) => {
        const middleMs = fromMs + Math.floor(spanMs / 3);
        const whole = slotsBetween(offsetMs, intervalMs, fromMs, fromMs + spanMs);
        expect([
          ...slotsBetween(offsetMs, intervalMs, fromMs, middleMs),
          ...slotsBetween(offsetMs, intervalMs, middleMs, fromMs + spanMs),
        ]).toEqual(whole);
        for (const [index, slotMs] of whole.entries()) {
          expect((slotMs - offsetMs) % intervalMs).toBe(0);
          if (index > 0) expect(slotMs - whole[index - 1]!).toBe(intervalMs);
        }
      },
    ),
  );
});

test('orders hold every slot once, in its second, within the limits, and survive the queue', () => {
  const targetOf = (row: object) => readTarget(row).value;
  const planned = Array.from({ length: 400 }, (_, index) => {
    const row = { id: `t${index}`, url: 'http://x', interval: '5s', problem: 'old', params: { a: 'x'.repeat(50_000) } };
    return { target: targetOf(row)!, written: writeRow(row), report: index % 2 === 0, shared: index % 3 === 0 };
  });
  const offsets = offsetsMsOf(planned.map(each => each.target));
  const written = [...ordersBetween(planned, offsets, 60_000, 120_000)];
  const orders = written.map(({ body }) => readOrder(body, targetOf));
  const slots = orders.flatMap(({ scrapes }) => scrapes.map(({ target: { id }, slotMs }) => `${id}@${slotMs}`));
  expect(new Set(slots).size).toBe(slots.length);
  expect(slots).toHaveLength(400 * 12);
  for (const [index, { dueMs, scrapes }] of orders.entries()) {
    expect(Buffer.byteLength(written[index]!.body)).toBeLessThanOrEqual(limits.messageBytes);
    expect(written[index]!.dueMs).toBe(dueMs);
    expect(scrapes.length).toBeLessThanOrEqual(limits.orderTargets);
    for (const { slotMs, target, report, shared } of scrapes) {
      expect(Math.floor(slotMs / 1_000) * 1_000).toBe(dueMs);
      const number = Number(target.id.slice(1));
      expect([report, shared]).toEqual([number % 2 === 0, number % 3 === 0]);
    }
  }
  expect(Math.max(...orders.map(({ scrapes }) => scrapes.length))).toBeGreaterThan(10);
  expect(written[0]!.body).not.toContain('problem');
  expect(() => [...ordersBetween(planned, new Map(), 60_000, 120_000)]).toThrow('offsets are of another fleet');
});

test('an order skips the row that its reader knows no target for', () => {
  const row = { id: 'a', url: 'http://x' };
  const planned = [{ target: { id: 'a', intervalMs: 60_000 }, written: writeRow(row), report: false, shared: false }];
  const [order] = ordersBetween(planned, new Map([['a', 0]]), 0, 1_000);
  expect(readOrder(order!.body, () => undefined)).toEqual({ dueMs: 0, scrapes: [] });
});

test('seconds may begin in between: each order is due at the beginning of its own', () => {
  const planned = Array.from({ length: 20 }, (_, index) => ({
    target: { id: `t${index}`, intervalMs: 5_000 },
    written: writeRow({ id: `t${index}`, url: 'http://x', interval: '5s' }),
    report: false,
    shared: false,
  }));
  const offsets = offsetsMsOf(planned.map(({ target }) => target));
  const slotsOf = (phaseMs: number) =>
    [...ordersBetween(planned, offsets, 60_000, 120_000, phaseMs)].flatMap(({ dueMs, body }) =>
      readOrder(body, row => readTarget(row as Readonly<Record<string, unknown>>).value).scrapes.map(
        ({ slotMs, target }) => {
          expect(dueMs % 1_000).toBe(phaseMs);
          expect(slotMs - dueMs).toBeGreaterThanOrEqual(0);
          expect(slotMs - dueMs).toBeLessThan(1_000);
          return `${target.id}@${slotMs}`;
        },
      ),
    );
  expect(slotsOf(730).toSorted()).toEqual(slotsOf(0).toSorted());
});
