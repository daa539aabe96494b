import { describe, expect, test } from 'vitest';
import { readHeartbeat } from '../../core/heartbeat/row.ts';
import { changed, stepAt } from '../../core/heartbeat/step.ts';
import { limits } from '../../core/limits.ts';
import type { Heartbeats } from '../../io/ports.ts';

/** What the heartbeats port promises, whoever keeps it. Each test uses jobs of its own. */
export const heartbeatsContract = (name: string, port: () => Heartbeats): void => {
  const read = async (job: string, instance = '*') => {
    const [row] = await port().get([{ job, instance }]);
    return row && readHeartbeat(row).value!;
  };
  const failure = {
    targetId: 't',
    url: 'http://x',
    intervalMs: 15_000,
    reason: 'SCRAPE_DNS' as const,
    detail: 'no such name',
  };

  describe(`heartbeats on ${name}`, () => {
    test('rows come back as they were put, and not at all once removed', async () => {
      await port().put({ job: 'put', instance: '*', interval: '15s', note: 'the user’s own' });
      expect(
        await port().get([
          { job: 'put', instance: '*' },
          { job: 'nobody', instance: '*' },
        ]),
      ).toEqual([{ job: 'put', instance: '*', interval: '15s', note: 'the user’s own' }]);
      expect((await port().all()).some(({ job }) => job === 'put')).toBe(true);
      expect(await port().remove({ job: 'put', instance: '*' })).toBe(true);
      expect(await port().remove({ job: 'put', instance: '*' })).toBe(false);
      expect(await port().get([{ job: 'put', instance: '*' }])).toEqual([]);
    });

    test('being heard never moves time back and makes no row', async () => {
      await port().put({ job: 'heard', instance: '*', state: 'up', epoch: 1 });
      const keys = [
        { job: 'heard', instance: '*' },
        { job: 'heard', instance: 'a' },
      ];
      expect(await port().heard(keys, 2_000)).toEqual([]);
      expect(await port().heard(keys, 1_000)).toEqual([]);
      expect((await read('heard'))?.lastAcceptMs).toBe(2_000);
      expect(await read('heard', 'a')).toBeUndefined();
    });

    test('being heard is news where the checker does not believe it up', async () => {
      await port().put({ job: 'late', instance: '*', state: 'down', epoch: 2 });
      expect(await port().heard([{ job: 'late', instance: '*' }], 1_000)).toEqual([{ job: 'late', instance: '*' }]);
      await port().put({ job: 'fresh', instance: '*' });
      expect(await port().heard([{ job: 'fresh', instance: '*' }], 1_000)).toEqual([{ job: 'fresh', instance: '*' }]);
      await port().put({ job: 'late-pull', instance: 'a', state: 'down', epoch: 2 });
      expect(
        await port().answered(
          [
            { job: 'late-pull', instance: 'a' },
            { job: 'late-pull', instance: '*' },
          ],
          1_000,
        ),
      ).toEqual([{ job: 'late-pull', instance: 'a' }]);
    });

    test('failures in a row are one run, others begin anew, old ones and repeats change nothing', async () => {
      const key = { job: 'failing', instance: 'a' };
      for (const slotMs of [15_000, 30_000, 30_000, 15_000, 45_000]) await port().failed(key, { ...failure, slotMs });
      expect((await read('failing', 'a'))?.failing).toEqual({ ...failure, firstSlotMs: 15_000, lastSlotMs: 45_000 });
      await port().failed(key, { ...failure, slotMs: 90_000, detail: 'again' });
      expect((await read('failing', 'a'))?.failing).toEqual({
        ...failure,
        detail: 'again',
        firstSlotMs: 90_000,
        lastSlotMs: 90_000,
      });
    });

    test('a change is made once, whole, and only on what was seen', async () => {
      await port().put({
        job: 'change',
        instance: '*',
        interval: '15s',
        grace: '0s',
        state: 'up',
        epoch: 4,
        lastAcceptMs: 0,
      });
      const seen = (await read('change'))!;
      const change = stepAt(seen, 20_000, [])!;
      expect(await port().change(seen, change)).toBe(true);
      expect(await port().change(seen, change)).toBe(false);
      const after = (await read('change'))!;
      expect(after).toEqual(changed(seen, change));
      await port().heard([{ job: 'change', instance: '*' }], 21_000);
      expect(await port().change(after, { state: 'up' })).toBe(false);
      expect((await read('change'))?.state).toBe('down');
    });

    test('the first change needs no epoch, and a removed row is not brought back', async () => {
      await port().put({ job: 'first', instance: '*' });
      const seen = (await read('first'))!;
      await port().remove({ job: 'first', instance: '*' });
      expect(await port().change(seen, { state: 'expected', registeredAtMs: 5 })).toBe(false);
      await port().put({ job: 'first', instance: '*' });
      expect(await port().change(seen, { state: 'expected', registeredAtMs: 5 })).toBe(true);
      expect(await read('first')).toMatchObject({ state: 'expected', epoch: 1, registeredAtMs: 5 });
    });

    test('a promise is registered, and changed without touching the state', async () => {
      const key = { job: 'promised', instance: '*' };
      await port().expect(key, { interval: '15s', grace: '5s' });
      expect(await read('promised')).toMatchObject({ epoch: 0, promise: { intervalMs: 15_000, graceMs: 5_000 } });
      await port().put({ ...key, interval: '15s', grace: '5s', state: 'down', epoch: 7 });
      await port().expect(key, { interval: '1m', grace: '5s' });
      expect(await read('promised')).toMatchObject({
        state: 'down',
        epoch: 7,
        promise: { intervalMs: 60_000, graceMs: 5_000 },
      });
    });

    test('what is null is taken away, and what is absent stays', async () => {
      const key = { job: 'retold', instance: '*' };
      await port().expect(key, { interval: '15s', grace: '5s', failures: '2/4', flapping: '4/1h' });
      await port().expect(key, { grace: '9s', failures: null, snoozeUntil: null });
      expect((await port().get([key]))[0]).toEqual({ ...key, interval: '15s', grace: '9s', flapping: '4/1h' });
      await port().expect(key, { flapping: null });
      expect((await port().get([key]))[0]).toEqual({ ...key, interval: '15s', grace: '9s' });
    });

    test('a sign of life after a gap leaves the beats that were missed, where a share of them is judged', async () => {
      const key = { job: 'late', instance: '*' };
      await port().put({ ...key, interval: '10s', grace: '4s', failures: '2/4', state: 'up', epoch: 1 });
      for (const atMs of [10_000, 20_000, 54_000, 64_000, 60_000]) await port().heard([key], atMs);
      expect((await read('late'))?.latesMs?.toSorted()).toEqual([30_000, 40_000, 50_000]);
      expect(await read('late')).toMatchObject({ lastAcceptMs: 64_000, epoch: 1 });
      await port().put({ job: 'plain', instance: '*', interval: '10s', grace: '4s', state: 'up', epoch: 1 });
      for (const atMs of [10_000, 90_000]) await port().heard([{ job: 'plain', instance: '*' }], atMs);
      expect(Object.keys((await port().get([{ job: 'plain', instance: '*' }]))[0]!)).not.toContain('late1');
    });

    test('what is held back is written with the fall, and forgotten with the last word', async () => {
      const key = { job: 'flaps', instance: '*' };
      await port().put({
        ...key,
        interval: '10s',
        grace: '4s',
        flapping: '2/10m',
        state: 'up',
        epoch: 1,
        lastAcceptMs: 1,
      });
      await port().change((await read('flaps'))!, stepAt((await read('flaps'))!, 20_000, [])!);
      expect(await read('flaps')).toMatchObject({ flicker: { fallsMs: [14_001] }, pending: [{ kind: 'DOWN' }] });
      await port().put({ ...(await port().get([key]))[0], state: 'up', lastAcceptMs: 60_000 });
      await port().change((await read('flaps'))!, stepAt((await read('flaps'))!, 80_000, [])!);
      const held = (await read('flaps'))!;
      expect(held.flicker).toEqual({ fallsMs: [74_000], heldFromMs: 14_001, heldFalls: 2 });
      expect(held.pending.map(({ kind, epoch }) => [kind, epoch])).toEqual([
        ['DOWN', 2],
        ['FLAPPING', 3],
      ]);
      await port().change(held, stepAt(held, 374_000, [])!);
      expect(await read('flaps')).toMatchObject({ epoch: 4, flicker: { fallsMs: [] } });
    });

    test('an announced flip leaves the outbox, once', async () => {
      const flip = { epoch: 1, kind: 'DOWN', atMs: 1, sinceMs: 0, reason: 'NOT_HEARD', detail: '' };
      await port().put({
        job: 'outbox',
        instance: '*',
        epoch: 2,
        pending: [flip, { ...flip, epoch: 2, kind: 'RESOLVED' }],
      });
      const key = { job: 'outbox', instance: '*' };
      await port().announced(key, 1);
      await port().announced(key, 1);
      expect((await read('outbox'))?.pending.map(({ epoch }) => epoch)).toEqual([2]);
      await port().announced(key, 2);
      await port().announced(key, 2);
      expect((await read('outbox'))?.pending).toEqual([]);
    });

    test('a snooze is set and taken back, on rows that exist only', async () => {
      const key = { job: 'snoozed', instance: '*' };
      await port().snooze(key, Date.UTC(2027, 0, 1));
      expect(await read('snoozed')).toBeUndefined();
      await port().put(key);
      await port().snooze(key, Date.UTC(2027, 0, 1));
      await port().snooze(key, Date.UTC(2027, 0, 1));
      expect((await read('snoozed'))?.snoozedUntilMs).toBe(Date.UTC(2027, 0, 1));
      await port().snooze(key, undefined);
      await port().snooze(key, undefined);
      expect((await read('snoozed'))?.snoozedUntilMs).toBeUndefined();
    });

    test('flags and notes are set on rows that exist only', async () => {
      await port().put({ job: 'flags', instance: '*' });
      await port().pause({ job: 'flags', instance: '*' }, true);
      await port().retire({ job: 'flags', instance: '*' }, true);
      await port().pause({ job: 'no-flags', instance: '*' }, true);
      expect(await read('flags')).toMatchObject({ pauseWanted: true, retired: true });
      expect(await read('no-flags')).toBeUndefined();
      await port().note({ job: 'flags', instance: '*' }, 'bad', 7);
      expect((await port().get([{ job: 'flags', instance: '*' }]))[0]).toMatchObject({
        problem: 'bad',
        checkedAtMs: 7,
      });
      await port().note({ job: 'flags', instance: '*' }, null, 9);
      const [noted] = await port().get([{ job: 'flags', instance: '*' }]);
      expect(noted?.['problem']).toBeUndefined();
      expect(noted?.['checkedAtMs']).toBeUndefined();
    });

    test('the checker’s record is replaced by one of two rivals, and is no heartbeat', async () => {
      expect(await port().collector()).toBeUndefined();
      const first = { epoch: 1, lastSweepMs: 5, blind: [] };
      expect(await port().swept(undefined, first)).toBe(true);
      expect(await port().swept(undefined, first)).toBe(false);
      const second = { epoch: 2, lastSweepMs: 9, blind: [{ fromMs: 5, toMs: 9 }] };
      expect(await port().swept(first, second)).toBe(true);
      expect(await port().swept(first, { ...second, lastSweepMs: 10 })).toBe(false);
      expect(await port().collector()).toEqual(second);
      expect((await port().all()).some(({ job }) => String(job).startsWith('__'))).toBe(false);
    });

    test('a canary counts once, and an old one does not take the place of a newer', async () => {
      const slotMs = limits.canaryEveryMs;
      const first = 1_000_000;
      await port().canaryHeard(first, first * slotMs + 100);
      await port().canaryHeard(first + 1, (first + 1) * slotMs + 200);
      await port().canaryHeard(first + 1, (first + 1) * slotMs + 200);
      expect(await port().canaries()).toEqual([first * slotMs + 100, (first + 1) * slotMs + 200]);
      const again = first + limits.canariesKept;
      await port().canaryHeard(again, again * slotMs + 50);
      await port().canaryHeard(first, first * slotMs + 900);
      expect(await port().canaries()).toEqual([(first + 1) * slotMs + 200, again * slotMs + 50]);
      expect((await port().all()).some(({ job }) => String(job).startsWith('__'))).toBe(false);
    });

    test('the canaries’ secret stays what it was', async () => {
      const secret = await port().canarySecret();
      expect(secret.length).toBeGreaterThan(20);
      expect(await port().canarySecret()).toBe(secret);
      expect((await port().canaries()).every(Number.isFinite)).toBe(true);
    });

    test('a refusal is noted on the rows there are', async () => {
      await port().put({ job: 'refused', instance: '*', interval: '15s' });
      const refusal = { atMs: 5_000, status: 400, reason: 'line 1: bad_value' };
      await port().refused(
        [
          { job: 'refused', instance: '*' },
          { job: 'refused', instance: 'a' },
        ],
        refusal,
      );
      expect((await read('refused'))?.refused).toEqual(refusal);
      expect(await read('refused', 'a')).toBeUndefined();
    });

    test('who is paused forgets his run, and is resumed by the next one', async () => {
      const key = { job: 'resting', instance: '*' };
      await port().put({
        ...key,
        interval: '1d',
        grace: '1h',
        state: 'up',
        epoch: 1,
        startedMs: 1,
        runId: 'a',
        paused: true,
      });
      const seen = (await read('resting'))!;
      expect(await port().change(seen, stepAt(seen, 5_000, [])!)).toBe(true);
      const paused = (await read('resting'))!;
      expect(paused).toMatchObject({ state: 'paused', epoch: 2 });
      expect([paused.startedMs, paused.runId]).toEqual([undefined, undefined]);
      expect(await port().pinged(key, { job: 'resting', kind: 'success' }, 9_000, '')).toEqual({ isKnown: true });
      expect(await read('resting')).toMatchObject({ pauseWanted: false, lastAcceptMs: 9_000 });
    });

    test('a ping is told of on the row there is', async () => {
      const key = { job: 'pings', instance: '*' };
      const start = { job: 'pings', kind: 'start', runId: 'a' } as const;
      expect(await port().pinged(key, start, 1_000, '')).toEqual({ isKnown: false });
      await port().put({ ...key, interval: '1d', grace: '1h' });
      expect(await port().pinged(key, start, 1_000, '')).toEqual({ isKnown: true });
      expect(await read('pings')).toMatchObject({ startedMs: 1_000, runId: 'a' });
      expect(await port().pinged(key, { ...start, kind: 'success', runId: 'b' }, 2_000, '')).toEqual({ isKnown: true });
      expect(await read('pings')).toMatchObject({ startedMs: 1_000, lastAcceptMs: 2_000 });
      expect(await port().pinged(key, { ...start, kind: 'fail' }, 4_000, 'why')).toEqual({
        isKnown: true,
        durationMs: 3_000,
      });
      const failed = await read('pings');
      expect(failed).toMatchObject({ failedMs: 4_000, failedDetail: 'why', lastAcceptMs: 2_000 });
      expect(failed?.startedMs).toBeUndefined();
      expect(await port().pinged(key, { job: 'pings', kind: 'log' }, 5_000, 'x')).toEqual({ isKnown: true });
    });

    test('a schedule is registered with its zone', async () => {
      const key = { job: 'scheduled', instance: '*' };
      await port().expect(key, { interval: '60s', grace: '30m', cron: '0 2 * * *', tz: 'Asia/Kolkata' });
      expect((await read('scheduled'))?.promise).toMatchObject({ graceMs: 1_800_000, tz: 'Asia/Kolkata' });
      expect((await read('scheduled'))?.promise?.cron?.hours).toEqual(new Set([2]));
    });

    test('the plan only moves on, and is nobody’s heartbeat', async () => {
      expect(await port().planned()).toBeUndefined();
      await port().plannedUntil(120_000);
      await port().plannedUntil(60_000);
      expect(await port().planned()).toBe(120_000);
      expect(await port().heard([{ job: '__sluice', instance: 'plan' }], 5_000)).toEqual([]);
    });
  });
};
