import { describe, expect, test } from 'vitest';
import type { Targets } from '../../io/ports.ts';

/** What the registry port promises, whoever keeps it. */
export const targetsContract = (name: string, port: () => Targets): void => {
  describe(`targets on ${name}`, () => {
    test('rows come back as users wrote them, bad ones too', async () => {
      await port().put({ id: 'a', url: 'http://a', labels: { env: 'prod' } });
      await port().put({ id: 'b', url: 17 });
      expect((await port().all()).toSorted((x, y) => String(x['id']).localeCompare(String(y['id'])))).toEqual([
        { id: 'a', url: 'http://a', labels: { env: 'prod' } },
        { id: 'b', url: 17 },
      ]);
    });

    test('one row is found by its id, as it is now', async () => {
      expect(await port().get('a')).toEqual({ id: 'a', url: 'http://a', labels: { env: 'prod' } });
      expect(await port().get('nobody')).toBeUndefined();
    });

    test('a note stands on the row until it is taken back, and makes no row', async () => {
      await port().note('b', 'url: expected text', 5);
      await port().note('c', 'nobody', 5);
      const row = async (id: string) => (await port().all()).find(each => each['id'] === id);
      expect(await row('b')).toMatchObject({ id: 'b', url: 17, problem: 'url: expected text', checkedAtMs: 5 });
      expect(await row('c')).toBeUndefined();
      await port().note('b', null, 6);
      expect((await row('b'))?.['problem'] ?? null).toBeNull();
    });

    test('removing tells whether there was one', async () => {
      expect(await port().remove('a')).toBe(true);
      expect(await port().remove('a')).toBe(false);
    });
  });
};
