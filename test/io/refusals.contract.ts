import { describe, expect, test } from 'vitest';
import type { RefusalPage } from '../../core/refusals.ts';
import type { Refusals } from '../../io/ports.ts';

const hour = 3_600_000;

const page = (worker: string, hourMs: number, pushes: number): RefusalPage => ({
  worker,
  hourMs,
  lines: [
    {
      protocol: 'push',
      job: 'shop',
      status: 400,
      code: 'bad',
      pushes,
      samples: 0,
      lastMs: hourMs + 1,
      reason: 'no page',
    },
  ],
});

/** What the port of refusals promises; nothing is stored before. */
export const refusalsContract = (
  name: string,
  make: () => { readonly port: Refusals; readonly nowMs: number },
): void => {
  describe(`refusals on ${name}`, () => {
    test('a worker’s hour takes the place of what it told of it before; the newest hours come first', async () => {
      const { port, nowMs } = make();
      const thisHour = Math.floor(nowMs / hour) * hour;
      await port.tell(page('a', thisHour, 1));
      await port.tell(page('a', thisHour, 7));
      await port.tell(page('b', thisHour - 2 * hour, 3));
      await port.tell(page('b', thisHour - 30 * hour, 9));
      expect(await port.since(thisHour - 24 * hour)).toEqual([
        page('a', thisHour, 7),
        page('b', thisHour - 2 * hour, 3),
      ]);
      expect(await port.since(thisHour)).toEqual([page('a', thisHour, 7)]);
      expect(await port.since(thisHour + hour)).toEqual([]);
    });
  });
};
