/** Functions of one number. */
export const ofNumber: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  deg: value => (value * 180) / Math.PI,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  rad: value => (value * Math.PI) / 180,
  sgn: value => (value < 0 ? -1 : value > 0 ? 1 : value),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
};

/** A day in the calendar that never changed, in UTC. `month` counts from 1. */
type Day = { readonly year: number; readonly month: number; readonly day: number };

/** The day that begins `days` after 1970-01-01 (Howard Hinnant, chrono-compatible low-level date algorithms). */
const dayOf = (days: number): Day => {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
};

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

const lengthOf = ({ year, month }: Day): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;

const secondsADay = 86_400;

/**
 * Seconds as Go takes them into a time: whole, towards nought. What no 64-bit integer holds becomes the least one, and
 * that wraps around in Go's calendar to the second after the greatest: the year 292277026596.
 */
const wholeSeconds = (value: number): number =>
  Number.isNaN(value) || Math.abs(value) >= 2 ** 63 ? 2 ** 63 : Math.trunc(value);

const ofDay =
  (of: (day: Day, days: number) => number) =>
  (value: number): number => {
    const days = Math.floor(wholeSeconds(value) / secondsADay);
    return of(dayOf(days), days);
  };

/** By remainders, which are exact also where products are not. */
const secondOfDay = (value: number): number => ((wholeSeconds(value) % secondsADay) + secondsADay) % secondsADay;

/** Parts of the date and time, in UTC, of a number of seconds since 1970. */
export const ofTime: Readonly<Record<string, (value: number) => number>> = {
  days_in_month: ofDay(lengthOf),
  day_of_month: ofDay(({ day }) => day),
  day_of_week: ofDay((_, days) => (((days + 4) % 7) + 7) % 7),
  day_of_year: ofDay(({ year, month, day }) => daysBefore[month - 1]! + day + (month > 2 && isLeap(year) ? 1 : 0)),
  hour: value => Math.floor(secondOfDay(value) / 3_600),
  minute: value => Math.floor(secondOfDay(value) / 60) % 60,
  month: ofDay(({ month }) => month),
  year: ofDay(({ year }) => year),
};
