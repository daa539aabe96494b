import { describe, expect, test } from 'vitest';
import type { ToldFamily } from '../../core/families.ts';
import { limits } from '../../core/limits.ts';
import type { Families } from '../../io/ports.ts';

/** What the families port promises. `nowMs` is the port's own clock; nothing is stored before the first test. */
export const familiesContract = (
  name: string,
  make: () => { readonly port: Families; readonly nowMs: number },
): void => {
  describe(`families on ${name}`, () => {
    test('what was told is found again, the last first, and telling it again changes nothing', async () => {
      const { port, nowMs } = make();
      const told: ToldFamily[] = [
        { name: 'a', type: 'counter', help: 'Old "text"\nof ä.', unit: 'seconds', atMs: nowMs - 2 },
        { name: 'a', type: 'counter', help: 'New text.', unit: 'seconds', atMs: nowMs },
        { name: 'b', type: 'unknown', atMs: nowMs - 1 },
      ];
      await port.add(told);
      await port.add(told);
      expect(await port.all()).toEqual([told[1], told[2], told[0]]);
      await port.add([]);
      expect(await port.all()).toHaveLength(3);
    });

    test('what is past its retention is not found, deleted or not', async () => {
      const { port, nowMs } = make();
      await port.add([{ name: 'past', type: 'gauge', atMs: nowMs - limits.schemaRetentionMs - 2_000 }]);
      expect((await port.all()).map(family => family.name)).not.toContain('past');
    });

    test('more than one call takes is told and found', async () => {
      const { port, nowMs } = make();
      const many = Array.from({ length: 130 }, (_, at): ToldFamily => {
        return { name: `many_${at}`, type: 'gauge', help: 'x'.repeat(20_000), atMs: nowMs };
      });
      await port.add(many);
      const found = (await port.all()).filter(family => family.name.startsWith('many_'));
      expect(new Set(found.map(family => family.name)).size).toBe(130);
    });
  });
};
