import { Command } from 'commander';
import { expect, test } from 'vitest';
import { type Wish, wishedOf, withWishes } from '../../bin/commands/heartbeat-wish.ts';
import { readHeartbeat } from '../../core/heartbeat/row.ts';

const nowMs = Date.UTC(2026, 5, 1, 12);

/** As the shell hands it over. */
const wished = (...words: string[]) => {
  let wish: Wish = {};
  const command = withWishes(new Command('set').exitOverride()).action((given: Wish) => {
    wish = given;
  });
  command.parse(words, { from: 'user' });
  return wishedOf(wish, nowMs);
};

const settled = { expect: null, proposal: null, learned: null };
const night = { cron: '0 22 * * 6', for: '2h' };

test.each([
  [[], {}],
  [['--grace', '2m'], { grace: '2m' }],
  [['--interval', '15s'], { ...settled, interval: '15s', cron: null, onCalendar: null, tz: null }],
  [['--interval', 'default'], { interval: null }],
  [
    ['--cron', '0 2 * * *', '--tz', 'Europe/Berlin'],
    { ...settled, cron: '0 2 * * *', tz: 'Europe/Berlin', onCalendar: null },
  ],
  [['--on-calendar', 'Mon..Fri 09:00'], { ...settled, onCalendar: 'Mon..Fri 09:00', cron: null }],
  [
    ['--expect', 'auto'],
    { ...settled, expect: 'auto', interval: null, grace: null, cron: null, onCalendar: null, tz: null },
  ],
  [['--first-seen', 'never', '--failures', '3/5'], { firstSeen: 'never', failures: '3/5' }],
  [['--flapping', 'off'], { flapping: 'off' }],
  [['--flapping', 'default', '--failures', 'default'], { flapping: null, failures: null }],
  [['--snooze', '8h'], { snoozeUntil: '2026-06-01T20:00:00.000Z' }],
  [['--snooze', '2026-06-02T08:00+02:00'], { snoozeUntil: '2026-06-02T06:00:00.000Z' }],
  [['--snooze', 'default'], { snoozeUntil: null }],
  [['--manual-resume'], { manualResume: true }],
  [['--no-manual-resume'], { manualResume: null }],
  [
    ['--maintenance', '0 22 * * 6 for 2h', '0 22 * * 6 for 2h in Europe/Berlin', '2026-06-01T22:00Z/2026-06-02T02:00Z'],
    {
      maintenance: [
        night,
        { ...night, tz: 'Europe/Berlin' },
        { from: '2026-06-01T22:00:00.000Z', until: '2026-06-02T02:00:00.000Z' },
      ],
    },
  ],
  [['--maintenance', 'default'], { maintenance: null }],
])('%j', (words, expected) => {
  const found = wished(...words);
  expect(found).toEqual(expected);
  const given = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== null));
  expect(readHeartbeat({ job: 'a', ...given }).rejects).toEqual([]);
});

test.each([
  [['--interval', '15s', '--cron', '* * * * *'], /say one of --interval and --cron/],
  [['--expect', 'auto', '--on-calendar', 'daily'], /say one of --on-calendar and --expect/],
  [['--snooze', 'tomorrow'], /expected a time with its offset/],
  [['--snooze', '2026-06-02T08:00'], /expected a time with its offset/],
  [['--maintenance', 'saturday'], /takes FROM\/UNTIL or/],
  [['--maintenance', 'a/b/c'], /takes FROM\/UNTIL or/],
])('%j is refused', (words, text) => {
  expect(() => wished(...words)).toThrow(text);
});

test('every attribute that a user may write has an option', () => {
  const options = withWishes(new Command('set')).options.map(option => option.attributeName());
  const attributes = ['interval', 'grace', 'cron', 'onCalendar', 'tz', 'firstSeen', 'failures', 'flapping', 'expect'];
  for (const name of [...attributes, 'maintenance', 'manualResume', 'snooze']) expect(options).toContain(name);
});
