import { expect, test } from 'vitest';
import { compare } from './compare.ts';
import { isThere, program } from './prometheus.ts';

if (!isThere()) console.log(`skipped: no Prometheus at ${program}, set PROMETHEUS and PROMTOOL`);

test.skipIf(!isThere())('a real Prometheus answers the same', { timeout: 120_000 }, async () => {
  const { differences, same, refused } = await compare(7, 400);
  expect(differences).toEqual([]);
  // Questions that all fail or are empty would agree as well.
  expect(same).toBeGreaterThan(200);
  expect(refused).toBeGreaterThan(10);
});
