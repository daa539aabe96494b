import { expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import { memoryBuilding } from '../paths/building.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 30);

test('a list of refusals that cannot be told keeps no answer, neither of who is refused nor of who is taken', async () => {
  const house = memoryBuilding({ startMs });
  const { clock, refusals } = house.ports;
  const asked: number[] = [];
  refusals.tell = () => {
    asked.push(clock.nowMs());
    return new Promise(() => undefined);
  };
  const pushed = async (body: string): Promise<number | undefined> => {
    const answer = house.push('/v1/push?job=shop', body);
    await clock.moveTo(clock.nowMs() + limits.refusalsWaitMs);
    return (await answer).statusCode;
  };
  // The third of a burst is not told at once, but by the next push that comes when it is time, whosever it is.
  for (let refused = 1; refused <= 3; refused += 1) expect(await pushed('m one\n')).toBe(400);
  expect(asked).toHaveLength(2);
  await clock.moveTo(startMs + 2 * limits.refusalsToldMs);
  expect(await pushed('m 1\n')).toBe(200);
  expect(asked).toHaveLength(3);
});
