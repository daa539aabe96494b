import { limits } from '../limits.ts';
import { instantOf, isZone, type Local, localOf, offsetMsAt } from './zone.ts';

// systemd's calendar events, systemd.time(7): `Mon..Fri *-*-* 09:00:00 Europe/Berlin`. No fractions of a second.

/** One component: matches everything, or values, ranges and repetitions. */
type Part = { readonly from: number; readonly to: number; readonly step: number };
type Component = readonly Part[];

export type Calendar = {
  readonly weekdays: ReadonlySet<number>;
  readonly year: Component;
  readonly month: Component;
  readonly day: Component;
  /** Days are counted from the end of the month, 1 being its last. */
  readonly isFromEnd: boolean;
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly seconds: readonly number[];
  /** Named in the expression itself. */
  readonly zone?: string;
};

/** Why a text is no calendar event. */
export class BadCalendar extends Error {}

const shorthands: Readonly<Record<string, string>> = {
  minutely: '*-*-* *:*:00',
  hourly: '*-*-* *:00:00',
  daily: '*-*-* 00:00:00',
  weekly: 'Mon *-*-* 00:00:00',
  monthly: '*-*-01 00:00:00',
  quarterly: '*-01,04,07,10-01 00:00:00',
  semiannually: '*-01,07-01 00:00:00',
  yearly: '*-01-01 00:00:00',
  annually: '*-01-01 00:00:00',
};
const dayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const yearTo = 2_200;

/** Reads one calendar event. Throws BadCalendar. */
export const readCalendar = (text: string): Calendar => {
  const words = text.trim().split(/\s+/);
  const last = words.at(-1) ?? '';
  const isNamed = words.length > 1 && /^[A-Za-z]/.test(last) && !isWeekdays(last) && isZone(last);
  const zone = isNamed ? { zone: last } : {};
  const own = isNamed ? words.slice(0, -1) : words;
  const whole = own.length === 1 ? shorthands[own[0]!.toLowerCase()] : undefined;
  const parts = whole?.split(' ') ?? own;
  const weekday = isWeekdays(parts[0] ?? '') ? parts.shift() : undefined;
  const date = parts[0]?.includes(':') === false ? parts.shift() : undefined;
  const time = parts.shift();
  if (parts.length > 0 || (weekday ?? date ?? time) === undefined)
    throw new BadCalendar(
      `${JSON.stringify(text)}: expected weekdays, date, time and zone, as in Mon *-*-* 09:00:00 UTC`,
    );
  const { year, month, day, isFromEnd } = dateOf(date ?? '*-*-*');
  const clock = (time ?? '00:00:00').split(':');
  if (clock.length < 2 || clock.length > 3) throw new BadCalendar(`${JSON.stringify(time)} is no time`);
  const [hours, minutes, seconds] = [clock[0]!, clock[1]!, clock[2] ?? '00'].map((component, index) =>
    valuesOf(component, index === 0 ? 23 : 59),
  );
  return {
    weekdays: weekdaysOf(weekday),
    year,
    month,
    day,
    isFromEnd,
    hours: hours!,
    minutes: minutes!,
    seconds: seconds!,
    ...zone,
  };
};

const numberOfDay = (name: string): number =>
  name.length < 3
    ? -1
    : dayNames.findIndex(day => day === name.toLowerCase() || day.slice(0, 3) === name.toLowerCase());

const isWeekdays = (text: string): boolean =>
  text !== '' &&
  text
    .replace(/,$/, '')
    .split(',')
    .every(range => range.split('..').every(name => numberOfDay(name) >= 0));

const weekdaysOf = (text: string | undefined): ReadonlySet<number> => {
  if (text === undefined) return new Set([0, 1, 2, 3, 4, 5, 6]);
  const days = new Set<number>();
  for (const range of text.replace(/,$/, '').split(',')) {
    const [from = 0, to = from] = range.split('..').map(numberOfDay);
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  return days;
};

const dateOf = (text: string): Pick<Calendar, 'year' | 'month' | 'day' | 'isFromEnd'> => {
  const isFromEnd = text.includes('~');
  const parts = text.replace('~', '-').split('-');
  if (parts.length < 2 || parts.length > 3) throw new BadCalendar(`${JSON.stringify(text)} is no date`);
  const [day, month, year = '*'] = parts.toReversed();
  const days = componentOf(day!, 1, 31);
  // Counted from the end a repetition goes on towards it: ~07/1 is the last seven days.
  const towardsEnd = (part: Part): Part =>
    part.step > 1 || day!.includes('/') ? { ...part, from: ((part.from - 1) % part.step) + 1, to: part.from } : part;
  return {
    year: componentOf(year, 1970, yearTo),
    month: componentOf(month!, 1, 12),
    day: isFromEnd ? days.map(towardsEnd) : days,
    isFromEnd,
  };
};

const componentOf = (text: string, least: number, most: number): Component =>
  text.split(',').map(each => {
    const [, range = '', , step] = /^([0-9*.]+)(\/([0-9]+))?$/.exec(each) ?? [];
    const [first = '', end, ...more] = range.split('..');
    const isAny = first === '*';
    const from = isAny ? least : Number(first);
    // A value with a step repeats to the end of what there is.
    const to = end !== undefined ? Number(end) : isAny || step !== undefined ? most : from;
    const isGood =
      more.length === 0 && /^([0-9]+|\*)$/.test(first) && (end === undefined || (!isAny && /^[0-9]+$/.test(end)));
    if (!isGood || from < least || to > most || to < from || step === '0')
      throw new BadCalendar(`${JSON.stringify(each)}: expected values from ${least} to ${most}, as in 1, 1..5, */2`);
    return { from, to, step: Number(step ?? 1) };
  });

const isIn = (component: Component, value: number): boolean =>
  component.some(({ from, to, step }) => value >= from && value <= to && (value - from) % step === 0);

const valuesOf = (text: string, most: number): readonly number[] => {
  const component = componentOf(text, 0, most);
  return Array.from({ length: most + 1 }, (_, value) => value).filter(value => isIn(component, value));
};

const dayMs = 86_400_000;

const isDay = ({ weekdays, year, month, day, isFromEnd }: Calendar, local: Local): boolean => {
  const last = new Date(Date.UTC(local.year, local.month, 0)).getUTCDate();
  const number = isFromEnd ? last - local.day + 1 : local.day;
  return weekdays.has(local.weekday) && isIn(year, local.year) && isIn(month, local.month) && isIn(day, number);
};

/**
 * The first instant after `afterMs` at which the event is due by the zone's wall clock; undefined where there is none within
 * limits.scheduleYears. A time that daylight saving leaves out is not due that day, one that comes twice the first time.
 */
export const nextCalendarAfter = (calendar: Calendar, zone: string, afterMs: number): number | undefined => {
  const tz = calendar.zone ?? zone;
  // A day earlier, so that no time is missed on a day whose clock went back.
  const fromWallMs = Math.floor((afterMs + offsetMsAt(tz, afterMs)) / dayMs) * dayMs - dayMs;
  for (let wallMs = fromWallMs; wallMs < fromWallMs + limits.scheduleYears * 366 * dayMs; wallMs += dayMs) {
    if (!isDay(calendar, localOf(wallMs))) continue;
    for (const timeMs of timesOf(calendar)) {
      // No zone is further from UTC than 15 hours: most times of the first days need no look at the zone.
      if (wallMs + timeMs + 15 * 3_600_000 <= afterMs) continue;
      const utcMs = instantOf(tz, wallMs + timeMs);
      if (utcMs !== undefined && utcMs > afterMs) return utcMs;
    }
  }
  return undefined;
};

/** Times of a day, earliest first. */
function* timesOf({ hours, minutes, seconds }: Calendar): Generator<number> {
  for (const hour of hours)
    for (const minute of minutes) for (const second of seconds) yield ((hour * 60 + minute) * 60 + second) * 1_000;
}
