import { afterAll, beforeAll, expect, test } from 'vitest';
import { scrapeOnce } from './scraping.ts';
import { behaviours, startNasty } from './server.ts';

// What becomes of targets that misbehave. test/nasty/compare.ts holds the same table to a real Prometheus.

let nasty: Awaited<ReturnType<typeof startNasty>>;
beforeAll(async () => {
  nasty = await startNasty();
});
afterAll(() => nasty.stop());

test.concurrent.each(behaviours)('$name', async behaviour => {
  const { reason, stored = [] } = behaviour;
  const { scraped: _, ...said } = await scrapeOnce(behaviour, nasty.port);
  expect(said).toEqual({ up: reason === undefined ? 1 : 0, reason, stored: [...stored].sort() });
});

test('these are sixty and more, each of its own name', () => {
  expect(new Set(behaviours.map(({ name }) => name)).size).toBe(behaviours.length);
  expect(behaviours.length).toBeGreaterThanOrEqual(60);
});
