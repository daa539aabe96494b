import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../core/limits.ts';
import { isWorthLooping, loopEndAfter, loopsBetween } from '../../../core/scrape/loops.ts';
import { readOrder, writeRow } from '../../../core/scrape/order.ts';
import { offsetsMsOf, slotsBetween } from '../../../core/scrape/slots.ts';
import { readTarget } from '../../../core/scrape/target.ts';

const second = 1_000;
const minute = 60 * second;

const fleetOf = (count: number, intervalMs: number) =>
  Array.from({ length: count }, (_, index) => ({
    target: { id: `t${index}`, intervalMs },
    written: writeRow({ id: `t${index}`, url: `http://t${index}/metrics`, interval: intervalMs / second }),
    report: index % 2 === 0,
    shared: false,
  }));

const targetOf = (row: object) => readTarget(row as Readonly<Record<string, unknown>>).value;
const readLoops = (planned: ReturnType<typeof fleetOf>, fromMs: number, toMs: number) => {
  const offsets = offsetsMsOf(planned.map(({ target }) => target));
  return [...loopsBetween(planned, offsets, fromMs, toMs)].map(({ dueMs, body }) => ({
    sentForMs: dueMs,
    ...readOrder(body, targetOf),
  }));
};

test.each([
  { count: 0, intervalMs: minute, looped: false },
  { count: 1, intervalMs: 15 * second, looped: false },
  { count: 7, intervalMs: 16 * second, looped: false },
  // Exactly limits.loopWorthScrapesASecond.
  { count: 8, intervalMs: 16 * second, looped: true },
  { count: 29, intervalMs: minute, looped: false },
  { count: 31, intervalMs: minute, looped: true },
])('$count targets at $intervalMs ms are worth a loop: $looped', ({ count, intervalMs, looped }) => {
  expect(isWorthLooping(fleetOf(count, intervalMs))).toBe(looped);
});

test.each([
  { ms: 0, end: 0 },
  { ms: 1, end: 2 * minute },
  { ms: 2 * minute, end: 2 * minute },
  { ms: 2 * minute + 1, end: 4 * minute },
])('what is ordered up to $ms goes on to $end', ({ ms, end }) => {
  expect(loopEndAfter(ms)).toBe(end);
});

describe('loops', () => {
  test('have every slot once, oldest first, none outside their span', () => {
    const spans = fc.tuple(
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(5 * second, 15 * second, minute, 10 * minute),
      fc.integer({ min: 0, max: 10 * minute }),
      fc.integer({ min: 1, max: 5 * minute }),
    );
    fc.assert(
      fc.property(spans, ([count, intervalMs, fromMs, length]) => {
        const planned = fleetOf(count, intervalMs);
        const offsets = offsetsMsOf(planned.map(({ target }) => target));
        const wanted = planned.flatMap(({ target: { id } }) =>
          slotsBetween(offsets.get(id)!, intervalMs, fromMs, fromMs + length).map(slotMs => `${id}@${slotMs}`),
        );
        const given: string[] = [];
        for (const { sentForMs, dueMs, untilMs, scrapes } of readLoops(planned, fromMs, fromMs + length)) {
          expect(sentForMs).toBe(dueMs - limits.loopLeadMs);
          expect(untilMs! - dueMs).toBeLessThanOrEqual(limits.loopSpanMs);
          expect(scrapes.map(({ slotMs }) => slotMs)).toEqual(
            scrapes.map(({ slotMs }) => slotMs).toSorted((a, b) => a - b),
          );
          for (const { slotMs, target, report } of scrapes) {
            expect(slotMs).toBeGreaterThanOrEqual(dueMs);
            expect(slotMs).toBeLessThan(untilMs!);
            expect(report).toBe(Number(target.id.slice(1)) % 2 === 0);
            given.push(`${target.id}@${slotMs}`);
          }
        }
        expect(given.toSorted()).toEqual(wanted.toSorted());
      }),
    );
  });

  test('keep their targets when the fleet grows, but for a share', () => {
    const loopsOf = (count: number) => {
      const loops = readLoops(fleetOf(count, 15 * second), 0, limits.loopSpanMs);
      return loops.map(({ scrapes }) => new Set(scrapes.map(({ target }) => target.id)));
    };
    const [before, after] = [loopsOf(1_200), loopsOf(1_400)];
    expect(before).toHaveLength(5);
    expect(after).toHaveLength(6);
    const stayed = before.reduce((sum, loop, at) => sum + [...loop].filter(id => after[at]!.has(id)).length, 0);
    expect(stayed).toBeGreaterThan((1_200 * 5) / 6 - 60);
    for (const loop of after) expect(loop.size).toBeLessThan(limits.loopTargets * 1.3);
  });

  test('are cut where their rows are long', () => {
    const planned = fleetOf(3, 15 * second).map(each => ({
      ...each,
      written: writeRow({ id: each.target.id, url: 'http://x/', interval: 15, labels: { long: 'x'.repeat(240_000) } }),
    }));
    const offsets = offsetsMsOf(planned.map(({ target }) => target));
    const orders = [...loopsBetween([...planned, ...planned], offsets, 0, limits.loopSpanMs)];
    expect(orders.length).toBe(2);
    for (const { body } of orders) expect(body.length).toBeLessThanOrEqual(limits.messageBytes);
  });

  test('of a fleet whose offsets are of another one are refused', () => {
    expect(() => [...loopsBetween(fleetOf(1, minute), new Map(), 0, minute)]).toThrow('offsets are of another fleet');
  });
});
