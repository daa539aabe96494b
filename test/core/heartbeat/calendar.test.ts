import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BadCalendar, nextCalendarAfter, readCalendar } from '../../../core/heartbeat/calendar.ts';
import { nextCronAfter, readCron } from '../../../core/heartbeat/cron.ts';

const next = (text: string, after: string, zone = 'UTC', count = 1): (string | undefined)[] => {
  const found: (string | undefined)[] = [];
  let atMs: number | undefined = Date.parse(after);
  for (let round = 0; round < count && atMs !== undefined; round += 1) {
    atMs = nextCalendarAfter(readCalendar(text), zone, atMs);
    found.push(atMs === undefined ? undefined : new Date(atMs).toISOString().replace('.000Z', 'Z'));
  }
  return found;
};

describe('a calendar event', () => {
  // The examples of systemd.time(7), from Thursday 2026-01-01.
  test.each([
    ['Sat,Thu,Mon..Wed,Sat..Sun', '2026-01-03T00:00:00Z'],
    ['Mon,Sun 12-*-* 2,1:23', undefined],
    ['Wed *-1', '2026-04-01T00:00:00Z'],
    ['Wed..Wed,Wed *-1', '2026-04-01T00:00:00Z'],
    ['Wed, 17:48', '2026-01-07T17:48:00Z'],
    ['10-15', '2026-10-15T00:00:00Z'],
    ['monday *-12-* 17:00', '2026-12-07T17:00:00Z'],
    ['Mon,Fri *-*-3,1,2 *:30:45', '2026-01-02T00:30:45Z'],
    ['12,14,13,12:20,10,30', '2026-01-01T12:10:00Z'],
    ['*-*-* *:0/15', '2026-01-01T00:15:00Z'],
    ['daily', '2026-01-02T00:00:00Z'],
    ['hourly', '2026-01-01T01:00:00Z'],
    ['minutely', '2026-01-01T00:01:00Z'],
    ['weekly', '2026-01-05T00:00:00Z'],
    ['monthly', '2026-02-01T00:00:00Z'],
    ['quarterly', '2026-04-01T00:00:00Z'],
    ['semiannually', '2026-07-01T00:00:00Z'],
    ['yearly', '2027-01-01T00:00:00Z'],
    ['annually', '2027-01-01T00:00:00Z'],
    ['*-*~1', '2026-01-31T00:00:00Z'],
    ['*-02~03', '2026-02-26T00:00:00Z'],
    ['Mon *-05~07/1', '2026-05-25T00:00:00Z'],
    ['*-02-29', '2028-02-29T00:00:00Z'],
    ['2027-06-01 10:00', '2027-06-01T10:00:00Z'],
    ['2025-06-01', undefined],
    ['Mon..Fri 09:00 Europe/Berlin', '2026-01-01T08:00:00Z'],
    ['*:0/20', '2026-01-01T00:20:00Z'],
    ['Fri..Mon 08:00', '2026-01-02T08:00:00Z'],
  ])('%s', (text, due) => {
    if (text.startsWith('Mon,Sun 12-*-*')) return expect(() => readCalendar(text)).toThrow(BadCalendar);
    expect(next(text, '2026-01-01T00:00:00Z')).toEqual([due]);
  });

  test.each([
    '',
    'Foo',
    '25:00',
    '*-13-01',
    '*-*-* 10:00:00.5',
    '1..',
    '*-*-*-* 1:00',
    'Mon Tue 1:00',
    '10:60',
    '*-*-0',
    '*:0/0',
  ])('%j is none', text => expect(() => readCalendar(text)).toThrow(BadCalendar));

  test.each([
    // Left out on 2026-03-29, when the clock goes from 2 to 3.
    ['02:30', '2026-03-28T00:00:00Z', 'Europe/Berlin', ['2026-03-28T01:30:00Z', '2026-03-30T00:30:00Z']],
    // Twice on 2026-10-25: due the first time.
    ['02:30', '2026-10-24T12:00:00Z', 'Europe/Berlin', ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z']],
    ['daily', '2026-06-01T03:59:59Z', 'America/New_York', ['2026-06-01T04:00:00Z', '2026-06-02T04:00:00Z']],
  ])('%s after %s in %s', (text, after, zone, due) => {
    expect(next(text, after, zone, due.length)).toEqual(due);
  });

  test('is due when cron says the same', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 4, max: 23 }),
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }),
        fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/Los_Angeles'),
        (minute, hour, weekday, atS, zone) => {
          const name = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][weekday];
          expect(nextCalendarAfter(readCalendar(`${name} ${hour}:${minute}`), zone, atS * 1_000)).toBe(
            nextCronAfter(readCron(`${minute} ${hour} * * ${weekday}`), zone, atS * 1_000),
          );
        },
      ),
    );
  });
});
