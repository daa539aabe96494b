import { describe, expect, test } from 'vitest';
import type { LabelSet } from '../../core/labels.ts';
import { offsetsMsOf } from '../../core/scrape/slots.ts';
import { decodeLabelSets } from '../../core/segment/chunk.ts';
import { chunksNeeded, decodeHour } from '../../core/segment/hour.ts';
import { memoryBuilding } from './building.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 0, 0);
const second = 1_000;
const minute = 60 * second;

const url = 'http://node.example:9100/metrics';
const target = { id: 'node/a', url, job: 'node', interval: '15s' };
const labels = '{"instance":"node.example:9100","job":"node"}';

/** A house whose planner has had its first tick, as every house that runs. */
const running = async () => {
  const house = memoryBuilding({ startMs });
  await house.tick();
  return house;
};

/** Every time that is stored, whichever series has it. */
const slotsOf = async ({ ports: { series } }: Awaited<ReturnType<typeof running>>): Promise<number[]> => {
  const segments = [...series.segments.values()].map(({ bytes }) => bytes);
  const chunks = new Map<string, readonly LabelSet[]>();
  for (const [id, bytes] of await series.chunks(chunksNeeded(segments))) {
    const read = decodeLabelSets(bytes);
    if (read.ok) chunks.set(id, read.sets);
  }
  const { columns, rejects } = decodeHour(segments, id => chunks.get(id));
  expect(rejects).toEqual([]);
  return [...new Set(columns.flatMap(({ timestampsMs }) => timestampsMs))];
};

const valuesOver = async (
  house: Awaited<ReturnType<typeof running>>,
  selector: string,
  fromMs: number,
  toMs: number,
) => {
  const { data } = await house.get(
    `/api/v1/query_range?${new URLSearchParams({ query: selector, start: String(fromMs / 1_000), end: String(toMs / 1_000), step: '1' })}`,
  );
  return (data as { result: { metric: Record<string, string>; values: [number, string][] }[] }).result;
};

describe('a target', () => {
  test('is scraped at its slots from the next tick on, with up and what a scrape says of itself', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm{cpu="0"} 1\nm{cpu="1"} 2\n');
    await house.register(target);
    await house.pass(3 * minute);
    expect(await house.values('{job="node"}')).toEqual({
      [`m{"cpu":"0","instance":"node.example:9100","job":"node"}`]: '1',
      [`m{"cpu":"1","instance":"node.example:9100","job":"node"}`]: '2',
      [`up${labels}`]: '1',
      [`scrape_duration_seconds${labels}`]: '0.001',
      [`scrape_samples_scraped${labels}`]: '2',
      [`scrape_samples_post_metric_relabeling${labels}`]: '2',
      [`scrape_series_added${labels}`]: '0',
    });
    const slots = await slotsOf(house);
    const offsetMs = offsetsMsOf([{ id: 'node/a', intervalMs: 15 * second }]).get('node/a')!;
    for (const slotMs of slots) expect((slotMs - offsetMs) % (15 * second)).toBe(0);
    expect(slots).toHaveLength(12);
  });

  test('says what its metrics are, which is stored once a day and whenever it changes', async () => {
    const told: number[] = [];
    const house = memoryBuilding({
      startMs,
      faults: place => {
        if (place === 'families.add') told.push(house.ports.clock.nowMs());
        return 'none';
      },
    });
    const described = async () => (await house.get('/api/v1/metadata')).data;
    await house.tick();
    house.ports.http.pages.set(url, '# HELP m What.\n# TYPE m gauge\nm 1\n');
    await house.register({ ...target, interval: '1m' });
    await house.pass(10 * minute);
    expect(told).toHaveLength(1);
    expect(await described()).toEqual({ m: [{ type: 'gauge', help: 'What.', unit: '' }] });
    house.ports.http.pages.set(url, '# HELP m Why.\n# TYPE m gauge\nm 1\n');
    await house.pass(10 * minute);
    expect(told).toHaveLength(2);
    expect(await described()).toEqual({
      m: [
        { type: 'gauge', help: 'Why.', unit: '' },
        { type: 'gauge', help: 'What.', unit: '' },
      ],
    });
    await house.pass(12 * 60 * minute);
    expect(told).toHaveLength(3);
  });

  test('that was just added is scraped within its interval, without waiting for the tick', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm 1\n');
    await house.pass(5 * second);
    await house.register(target);
    await house.pass(16 * second);
    expect(await house.values('m')).toEqual({ [`m${labels}`]: '1' });
  });

  test('gets each slot once, however often ticks come', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm 1\n');
    await house.register(target);
    const orders = house.ports.scrapes.messages.length;
    for (let index = 0; index < 3; index += 1) await house.tick();
    expect(house.ports.scrapes.messages.length).toBe(orders);
    await house.pass(2 * minute - second);
    expect(house.ports.series.segments.size).toBeLessThanOrEqual(8);
  });

  test('whose tick comes almost a minute late misses no slot', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm 1\n');
    await house.register(target);
    await house.pass(minute);
    await house.pass(minute + 55 * second, { ticks: false });
    await house.tick();
    await house.pass(65 * second);
    expect(await slotsOf(house)).toHaveLength(16);
  });

  test('that fails is up 0 at that slot, its series end, and the next good page brings them back', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm 1\n');
    await house.register(target);
    await house.pass(2 * minute);
    house.ports.http.pages.set(url, 'm 1\nbroken line\n');
    await house.pass(16 * second);
    expect(await house.values('{job="node",__name__=~"m|up|scrape_samples_scraped"}')).toEqual({
      [`up${labels}`]: '0',
      [`scrape_samples_scraped${labels}`]: '1',
    });
    house.ports.http.pages.set(url, 'm 2\n');
    await house.pass(16 * second);
    expect(await house.values('{__name__=~"m|up"}')).toEqual({ [`m${labels}`]: '2', [`up${labels}`]: '1' });
  });

  test('whose page loses a series ends that series alone', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm 1\nn 1\n');
    await house.register(target);
    await house.pass(2 * minute);
    house.ports.http.pages.set(url, 'm 1\n');
    await house.pass(16 * second);
    expect(await house.values('{__name__=~"m|n"}')).toEqual({ [`m${labels}`]: '1' });
    const [n] = await valuesOver(house, 'n', startMs, house.ports.clock.nowMs());
    expect(n?.values.at(-1)?.[0]).toBeLessThan(house.ports.clock.nowMs() / 1_000 - 1);
  });

  test('that is removed is scraped no more', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm 1\n');
    await house.register(target);
    await house.pass(2 * minute);
    await house.ports.targets.remove('node/a');
    await house.pass(2 * minute);
    const before = house.ports.series.segments.size;
    await house.pass(3 * minute);
    expect(house.ports.series.segments.size).toBe(before);
  });

  test('is not scraped late by more than half its interval: that is a missed slot, not up 0', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm 1\n');
    await house.register(target);
    await house.pass(minute + second);
    await house.ports.clock.moveTo(house.ports.clock.nowMs() + 50 * second);
    const before = house.ports.series.segments.size;
    await house.pump();
    expect(house.ports.log.lines.some(line => line.includes('scrape missed'))).toBe(true);
    expect(house.ports.series.segments.size - before).toBeLessThanOrEqual(1);
    expect(Object.values(await house.values('up'))).not.toContain('0');
  });
});

test('a bad row says on itself what is wrong, and no other target notices', async () => {
  const house = await running();
  house.ports.http.pages.set(url, 'm 1\n');
  await house.ports.targets.put({ id: 'bad', url: 'nonsense', interval: '1s' });
  await house.ports.targets.put({ id: 'worse' });
  const joined = { source_labels: new Array<string>(30).fill('x'), separator: '', target_label: 'x' };
  const relabel = [{ target_label: 'x', replacement: 'ab' }, ...new Array<object>(10).fill(joined)];
  await house.ports.targets.put({ id: 'worst', url, relabel });
  await house.register(target);
  await house.pass(2 * minute);
  expect(await house.values('m')).toEqual({ [`m${labels}`]: '1' });
  expect(house.ports.targets.rows.get('bad')?.['problem']).toMatch(/url: .*expected an http or https URL/);
  expect(house.ports.targets.rows.get('bad')?.['problem']).toMatch(/interval: .*outside/);
  expect(house.ports.targets.rows.get('worst')?.['problem']).toMatch(/relabel: .*over 65536 characters/);
  expect(house.ports.targets.rows.get('worse')).toMatchObject({
    problem: expect.stringContaining('url'),
    checkedAtMs: expect.any(Number),
  });
  await house.ports.targets.put({ ...house.ports.targets.rows.get('bad'), url, interval: '15s' });
  await house.pass(minute);
  expect(house.ports.targets.rows.get('bad')?.['problem'] ?? null).toBeNull();
});
