import { describe, expect, test } from 'vitest';
import { decodeBatch } from '../../core/segment/batch-message.ts';
import type { Faults } from '../../io/memory/faults.ts';
import { memoryBuilding } from './building.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 0, 0);
const second = 1_000;
const minute = 60 * second;
const count = 10;

const urlOf = (at: number): string => `http://node-${at}.example:9100/metrics`;
const rowOf = (at: number, more = {}) => ({ id: `t${at}`, url: urlOf(at), job: 'fleet', interval: '15s', ...more });

/** A house with a fleet that is worth looping, from its first tick on. */
const running = async ({ freshnessMs, faults }: { freshnessMs?: number; faults?: Faults } = {}) => {
  const house = memoryBuilding({ startMs, ...(faults && { faults }) });
  const { ports } = house;
  if (freshnessMs !== undefined) ports.freshnessMs = freshnessMs;
  /** When each message came to the buffer, and which slots of which target are in it. */
  const handed: { atMs: number; instance: string; timesMs: readonly number[]; up: number | undefined }[] = [];
  const { send } = ports.buffer;
  ports.buffer.send = async messages => {
    await send.call(ports.buffer, messages);
    for (const message of messages) {
      const read = decodeBatch(String(message));
      if (!read.ok) continue;
      const { source, columns } = read.batch;
      const up = columns.series.find(({ labels }) => labels.some(([, value]) => value === 'up'))?.column.values.at(-1);
      const instance = source.find(([name]) => name === 'instance')![1];
      handed.push({ atMs: ports.clock.nowMs(), instance, timesMs: columns.timestampsMs, up });
    }
  };
  for (let at = 0; at < count; at += 1) {
    ports.http.pages.set(urlOf(at), `m ${at}\n`);
    await ports.targets.put(rowOf(at));
  }
  await house.tick();
  return { ...house, handed, of: (at: number) => handed.filter(({ instance }) => instance.startsWith(`node-${at}.`)) };
};

const slotsIn = (handed: readonly { timesMs: readonly number[] }[]): number[] =>
  handed.flatMap(({ timesMs }) => timesMs).toSorted((a, b) => a - b);

describe('a fleet that is worth looping', () => {
  test('has each slot once, eight of a target together, none missed', async () => {
    const house = await running();
    await house.pass(10 * minute);
    for (let at = 0; at < count; at += 1) {
      const slots = slotsIn(house.of(at));
      expect(slots.length).toBeGreaterThanOrEqual(40);
      for (const [index, slotMs] of slots.slice(1).entries()) expect(slotMs - slots[index]!).toBe(15 * second);
      // The first scrape is news.
      expect(house.of(at)[0]!.timesMs).toHaveLength(1);
      expect(
        house
          .of(at)
          .slice(2)
          .map(({ timesMs }) => timesMs.length),
      ).toEqual([8, 8, 8, 8]);
    }
    expect(house.ports.measures.sum('ScrapesMissed')).toBe(0);
    expect(house.ports.measures.sum('Stored')).toBe(house.ports.measures.sum('Accepted'));
  });

  test.each([
    { freshnessMs: 0, together: 1 },
    { freshnessMs: 15 * second, together: 1 },
    { freshnessMs: 30 * second, together: 2 },
    { freshnessMs: 59 * second, together: 4 },
    { freshnessMs: 60 * second, together: 4 },
    { freshnessMs: 2 * minute, together: 8 },
  ])('gathers $together scrapes where samples may be $freshnessMs ms old', async ({ freshnessMs, together }) => {
    const house = await running({ freshnessMs });
    await house.pass(6 * minute + 30 * second);
    const later = house.handed.filter(({ timesMs }) => timesMs[0]! >= startMs + 2 * minute);
    expect(Math.max(...later.map(({ timesMs }) => timesMs.length))).toBe(together);
    for (const { atMs, timesMs } of later)
      expect(atMs - timesMs[0]!).toBeLessThanOrEqual(Math.max(freshnessMs, second));
  });

  test('says at once that a target fails, and that it is back', async () => {
    const house = await running();
    await house.pass(5 * minute + 2 * second);
    const { http, heartbeats, clock } = house.ports;
    http.pages.delete(urlOf(3));
    const goneMs = clock.nowMs();
    await house.pass(16 * second);
    const [failed] = house.of(3).filter(({ up }) => up === 0);
    const failedMs = failed!.timesMs.at(-1)!;
    expect(failedMs).toBeGreaterThanOrEqual(goneMs);
    expect(failed!.atMs - failedMs).toBeLessThanOrEqual(second);
    expect((await heartbeats.all()).map(({ instance }) => instance)).toEqual(['node-3.example:9100']);
    http.pages.set(urlOf(3), 'm 7\n');
    await house.pass(16 * second);
    const back = house.of(3).at(-1)!;
    expect(back.up).toBe(1);
    expect(back.atMs - back.timesMs.at(-1)!).toBeLessThanOrEqual(second);
    expect(house.of(4).filter(({ atMs }) => atMs >= goneMs)).toEqual([]);
  });

  test('shows a target that joins within its interval, and takes it in with the next span', async () => {
    const house = await running();
    await house.pass(3 * minute + 7 * second);
    house.ports.http.pages.set(urlOf(99), 'm 99\n');
    await house.register(rowOf(99));
    const joinedMs = house.ports.clock.nowMs();
    await house.pass(16 * second);
    expect(house.of(99)[0]!.atMs - joinedMs).toBeLessThanOrEqual(16 * second);
    await house.pass(8 * minute);
    const slots = slotsIn(house.of(99));
    for (const [index, slotMs] of slots.slice(1).entries()) expect(slotMs - slots[index]!).toBe(15 * second);
    expect(house.of(99).some(({ timesMs }) => timesMs.length === 8)).toBe(true);
  });

  test('stops with the span for a target that is removed, which ends there', async () => {
    const house = await running();
    await house.pass(5 * minute);
    await house.unregister('t5');
    const removedMs = house.ports.clock.nowMs();
    await house.pass(4 * minute);
    expect(await house.values('m{instance="node-5.example:9100"}')).toEqual({});
    expect(Object.keys(await house.values('m'))).toHaveLength(count - 1);
    const last = slotsIn(house.of(5)).at(-1)!;
    expect(last - removedMs).toBeLessThanOrEqual(3 * minute);
    const before = house.of(5).length;
    await house.pass(3 * minute);
    expect(house.of(5)).toHaveLength(before);
  });

  test('loses nothing while the buffer cannot be reached for a while', async () => {
    let isDown = false;
    const house = await running({ faults: place => (isDown && place === 'buffer.send' ? 'after' : 'none') });
    await house.pass(4 * minute - 10 * second);
    isDown = true;
    await house.pass(20 * second);
    isDown = false;
    await house.pass(4 * minute);
    for (let at = 0; at < count; at += 1) {
      const slots = [...new Set(slotsIn(house.of(at)))];
      expect(slots.length).toBeGreaterThanOrEqual(24);
      for (const [index, slotMs] of slots.slice(1).entries()) expect(slotMs - slots[index]!).toBe(15 * second);
    }
    expect(house.ports.measures.sum('ScrapesMissed')).toBe(0);
  });

  test('has a gap and no up 0 where a worker died: its order comes again when its slots are over', async () => {
    const house = await running();
    const { scrapes, clock, measures } = house.ports;
    await house.pass(3 * minute + 30 * second);
    const [lost] = scrapes.messages;
    scrapes.messages = scrapes.messages.map(message => ({ ...message, dueMs: message.dueMs + 19 * minute }));
    await house.pass(25 * minute);
    expect(lost).toBeDefined();
    expect(measures.sum('ScrapesMissed')).toBe(count * 8);
    const slots = slotsIn(house.of(1));
    const gaps = slots.slice(1).filter((slotMs, index) => slotMs - slots[index]! > 15 * second);
    expect(gaps).toHaveLength(1);
    expect(house.handed.some(({ up }) => up === 0)).toBe(false);
    expect(clock.nowMs()).toBeGreaterThan(startMs + 28 * minute);
  });

  test('goes back to orders by the slot when it is small again, with no slot left out', async () => {
    const house = await running();
    await house.pass(5 * minute);
    for (let at = 2; at < count; at += 1) await house.unregister(`t${at}`);
    await house.pass(8 * minute);
    const slots = [...new Set(slotsIn(house.of(0)))];
    // It may have moved on its ring, when the others left.
    for (const [index, slotMs] of slots.slice(1).entries()) expect(slotMs - slots[index]!).toBeLessThan(30 * second);
    expect(slots.at(-1)!).toBeGreaterThan(house.ports.clock.nowMs() - 20 * second);
    expect(house.of(0).at(-1)!.timesMs).toHaveLength(1);
  });
});
