import { type Calendar, nextCalendarAfter } from './calendar.ts';
import { type Cron, nextCronAfter } from './cron.ts';
import type { BlindSpan } from './silence.ts';

/** To be heard every so often, or by a schedule in its time zone, and how long to wait then. */
export type HeartbeatPromise = {
  readonly intervalMs: number;
  readonly graceMs: number;
  readonly cron?: Cron;
  readonly calendar?: Calendar;
  readonly tz?: string;
  /** How long to wait for the first sign of life; Infinity: for ever. Absent: as for any other. */
  readonly firstSeenMs?: number;
};

/** A time in which nobody is accused: once, or for so long from each time of a schedule on. */
export type Maintenance =
  | { readonly fromMs: number; readonly toMs: number }
  | { readonly cron: Cron; readonly tz: string; readonly forMs: number };

/** How long a source may be silent that was heard at `fromMs`: until it is due, and its grace. */
export const allowedMsAfter = (promise: HeartbeatPromise, fromMs: number, isFirst: boolean): number => {
  const { intervalMs, graceMs, cron, calendar, tz = 'UTC', firstSeenMs } = promise;
  if (isFirst && firstSeenMs !== undefined) return firstSeenMs;
  if (cron === undefined && calendar === undefined) return intervalMs + graceMs;
  const nextMs =
    cron !== undefined ? nextCronAfter(cron, tz, fromMs) : calendar && nextCalendarAfter(calendar, tz, fromMs);
  return (nextMs ?? Number.POSITIVE_INFINITY) - fromMs + graceMs;
};

/** When it is expected, as a person would say it. */
export const whenOf = ({ intervalMs, cron, calendar, tz }: HeartbeatPromise): string =>
  cron === undefined && calendar === undefined
    ? `every ${Math.round(intervalMs / 100) / 10} s`
    : `by its schedule in ${calendar?.zone ?? tz}`;

/** Spans of maintenance that touch [fromMs, toMs), unordered. At most `most` of each schedule. */
export const maintenanceIn = (
  windows: readonly Maintenance[],
  fromMs: number,
  toMs: number,
  most: number,
): readonly BlindSpan[] =>
  windows.flatMap(window => {
    if ('fromMs' in window) return window.toMs > fromMs && window.fromMs < toMs ? [window] : [];
    const spans: BlindSpan[] = [];
    let atMs: number | undefined = fromMs - window.forMs;
    while (spans.length < most) {
      atMs = nextCronAfter(window.cron, window.tz, atMs);
      if (atMs === undefined || atMs >= toMs) break;
      if (atMs + window.forMs > fromMs) spans.push({ fromMs: atMs, toMs: atMs + window.forMs });
    }
    return spans;
  });
