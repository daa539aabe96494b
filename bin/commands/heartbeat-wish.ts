import type { Command } from 'commander';
import { readDuration } from '../../core/duration.ts';
import type { Expectation } from '../../io/ports.ts';
import { Complaint } from './complaint.ts';

/** What `heartbeats add` and `set` may be told; each is an attribute of the row. */
export type Wish = {
  readonly interval?: string;
  readonly grace?: string;
  readonly cron?: string;
  readonly onCalendar?: string;
  readonly tz?: string;
  readonly firstSeen?: string;
  readonly failures?: string;
  readonly flapping?: string;
  readonly expect?: string;
  readonly maintenance?: readonly string[];
  readonly snooze?: string;
  readonly manualResume?: boolean;
};

/** What takes a wish back, so that the collector's default holds again. */
const byDefault = 'default';

/** Tells a command of them. */
export const withWishes = (command: Command): Command =>
  command
    .option('--interval <duration>', 'how often it is heard, from 1s to 365d (default 60s)')
    .option('--grace <duration>', 'how long to wait beyond that; a run that began must end within it (default 35s)')
    .option('--cron <schedule>', 'when it runs, as crontab has it, instead of an interval')
    .option('--on-calendar <event>', 'when it runs, as systemd.time has it: "Mon..Fri 09:00", instead of an interval')
    .option('--tz <zone>', 'time zone of the schedule (default UTC)')
    .option(
      '--expect <how>',
      'no promise yet: auto learns its cadence and proposes one, apply puts it into force as well',
    )
    .option('--first-seen <duration>', 'how long to wait for the first sign of life, or never')
    .option('--failures <n/m>', 'down when so many of so many beats or slots are missed, for example 3/5')
    .option(
      '--flapping <n/window>',
      'told once as FLAPPING when it falls so often within so long, for example 4/1h; or off',
    )
    .option(
      '--maintenance <window...>',
      'when nothing is held against it: 2026-06-01T22:00Z/2026-06-02T02:00Z, or "0 22 * * 6 for 2h in Europe/Berlin"',
    )
    .option('--snooze <time>', 'nothing new is told until then, 2026-06-01T08:00+02:00, or for so long, 8h')
    .option('--manual-resume', 'only people resume it once it is paused')
    .option('--no-manual-resume', 'a ping resumes it once it is paused');

/** One exact instant, as rows have it. */
const instantOf = (text: string): string => {
  const ms = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new Complaint(`expected a time with its offset, such as 2026-06-01T08:00Z, found ${text}`);
  return new Date(ms).toISOString();
};

const windowOf = (text: string): Readonly<Record<string, string>> => {
  const [, cron, length, tz] = /^(.+?) +for +(\S+)(?: +in +(\S+))?$/.exec(text) ?? [];
  if (cron !== undefined && length !== undefined) return { cron, for: length, ...(tz !== undefined && { tz }) };
  const [from = '', until, ...more] = text.split('/');
  if (until === undefined || more.length > 0)
    throw new Complaint(`--maintenance takes FROM/UNTIL or "CRON for LENGTH in ZONE", found ${text}`);
  return { from: instantOf(from), until: instantOf(until) };
};

/**
 * What is to be written on a row, null for what is taken back; only what was said. A promise is of one kind: an interval ends a
 * schedule, a schedule the other one, and to learn ends both.
 */
export const wishedOf = (wish: Wish, nowMs: number): Expectation => {
  const { interval, cron, onCalendar, tz, expect, maintenance, snooze, firstSeen, manualResume, ...plain } = wish;
  const kinds = { '--interval': interval, '--cron': cron, '--on-calendar': onCalendar, '--expect': expect };
  const said = Object.entries(kinds).filter(([, value]) => value !== undefined && value !== byDefault);
  if (said.length > 1) throw new Complaint(`say one of ${said.map(([name]) => name).join(' and ')}`);
  const settled = { expect: null, proposal: null, learned: null } as const;
  const kind =
    said.length === 0
      ? {}
      : {
          '--interval': { ...settled, interval, cron: null, onCalendar: null, tz: null },
          '--cron': { ...settled, cron, onCalendar: null },
          '--on-calendar': { ...settled, onCalendar, cron: null },
          '--expect': { ...settled, expect, interval: null, grace: null, cron: null, onCalendar: null, tz: null },
        }[said[0]![0]];
  const texts = { ...plain, firstSeen, tz };
  const given = Object.entries(texts).filter(([, value]) => value !== undefined);
  const taken = Object.entries({ interval, cron, onCalendar, expect }).filter(([, value]) => value === byDefault);
  return {
    ...kind,
    ...Object.fromEntries([...given, ...taken].map(([name, value]) => [name, value === byDefault ? null : value])),
    ...(maintenance && { maintenance: maintenance.includes(byDefault) ? null : maintenance.map(windowOf) }),
    ...(snooze !== undefined && { snoozeUntil: snoozedUntil(snooze, nowMs) }),
    ...(manualResume !== undefined && { manualResume: manualResume || null }),
  } as Expectation;
};

const snoozedUntil = (text: string, nowMs: number): string | null => {
  if (text === byDefault) return null;
  const forMs = readDuration(text);
  return forMs === undefined ? instantOf(text) : new Date(nowMs + forMs).toISOString();
};
