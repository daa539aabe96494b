import { expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import { ownPage } from '../../functions/own-metrics.ts';
import { memoryPorts } from '../../io/memory/ports.ts';
import type { Vitals } from '../../io/ports.ts';

const noonMs = Date.UTC(2026, 5, 1, 12);
const portsThat = (fails: () => boolean) => {
  const ports = memoryPorts({ startMs: noonMs });
  const asked: number[] = [];
  const vitals: Vitals = {
    told: async fromMs => {
      asked.push(fromMs);
      if (fails()) throw new Error('throttled');
      return { Pushes: [[fromMs / 1_000, asked.length]] };
    },
    buffered: async () => 0,
  };
  return { ports: { ...ports, vitals }, asked };
};

test('asks CloudWatch from midnight on, and not again while it is charged for nothing new', async () => {
  const { ports, asked } = portsThat(() => false);
  const page = ownPage(ports);
  expect(await page()).toContain('sluice_pushes_total 1\n');
  await ports.clock.moveTo(noonMs + limits.ownMetricsKeptMs - 1);
  expect(await page()).toContain('sluice_pushes_total 1\n');
  await ports.clock.moveTo(noonMs + limits.ownMetricsKeptMs);
  expect(await page()).toContain('sluice_pushes_total 2\n');
  expect(asked).toEqual([Date.UTC(2026, 5, 1), Date.UTC(2026, 5, 1)]);
});

test('a counter begins anew with the day, however fresh the page is', async () => {
  const { ports, asked } = portsThat(() => false);
  const page = ownPage(ports);
  await ports.clock.moveTo(Date.UTC(2026, 5, 2) - 1);
  await page();
  await ports.clock.moveTo(Date.UTC(2026, 5, 2));
  await page();
  expect(asked).toEqual([Date.UTC(2026, 5, 1), Date.UTC(2026, 5, 2)]);
});

test('where CloudWatch fails the last page stands, and before the first one nothing', async () => {
  let isDown = true;
  const { ports } = portsThat(() => isDown);
  const page = ownPage(ports);
  expect(await page()).toBe('');
  isDown = false;
  const known = await page();
  isDown = true;
  await ports.clock.moveTo(noonMs + 2 * limits.ownMetricsKeptMs);
  expect(await page()).toBe(known);
  expect(ports.log.lines.filter(line => line.includes('own metrics are not to be had'))).toHaveLength(2);
});
