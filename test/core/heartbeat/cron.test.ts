import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextCronAfter, readCron } from '../../../core/heartbeat/cron.ts';
import { instantOf, isZone, offsetMsAt } from '../../../core/heartbeat/zone.ts';

const dueAfter = (text: string, zone: string, after: string, count: number): string[] => {
  const cron = readCron(text);
  const due: string[] = [];
  let atMs: number | undefined = Date.parse(after);
  while (due.length < count && atMs !== undefined) {
    atMs = nextCronAfter(cron, zone, atMs);
    due.push(atMs === undefined ? 'never' : new Date(atMs).toISOString().replace('.000', ''));
  }
  return due;
};

test.each<[cron: string, zone: string, after: string, due: string[]]>([
  // Strictly after: an instant that is due is not its own next.
  ['0 12 * * *', 'UTC', '2026-05-01T12:00:00Z', ['2026-05-02T12:00:00Z']],
  ['0 12 * * *', 'UTC', '2026-05-01T11:59:59.999Z', ['2026-05-01T12:00:00Z']],
  // Paris, spring: 02:15 is left out and due when the clock has jumped, once although two times are left out.
  ['15,45 2 * * *', 'Europe/Paris', '2026-03-28T12:00:00Z', ['2026-03-29T01:00:00Z', '2026-03-30T00:15:00Z']],
  // Paris, autumn: 02:15 comes twice and is due once.
  ['15 2 * * *', 'Europe/Paris', '2026-10-24T12:00:00Z', ['2026-10-25T00:15:00Z', '2026-10-26T01:15:00Z']],
  // What runs every hour goes by real time over both.
  ['15 * * * *', 'Europe/Paris', '2026-03-29T00:00:00Z', ['2026-03-29T00:15:00Z', '2026-03-29T01:15:00Z']],
  ['15 * * * *', 'Europe/Paris', '2026-10-25T00:00:00Z', ['2026-10-25T00:15:00Z', '2026-10-25T01:15:00Z']],
  // Half an hour of daylight saving, and zones that are no whole hour off.
  ['0 3 * * *', 'Australia/Lord_Howe', '2026-04-03T17:00:00Z', ['2026-04-04T16:30:00Z']],
  ['30 9 * * *', 'Asia/Kolkata', '2026-05-01T00:00:00Z', ['2026-05-01T04:00:00Z']],
  // Days: the thirteenth or any Friday; with a star in front of one of them, both.
  [
    '0 0 13 * FRI',
    'UTC',
    '2026-02-01T00:00:00Z',
    ['2026-02-06T00:00:00Z', '2026-02-13T00:00:00Z', '2026-02-20T00:00:00Z'],
  ],
  ['0 0 */13 * FRI', 'UTC', '2026-05-01T00:00:00Z', ['2026-08-14T00:00:00Z', '2026-11-27T00:00:00Z']],
  ['0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', ['2028-02-29T00:00:00Z']],
  ['0 0 LW * *', 'UTC', '2026-05-01T00:00:00Z', ['2026-05-29T00:00:00Z', '2026-06-30T00:00:00Z']],
  ['0 0 * * 2#5', 'UTC', '2026-07-01T00:00:00Z', ['2026-09-29T00:00:00Z']],
])('%s in %s after %s is due %j', (cron, zone, after, due) => {
  expect(dueAfter(cron, zone, after, due.length)).toEqual(due);
});

test.each([
  ['* * *', '3 fields, expected minute, hour, day, month and weekday'],
  ['60 * * * *', 'minute 60, expected 0 to 59'],
  ['5-1 * * * *', '5-1: ends before it begins'],
  ['*/0 * * * *', '*/0: a step of 0'],
  ['x * * * *', '"X" is no minute'],
  ['0 0 31 6 *', 'day 31 never comes in month 6'],
  ['0 0 * * 1#6', '1#6: a weekday comes up to five times in a month'],
])('%s is no schedule: %s', (cron, reason) => {
  expect(() => readCron(cron)).toThrow(reason);
});

test('every instant of a wall clock is found again, and the first of two', () => {
  const zones = ['UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia', 'Australia/Lord_Howe'];
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: Date.UTC(2020), max: Date.UTC(2040) }).map(ms => ms - (ms % 1_000)),
      (zone, utcMs) => {
        const wallMs = utcMs + offsetMsAt(zone, utcMs);
        const found = instantOf(zone, wallMs);
        expect(found).toBeLessThanOrEqual(utcMs);
        expect(found! + offsetMsAt(zone, found!)).toBe(wallMs);
      },
    ),
  );
});

test('a zone nobody knows is none', () => {
  expect(['UTC', 'Asia/Kolkata', 'Europe/Kyiv'].map(isZone)).toEqual([true, true, true]);
  expect(['', 'Mars/Base', 'Europe/paris!'].map(isZone)).toEqual([false, false, false]);
});
