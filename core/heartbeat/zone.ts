/** Local time as numbers: month 1–12, weekday 0 (Sunday) to 6. */
export type Local = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether the runtime knows a time zone by this name (IANA, or UTC). */
export const isZone = (zone: string): boolean => {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
};

const formatOf = (zone: string): Intl.DateTimeFormat => {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, format);
  return format;
};

/** What to add to UTC at that instant to have the zone's wall clock. */
export const offsetMsAt = (zone: string, utcMs: number): number => {
  if (zone === 'UTC') return 0;
  const parts: Record<string, number> = {};
  const secondMs = Math.floor(utcMs / 1_000) * 1_000;
  for (const { type, value } of formatOf(zone).formatToParts(secondMs)) parts[type] = Number(value);
  const { year, month, day, hour, minute, second } = parts as Record<keyof Local, number>;
  return Date.UTC(year, month - 1, day, hour, minute, second) - secondMs;
};

/**
 * The first instant at which the zone's wall clock shows `wallMs` (a local time, as if it were UTC). Undefined for times that
 * daylight saving leaves out.
 */
export const instantOf = (zone: string, wallMs: number): number | undefined => {
  // Offsets change by hours at most: those of a day before and a day after are all there can be.
  const offsets = [offsetMsAt(zone, wallMs - day), offsetMsAt(zone, wallMs + day)];
  const instants = offsets
    .map(offsetMs => wallMs - offsetMs)
    .filter(utcMs => utcMs + offsetMsAt(zone, utcMs) === wallMs);
  return instants.length === 0 ? undefined : Math.min(...instants);
};

const day = 86_400_000;

/** The fields of a local time given as if it were UTC. */
export const localOf = (wallMs: number): Local => {
  const date = new Date(wallMs);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    weekday: date.getUTCDay(),
  };
};
