import { readDuration } from '../duration.ts';

/** The ends of time as Prometheus's own clients write them (web/api/v1/api.go, minTimeFormatted); a Date holds no more. */
const endOfDatesMs = 8_640_000_000_000_000;
const endsOfTime: ReadonlyMap<string, number> = new Map([
  ['-292273086-05-16T16:47:06Z', -endOfDatesMs],
  ['292277025-08-18T07:12:54.999999999Z', endOfDatesMs],
]);

const decimal = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/;
const rfc3339 = /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})$/;

/** Milliseconds of `1700000000.123` (seconds) or `2026-01-31T12:00:00.5+01:00`; undefined where it is neither. */
export const readTime = (text: string): number | undefined => {
  const end = endsOfTime.get(text);
  if (end !== undefined) return end;
  if (decimal.test(text)) {
    const ms = Math.round(Number(text) * 1_000) + 0;
    return Math.abs(ms) <= endOfDatesMs ? ms : undefined;
  }
  const [, dateTime, fraction = '', zone] = rfc3339.exec(text) ?? [];
  if (dateTime === undefined || zone === undefined) return undefined;
  const localMs = Date.parse(`${dateTime}Z`);
  // Date.parse moves 30 February on into March.
  if (Number.isNaN(localMs) || !new Date(localMs).toISOString().startsWith(dateTime)) return undefined;
  const zoneMs = zone === 'Z' ? 0 : Date.parse(`1970-01-01T${zone.slice(1)}:00Z`) * (zone[0] === '-' ? -1 : 1);
  return Number.isNaN(zoneMs) ? undefined : localMs + Number(fraction.padEnd(3, '0').slice(0, 3)) - zoneMs;
};

/** Milliseconds of `5m`, `1h30m`, or a number of seconds such as `0.5`, which may be negative here; undefined for others. */
export const readSpan = (text: string): number | undefined => {
  if (!decimal.test(text)) return readDuration(text);
  const ms = Math.round(Number(text) * 1_000) + 0;
  return Math.abs(ms) <= endOfDatesMs ? ms : undefined;
};
