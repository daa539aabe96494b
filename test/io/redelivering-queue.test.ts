import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../io/memory/clock.ts';
import type { Strike } from '../../io/memory/faults.ts';
import { type Manners, RedeliveringQueue } from '../../io/memory/redelivering-queue.ts';

const made = (manners: Partial<Manners> = {}, strike: Strike = 'none') => {
  const clock = new VirtualClock(0);
  const queue = new RedeliveringQueue('q', clock, { hiddenMs: 1_000, mostReceives: 2, ...manners }, () => strike);
  return { clock, queue, bodies: (most = 10) => queue.receive(most).map(({ body }) => body) };
};

describe('a queue that delivers at least once', () => {
  test('hides what it handed out until the time of hiding is over', async () => {
    const { clock, queue, bodies } = made();
    await queue.send(['a', 'b', 'c']);
    expect(bodies(2)).toEqual(['a', 'b']);
    expect(bodies()).toEqual(['c']);
    await clock.moveTo(999);
    expect(bodies()).toEqual([]);
    await clock.moveTo(1_000);
    expect(bodies()).toEqual(['a', 'b', 'c']);
  });

  test('forgets what is removed, and removing twice changes nothing', async () => {
    const { clock, queue, bodies } = made();
    await queue.send(['a', 'b']);
    const [first] = queue.receive(10);
    queue.remove([first!.id]);
    queue.remove([first!.id]);
    await clock.moveTo(1_000);
    expect(bodies()).toEqual(['b']);
  });

  test('keeps what was received too often apart until it is redriven', async () => {
    const { clock, queue, bodies } = made();
    await queue.send(['a']);
    for (const atMs of [0, 1_000]) {
      await clock.moveTo(atMs);
      expect(bodies()).toEqual(['a']);
    }
    await clock.moveTo(2_000);
    expect(bodies()).toEqual([]);
    expect(queue.deadLetters.map(({ body }) => body)).toEqual(['a']);
    expect(queue.nextVisibleAtMs()).toBeUndefined();
    queue.redrive();
    expect(queue.deadLetters).toEqual([]);
    expect(bodies()).toEqual(['a']);
  });

  test('hands out again what it is told to, under the same id', async () => {
    const { queue } = made();
    await queue.send(['a']);
    const received = queue.receive(10);
    queue.handOutAgain(received);
    expect(queue.receive(10)).toEqual(received);
    queue.remove(received.map(({ id }) => id));
    queue.handOutAgain(queue.taken);
    expect(queue.receive(10)).toEqual(received);
  });

  test('hands out in the order it is asked for', async () => {
    const { queue, bodies } = made({ ordered: visible => visible.toReversed() });
    await queue.send(['a', 'b', 'c']);
    expect(bodies(2)).toEqual(['c', 'b']);
  });

  test.each<[Strike, string[]]>([
    ['before', []],
    ['part', ['a', 'c']],
    ['after', ['a', 'b', 'c']],
  ])('struck %s takes %j and throws', async (strike, taken) => {
    const { queue, bodies } = made({}, strike);
    await expect(queue.send(['a', 'b', 'c'])).rejects.toThrow(/q\.send/);
    expect(bodies()).toEqual(taken);
  });
});
