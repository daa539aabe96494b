import { expect, test } from 'vitest';
import { canBePlanted } from '../plant.ts';
import { mutants } from './mutants.ts';
import { planOf } from './plan.ts';
import { simulate } from './simulate.ts';
import { runSeeds } from './threads.ts';

test.each([1, 2, 3, 4, 5, 6])('seed %i accuses nobody, misses nobody and is silent about nothing', async seed => {
  const outcome = await simulate(planOf(seed));
  expect(outcome.breaches).toEqual([]);
  expect(outcome.deaths).toBeGreaterThan(0);
  expect(outcome.faults).toBeGreaterThan(0);
});

test('the same seed goes the same way', async () => {
  const [first, second] = [await simulate(planOf(7)), await simulate(planOf(7))];
  expect(first.hash).toBe(second.hash);
  expect((await simulate(planOf(8))).hash).not.toBe(first.hash);
});

test('without faults every death is told, within interval, grace, a canary and the way', async () => {
  const outcome = await simulate(planOf(1, { isFaultless: true, graceMs: 20_000 }));
  expect(outcome.breaches).toEqual([]);
  expect(outcome.found).toBe(outcome.deaths);
  expect(Math.max(...outcome.detectionsMs)).toBeLessThanOrEqual(50_000);
});

test.each(mutants.flatMap(mutant => ('planted' in mutant ? [mutant] : [])))('$name can be planted', ({ planted }) => {
  expect(canBePlanted(planted)).toBe(true);
});

test('a planted bug is found', async () => {
  const mutant = mutants.find(({ name }) => name === 'blind for ever');
  let found = 0;
  await runSeeds({ from: 1, to: 11, threads: 1, data: { mutant } }, ({ breaches }) => {
    found += breaches.length;
    return found > 0;
  });
  expect(found).toBeGreaterThan(0);
}, 60_000);
