import { afterEach, expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import { SeriesReader } from '../../functions/reading.ts';
import type { Series } from '../../io/ports.ts';
import { memoryBuilding } from '../paths/building.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 0, 30);
const usual = { ...limits };
afterEach(() => Object.assign(limits, usual));

test('a reader whose memory is full answers whole, also when a new chunk comes while it reads', async () => {
  Object.assign(limits, { chunksRemembered: 1 });
  const house = memoryBuilding({ startMs });
  const { series } = house.ports;
  const store = async (body: string): Promise<void> => {
    await house.push('/v1/push?job=j', body);
    await house.pass(1_000);
  };
  await store('first 1\n');
  const meanwhile: Series = Object.assign(Object.create(series), {
    between: async (...span: Parameters<Series['between']>) => {
      await store('second 2\n');
      return series.between(...span);
    },
  });
  const { series: found, warnings } = await new SeriesReader({ ...house.ports, series: meanwhile }).read(
    { matches: () => true },
    startMs,
    startMs + 60_000,
  );
  expect(warnings).toEqual([]);
  expect(found.map(({ labels, samples }) => [labels[0]?.[1], samples.length])).toEqual([
    ['first', 1],
    ['second', 1],
  ]);
});
