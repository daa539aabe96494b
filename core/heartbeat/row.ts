import * as z from 'zod';
import { readDuration } from '../duration.ts';
import { limits } from '../limits.ts';
import type { Read } from '../reject.ts';
import { durationField, jobField, readRow } from '../row.ts';
import { readCalendar } from './calendar.ts';
import { readCron } from './cron.ts';
import { type FlapRule, flapRuleDefault } from './flapping.ts';
import { anyInstance, type Flip, type Heartbeat } from './heartbeat.ts';
import type { Maintenance } from './schedule.ts';
import { isZone } from './zone.ts';

const timeMs = z.number().int();

const flip = z.object({
  epoch: z.number(),
  kind: z.enum(['DOWN', 'RESOLVED', 'FLAPPING']),
  atMs: timeMs,
  sinceMs: timeMs,
  reason: z.string(),
  detail: z.string(),
});

const failing = z.object({
  targetId: z.string(),
  url: z.string(),
  intervalMs: z.number(),
  reason: z.string(),
  detail: z.string(),
  firstSlotMs: timeMs,
  lastSlotMs: timeMs,
});

/** A text that a reader reads, which throws where it cannot. */
const readBy = <T>(read: (text: string) => T) =>
  z.string().transform((text, context) => {
    try {
      return read(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });

const zone = z.string().refine(isZone, 'is no time zone known here');

/** An instant as ISO 8601 has it, with its offset from UTC. */
const instant = z.iso.datetime({ offset: true }).transform(text => Date.parse(text));

const once = z
  .object({ from: instant, until: instant })
  .refine(({ from, until }) => from < until, 'ends before it begins')
  .transform(({ from, until }): Maintenance => ({ fromMs: from, toMs: until }));

const recurring = z
  .object({ cron: readBy(readCron), for: durationField(1_000, limits.maintenanceMaxMs), tz: zone.default('UTC') })
  .transform(({ cron, for: forMs, tz }): Maintenance => ({ cron, forMs, tz }));

/** `4/1h`: so many falls within so long. `off`: nobody counts. */
const flapRule = z.string().transform((text, context): FlapRule | 'off' => {
  if (text === 'off') return text;
  const [, falls, within = ''] = /^([0-9]{1,2})\/(.+)$/.exec(text) ?? [];
  const withinMs = readDuration(within) ?? 0;
  const isGood = Number(falls) >= 2 && Number(falls) <= limits.flapFallsMax;
  if (isGood && withinMs >= limits.flapWithinMinMs && withinMs <= limits.flapWithinMaxMs)
    return { falls: Number(falls), withinMs };
  const message = `expected off, or how many falls within how long, such as 4/1h: 2 to ${limits.flapFallsMax} within 1m to 7d`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** What a user writes (job, instance, interval, grace, paused) beside what the collector keeps on the same row. */
const row = z.object({
  job: jobField,
  instance: z.string().min(1).default(anyInstance),
  interval: durationField(limits.heartbeatIntervalMinMs, limits.heartbeatIntervalMaxMs).optional(),
  grace: durationField(0, limits.heartbeatIntervalMaxMs).optional(),
  cron: readBy(readCron).optional(),
  onCalendar: readBy(readCalendar).optional(),
  tz: zone.optional(),
  /** How long to wait for the first sign of life. */
  firstSeen: z
    .union([
      z.literal('never').transform(() => Number.POSITIVE_INFINITY),
      durationField(0, limits.heartbeatIntervalMaxMs),
    ])
    .optional(),
  paused: z.boolean().default(false),
  manualResume: z.boolean().optional(),
  maintenance: z
    .array(z.union([once, recurring]))
    .max(limits.maintenanceWindows)
    .optional(),
  snoozeUntil: instant.optional(),
  failures: z
    .string()
    .regex(/^[0-9]{1,2}\/[0-9]{1,2}$/, 'expected how many of how many, such as 3/5')
    .transform(text => text.split('/').map(Number) as [number, number])
    .refine(
      ([failed, of]) => failed >= 1 && failed <= of && of <= limits.missesKept,
      `expected at most ${limits.missesKept}`,
    )
    .optional(),
  flapping: flapRule.optional(),
  flicker: z
    .object({ fallsMs: z.array(timeMs), heldFromMs: timeMs.optional(), heldFalls: z.number().optional() })
    .optional(),
  refused: z.object({ atMs: timeMs, status: z.number(), reason: z.string() }).optional(),
  retired: z.boolean().default(false),
  /** auto: a promise is learned and proposed · apply: and in force at once. */
  expect: z.enum(['auto', 'apply']).optional(),
  proposal: z.object({ interval: z.string(), grace: z.string() }).optional(),
  learned: z.object({ beats: z.number(), firstMs: timeMs, lastMs: timeMs, longestMs: timeMs }).optional(),
  state: z.enum(['learning', 'expected', 'up', 'down', 'recovering', 'paused']).optional(),
  epoch: z.number().default(0),
  registeredAtMs: timeMs.optional(),
  lastAcceptMs: timeMs.optional(),
  answeredMs: timeMs.optional(),
  failing: failing.optional(),
  startedMs: timeMs.optional(),
  runId: z.string().optional(),
  failedMs: timeMs.optional(),
  failedDetail: z.string().optional(),
  downSinceMs: timeMs.optional(),
  downReason: z.string().optional(),
  recoveringSinceMs: timeMs.optional(),
  pending: z.array(flip).default([]),
});

/** Instants that are kept each in an attribute of its own: slots that failed, beats that were missed. */
const keptIn = (input: unknown, prefix: 'miss' | 'late'): number[] =>
  Object.entries(input as Record<string, unknown>)
    .filter(([name]) => name.startsWith(prefix) && /^[0-9]+$/.test(name.slice(prefix.length)))
    .map(([, atMs]) => Number(atMs));

/** Reads one row of the heartbeats table. A row that failed scrapes made carries no promise of its own. */
export const readHeartbeat = (input: unknown): Read<Heartbeat | undefined> => {
  const { value, rejects } = readRow(row, input);
  if (value === undefined) return { value: undefined, rejects };
  const { job, instance, interval, grace, cron, onCalendar, tz, firstSeen, expect, ...more } = value;
  const {
    paused,
    pending,
    failing: fails,
    failures,
    flapping = flapRuleDefault,
    snoozeUntil,
    manualResume: _,
    ...rest
  } = more;
  const isScheduled = cron !== undefined || onCalendar !== undefined;
  const isLearned = expect !== undefined && interval === undefined && !isScheduled;
  const promised =
    !isLearned &&
    (interval !== undefined || grace !== undefined || isScheduled || (fails === undefined && failures === undefined));
  const heartbeat = {
    ...rest,
    key: { job, instance },
    pauseWanted: paused,
    pending: pending as Flip[],
    ...(isLearned && { isLearned, isApplied: expect === 'apply' }),
    ...(failures && {
      failureShare: { failed: failures[0], of: failures[1] },
      missedMs: keptIn(input, 'miss'),
      latesMs: keptIn(input, 'late'),
    }),
    ...(flapping !== 'off' && { flapRule: flapping }),
    ...(snoozeUntil !== undefined && { snoozedUntilMs: snoozeUntil }),
    ...(fails && { failing: fails as Heartbeat['failing'] }),
    ...(promised && {
      promise: {
        intervalMs: interval ?? limits.heartbeatIntervalDefaultMs,
        graceMs: grace ?? limits.heartbeatGraceDefaultMs,
        ...(cron && { cron }),
        ...(onCalendar && { calendar: onCalendar }),
        ...(isScheduled && { tz: tz ?? 'UTC' }),
        ...(firstSeen !== undefined && { firstSeenMs: firstSeen }),
      },
    }),
  };
  // zod writes no key for what is absent, which exactOptionalPropertyTypes cannot see.
  return { value: heartbeat as Heartbeat, rejects };
};
