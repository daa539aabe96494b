import { instantOf, type Local, localOf, offsetMsAt } from './zone.ts';

/** A cron schedule: five fields, or six with seconds in front. */
export type Cron = {
  readonly seconds: ReadonlySet<number>;
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly matchesDay: (local: Local) => boolean;
  /** Minutes and hours are named: it runs by the wall clock, also on days when that jumps. */
  readonly isFixed: boolean;
};

/** Of a month: its last day, its last weekday from Monday to Friday, or the nth (or last) weekday of a kind. */
type Special = 'L' | 'LW' | { readonly weekday: number; readonly nth: number | 'L' };
type Item = number | Special;
type Field = {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly symbols?: readonly string[];
};

const fields = {
  second: { name: 'second', from: 0, to: 59 },
  minute: { name: 'minute', from: 0, to: 59 },
  hour: { name: 'hour', from: 0, to: 23 },
  day: { name: 'day', from: 1, to: 31 },
  month: {
    name: 'month',
    from: 1,
    to: 12,
    symbols: ' JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' '),
  },
  weekday: { name: 'weekday', from: 0, to: 7, symbols: 'SUN MON TUE WED THU FRI SAT'.split(' ') },
} as const satisfies Record<string, Field>;

/** Why a text is no cron schedule. */
class BadCron extends Error {}

/** Reads what Debian's cron, crontab(5), takes, and L, LW, nL and n#m as cronsim does. Throws BadCron. */
export const readCron = (text: string): Cron => {
  const parts = text.toUpperCase().trim().split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6)
    throw new BadCron(`${parts.length} fields, expected minute, hour, day, month and weekday`);
  const [second, minute, hour, day, month, weekday] = (parts.length === 5 ? ['0', ...parts] : parts) as [
    ...(readonly [string, string, string, string, string, string]),
  ];
  const numbers = (field: Field, part: string): ReadonlySet<number> => new Set(itemsOf(field, part) as number[]);
  const days = itemsOf(fields.day, day);
  const months = numbers(fields.month, month);
  const weekdays = itemsOf(fields.weekday, weekday).map(item => (item === 7 ? 0 : item));
  const cron = {
    seconds: numbers(fields.second, second),
    minutes: numbers(fields.minute, minute),
    hours: numbers(fields.hour, hour),
    months,
    matchesDay: dayMatcherOf(days, weekdays, day.startsWith('*') || weekday.startsWith('*')),
    isFixed: !minute.startsWith('*') && !hour.startsWith('*'),
  };
  const shortest = Math.min(...days.map(item => (typeof item === 'number' ? item : 1)));
  if (new Set(weekdays).size === 7 && ![...months].some(each => shortest <= longestOf(each)))
    throw new BadCron(`day ${shortest} never comes in month ${month.toLowerCase()}`);
  return cron;
};

const longestOf = (month: number): number => (month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31);

const itemsOf = (field: Field, part: string): Item[] => {
  if (part === '*') return Array.from({ length: field.to - field.from + 1 }, (_, index) => field.from + index);
  if (part.includes(',')) return part.split(',').flatMap(each => itemsOf(field, each));
  if (field.name === 'weekday' && part.includes('#')) {
    const [weekday = '', ...nth] = part.split('#');
    const number = plain(field, nth.join('#'));
    if (number < 1 || number > 5) throw new BadCron(`${part}: a weekday comes up to five times in a month`);
    return [{ weekday: single(field, weekday) % 7, nth: number }];
  }
  if (part.includes('/')) {
    const slash = part.indexOf('/');
    const step = plain(field, part.slice(slash + 1));
    if (step === 0) throw new BadCron(`${part}: a step of 0`);
    const items = itemsOf(field, part.slice(0, slash));
    const [first] = items;
    if (typeof first !== 'number') {
      if (field.name === 'day') return items;
      throw new BadCron(`${part}: only numbers go by steps`);
    }
    const all = items.length === 1 ? Array.from({ length: field.to - first + 1 }, (_, index) => first + index) : items;
    return all.filter((_, index) => index % step === 0);
  }
  if (part.includes('-')) {
    const dash = part.indexOf('-');
    const [from, to] = [single(field, part.slice(0, dash)), single(field, part.slice(dash + 1))];
    if (to < from) throw new BadCron(`${part}: ends before it begins`);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  }
  if (field.name === 'day' && (part === 'L' || part === 'LW')) return [part];
  if (field.name === 'weekday' && part.endsWith('L'))
    return [{ weekday: plainWithin(field, part.slice(0, -1)) % 7, nth: 'L' }];
  return [single(field, part)];
};

const plain = (field: Field, text: string): number => {
  if (!/^[0-9]+$/.test(text)) throw new BadCron(`${JSON.stringify(text)} is no ${field.name}`);
  return Number(text);
};

const plainWithin = (field: Field, text: string): number => {
  const number = plain(field, text);
  if (number < field.from || number > field.to)
    throw new BadCron(`${field.name} ${number}, expected ${field.from} to ${field.to}`);
  return number;
};

const single = (field: Field, text: string): number => {
  const symbol = text === '' ? -1 : (field.symbols?.indexOf(text) ?? -1);
  return symbol >= 0 ? symbol : plainWithin(field, text);
};

/** Debian: where both are named either will do, where one begins with a star both must hold. */
const dayMatcherOf =
  (days: readonly Item[], weekdays: readonly Item[], both: boolean): ((local: Local) => boolean) =>
  local => {
    const byDay = days.some(item => matches(item, local, local.day));
    const byWeekday = weekdays.some(item => matches(item, local, local.weekday));
    return both ? byDay && byWeekday : byDay || byWeekday;
  };

const matches = (item: Item, { year, month, day, weekday }: Local, value: number): boolean => {
  if (typeof item === 'number') return item === value;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (item === 'L') return day === last;
  if (item === 'LW') {
    const lastWeekday = new Date(Date.UTC(year, month - 1, last)).getUTCDay();
    return day === last - (lastWeekday === 6 ? 1 : lastWeekday === 0 ? 2 : 0);
  }
  if (item.weekday !== weekday) return false;
  return item.nth === 'L' ? day + 7 > last : Math.ceil(day / 7) === item.nth;
};

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * The first instant after `afterMs` at which it is due, by the wall clock of the zone; undefined where there is none within 50
 * years. A fixed time that daylight saving leaves out is due when the clock has jumped, one that comes twice is due the first
 * time; what runs every hour or every so many minutes goes by real time.
 */
export const nextCronAfter = (cron: Cron, zone: string, afterMs: number): number | undefined => {
  const untilMs = afterMs + 50 * 366 * day;
  if (!cron.isFixed) {
    let utcMs = Math.floor(afterMs / second) * second + second;
    while (utcMs < untilMs) {
      const wallMs = utcMs + offsetMsAt(zone, utcMs);
      const skipMs = skipAt(cron, wallMs);
      if (skipMs === 0) return utcMs;
      utcMs += skipMs;
    }
    return undefined;
  }
  let wallMs = Math.floor(afterMs / second) * second + offsetMsAt(zone, afterMs) + second;
  while (wallMs < untilMs) {
    const skipMs = skipAt(cron, wallMs);
    wallMs += skipMs;
    if (skipMs !== 0) continue;
    let utcMs = instantOf(zone, wallMs);
    while (utcMs === undefined) {
      wallMs += minute - (wallMs % minute);
      utcMs = instantOf(zone, wallMs);
    }
    if (utcMs > afterMs) return utcMs;
    wallMs += second;
  }
  return undefined;
};

/**
 * How far it is at least to the next local time that may match, 0 where this one does. Whole days are left by the hour, because
 * they are not all equally long.
 */
const skipAt = ({ seconds, minutes, hours, months, matchesDay, isFixed }: Cron, wallMs: number): number => {
  const local = localOf(wallMs);
  if (!months.has(local.month) || !matchesDay(local)) return (isFixed ? day : hour) - (wallMs % (isFixed ? day : hour));
  if (!hours.has(local.hour)) return hour - (wallMs % hour);
  if (!minutes.has(local.minute)) return minute - (wallMs % minute);
  return seconds.has(local.second) ? 0 : second;
};
