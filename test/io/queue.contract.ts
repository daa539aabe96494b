import { describe, expect, test } from 'vitest';
import type { Buffer, Scrapes } from '../../io/ports.ts';

/** What queues promise: every message sent arrives, whatever the number and size, and no sooner than asked. */
export const queueContract = (
  name: string,
  make: () => { readonly port: Buffer & Scrapes; readonly take: () => Promise<string[]> },
): void => {
  describe(`queue on ${name}`, () => {
    test('more messages than one call takes all arrive', async () => {
      const { port, take } = make();
      const bodies = Array.from({ length: 23 }, (_, index) => `message ${index}`);
      await port.send(bodies);
      expect((await take()).toSorted()).toEqual(bodies.toSorted());
    });

    test('messages that together are too large for one call all arrive', async () => {
      const { port, take } = make();
      const bodies = Array.from({ length: 5 }, (_, index) => String(index).repeat(400_000));
      await port.send(bodies);
      expect((await take()).toSorted()).toEqual(bodies.toSorted());
    });

    test('a delayed message does not come before its time', async () => {
      const { port, take } = make();
      await port.send([
        { delayMs: 60_000, body: 'later' },
        { delayMs: 400, body: 'now' },
      ]);
      expect(await take()).toEqual(['now']);
    });

    test('sending nothing is nothing', async () => {
      const { port, take } = make();
      await port.send([]);
      expect(await take()).toEqual([]);
    });
  });
};
