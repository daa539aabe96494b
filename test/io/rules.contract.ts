import { describe, expect, test } from 'vitest';
import { labelSetOf } from '../../core/labels.ts';
import type { GroupRecord } from '../../core/rules/record.ts';
import type { Rules } from '../../io/ports.ts';

const recordOf = (name: string, evaluatedMs: number): GroupRecord => ({
  file: 'f.yml',
  name,
  intervalMs: 60_000,
  limit: 0,
  evaluatedMs,
  missed: 0,
  delayMs: 7_000,
  rules: [
    {
      shown: {
        type: 'alerting',
        name: 'A',
        query: 'x > 1',
        labels: { series: 'a' },
        annotations: { series: 'ä\n' },
        forMs: 0,
        keepFiringMs: 0,
      },
      state: {
        key: 'k',
        health: 'ok',
        evaluatedMs,
        tookMs: 1,
        alerts: [
          { labels: labelSetOf([['alertname', 'A']]), annotations: {}, state: 'firing', value: '+Inf', activeMs: 1 },
        ],
        series: [labelSetOf([['__name__', 'ALERTS']])],
      },
    },
  ],
  pending: [],
});

/** What the rules port promises. */
export const rulesContract = (name: string, make: () => Rules): void => {
  describe(`rules on ${name}`, () => {
    test('a record is put where none is, and in the place of the one that was seen, once', async () => {
      const port = make();
      const id = 'f.yml;one';
      expect(await port.get(id)).toBeUndefined();
      expect(await port.swap(id, 0, recordOf('one', 1))).toBe(1);
      expect(await port.swap(id, 0, recordOf('one', 2))).toBeUndefined();
      expect(await port.get(id)).toEqual({ record: recordOf('one', 1), version: 1 });
      expect(await port.swap(id, 1, recordOf('one', 3))).toBe(2);
      expect(await port.swap(id, 1, recordOf('one', 4))).toBeUndefined();
      expect(await port.get(id)).toEqual({ record: recordOf('one', 3), version: 2 });
    });

    test('of swaps at the same time one takes place', async () => {
      const port = make();
      const swaps = [1, 2, 3, 4].map(at => port.swap('f.yml;two', 0, recordOf('two', at)));
      expect((await Promise.all(swaps)).filter(version => version !== undefined)).toEqual([1]);
    });

    test('all records are found', async () => {
      const port = make();
      await port.swap('f.yml;three', 0, recordOf('three', 1));
      expect((await port.all()).map(record => record.name)).toContain('three');
    });
  });
};
