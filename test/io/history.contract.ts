import { describe, expect, test } from 'vitest';
import type { Alarm } from '../../core/heartbeat/alarm.ts';
import { limits } from '../../core/limits.ts';
import type { History } from '../../io/ports.ts';

const alarm = (job: string, atMs: number): Alarm => ({
  id: `${job}/*#1@${atMs}`,
  kind: 'DOWN',
  subject: `DOWN: ${job}`,
  text: `DOWN: ${job} fell silent`,
  job,
  instance: '*',
  reason: 'NOT_HEARD',
  sinceMs: atMs - 1_000,
  atMs,
});

/** What the history port promises. `nowMs` is the port's own clock; nothing is stored before the first test. */
export const historyContract = (name: string, make: () => { readonly port: History; readonly nowMs: number }): void => {
  describe(`history on ${name}`, () => {
    test('what was rung is found, the newest first, each once, and no more than asked for', async () => {
      const { port, nowMs } = make();
      const rung = [alarm('one', nowMs - 3), alarm('two', nowMs - 1), alarm('x'.repeat(2_000), nowMs - 2)];
      for (const each of [...rung, ...rung]) await port.add(each);
      expect(await port.newest(10)).toEqual([rung[1], rung[2], rung[0]]);
      expect(await port.newest(2)).toEqual([rung[1], rung[2]]);
    });

    test('those of one instant whose long names differ at their end are two', async () => {
      const { port, nowMs } = make();
      const long = `Rule {${'x'.repeat(400)}`;
      const rung = ['a', 'b'].map(end => ({ ...alarm(`${long}${end}`, nowMs), id: `${long}${end}#${nowMs}` }));
      for (const each of rung) await port.add(each);
      expect((await port.newest(10)).filter(({ job }) => job.startsWith(long)).length).toBe(2);
    });

    test('what is past its retention is not found, deleted or not', async () => {
      const { port, nowMs } = make();
      await port.add(alarm('past', nowMs - limits.alarmRetentionMs - 2_000));
      expect((await port.newest(10)).map(({ job }) => job)).not.toContain('past');
    });
  });
};
