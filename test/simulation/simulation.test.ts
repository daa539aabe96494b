import { afterEach, describe, expect, test } from 'vitest';
import { Agenda } from './agenda.ts';
import { Chance } from './chance.ts';
import { holds } from './expression.ts';
import { mutants } from './mutants.ts';
import { planOf } from './plan.ts';
import { canBePlanted } from './plant.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import { tamperings } from './tamperings.ts';
import { faultKinds } from './weather.ts';

// The short form: `npm run simulate:ingest -- --seeds 2000` and `npm run simulate:mutants` are the long one.

describe('some seeds', () => {
  const seeds = Array.from({ length: 24 }, (_, index) => index + 1);
  test('lose, double and corrupt nothing, and the accounts balance', async () => {
    const kinds = new Set<string>();
    let accepted = 0;
    for (const seed of seeds) {
      const { breaches, happened, accounts } = await simulate(planOf(seed));
      expect(breaches, `npm run simulate:ingest -- --seed ${seed}`).toEqual([]);
      for (const struck of happened) kinds.add(struck.slice(0, struck.indexOf(' ')));
      accepted += accounts.accepted;
      expect(accounts.accepted + accounts.unacknowledged).toBe(
        accounts.stored + accounts.merged + accounts.quarantined,
      );
    }
    expect(accepted).toBeGreaterThan(10_000);
    // A fault that never happens proves nothing.
    expect([...kinds].sort()).toEqual([...faultKinds].sort());
  }, 240_000);

  test.each(['memory', 'services'] as const)('are the same event by event when told again, on %s', async on => {
    const told: string[] = [];
    const again: string[] = [];
    const plan = planOf(7, on);
    const first = await simulate(plan, { listener: line => told.push(line) });
    const second = await simulate(plan, { listener: line => again.push(line) });
    expect(again).toEqual(told);
    expect(second.hash).toBe(first.hash);
    expect((await simulate(planOf(7, on))).hash).toBe(first.hash);
    expect((await simulate(planOf(8, on))).hash).not.toBe(first.hash);
  });
});

describe('a planted bug', () => {
  test.each(Object.entries(tamperings))(
    'is found: %s',
    async (_, tampering) => {
      for (let seed = 1; seed <= 100; seed += 1) {
        const { breaches } = await simulate(planOf(seed), { tampering });
        if (breaches.length > 0) return;
      }
      expect.fail('not found in 100 seeds');
    },
    60_000,
  );

  test('is shrunk to the few events and faults that show it', async () => {
    const plan = planOf(6);
    const failed = await simulate(plan, { tampering: tamperings.oneKeyAnHour });
    const { plan: least, only, outcome } = await shrink(plan, failed, { tampering: tamperings.oneKeyAnHour });
    expect(outcome.breaches[0]?.kind).toBe(failed.breaches[0]?.kind);
    expect(least.happenings.size).toBeLessThanOrEqual(3);
    expect(only.size).toBeLessThanOrEqual(3);
  }, 240_000);

  test.each(mutants.filter(mutant => 'planted' in mutant))(
    'has its place in the shipped text: $name',
    ({ planted }) => {
      expect(canBePlanted(planted)).toBe(true);
    },
  );
});

describe('the agenda', () => {
  test('lets things happen by time, and in the order of planning at one time', async () => {
    const agenda = new Agenda(100);
    const seen: string[] = [];
    const note = (name: string) => () => void seen.push(`${agenda.nowMs()} ${name}`);
    for (const [atMs, name] of [
      [300, 'c'],
      [200, 'a'],
      [200, 'b'],
      [50, 'past'],
      [401, 'late'],
    ] as const)
      agenda.at(atMs, note(name));
    await agenda.runUntil(400);
    expect(seen).toEqual(['100 past', '200 a', '200 b', '300 c']);
    expect(agenda.nowMs()).toBe(400);
  });

  test('wakes who waits, and lets what needs no time run in between', async () => {
    const agenda = new Agenda(0);
    const seen: number[] = [];
    const walk = async (stepMs: number): Promise<void> => {
      for (let step = 0; step < 3; step += 1) {
        await agenda.wait(stepMs);
        seen.push(agenda.nowMs());
      }
    };
    const walks = [walk(10), walk(15)];
    await agenda.runUntil(1_000);
    await Promise.all(walks);
    expect(seen).toEqual([10, 15, 20, 30, 30, 45]);
  });
});

test('chances are the same for the same seed and name, and spread evenly', () => {
  const draw = (seed: number, name: string): number[] => {
    const chance = new Chance(seed, name);
    return Array.from({ length: 10_000 }, () => chance.next());
  };
  expect(draw(1, 'a')).toEqual(draw(1, 'a'));
  expect(draw(1, 'a').slice(0, 3)).not.toEqual(draw(1, 'b').slice(0, 3));
  expect(draw(1, 'a').slice(0, 3)).not.toEqual(draw(2, 'a').slice(0, 3));
  const mean = draw(3, 'c').reduce((sum, each) => sum + each, 0) / 10_000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
});

describe('conditions of the simulated DynamoDB', () => {
  const item = { pk: { S: 'a' }, n: { N: '10' } };
  const context = { names: { '#p': 'pk' }, values: { ':a': { S: 'a' }, ':b': { S: 'b' }, ':n': { N: '9' } } };
  test.each([
    ['#p = :a', true],
    ['#p = :b', false],
    ['n > :n', true],
    ['#p = :a AND n > :n', true],
    ['#p = :b OR NOT n < :n', true],
    ['begins_with(#p, :a)', true],
    ['pk BETWEEN :a AND :b', true],
    ['attribute_not_exists(gone)', true],
    ['attribute_exists(gone) OR (gone = :a)', false],
    [undefined, true],
  ])('%s is %s', (expression, expected) => {
    expect(holds(expression, item, context)).toBe(expected);
  });
  test('that it does not know throw', () => {
    expect(() => holds('size(pk) > :n', item, context)).toThrow();
  });
});

const usual = { ...(await import('../../core/limits.ts')).limits };
afterEach(async () => {
  // A simulation gives the limits back as it found them.
  expect((await import('../../core/limits.ts')).limits).toEqual(usual);
});
