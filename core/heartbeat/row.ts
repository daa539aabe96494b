import * as z from 'zod';
import { limits } from '../limits.ts';
import type { Read } from '../reject.ts';
import { durationField, jobField, readRow } from '../row.ts';
import { readCron } from './cron.ts';
import { anyInstance, type Flip, type Heartbeat } from './heartbeat.ts';
import { isZone } from './zone.ts';

const timeMs = z.number().int();

const flip = z.object({
  epoch: z.number(),
  kind: z.enum(['DOWN', 'RESOLVED']),
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

/** What a user writes (job, instance, interval, grace, paused) beside what the collector keeps on the same row. */
const row = z.object({
  job: jobField,
  instance: z.string().min(1).default(anyInstance),
  interval: durationField(limits.heartbeatIntervalMinMs, limits.heartbeatIntervalMaxMs).optional(),
  grace: durationField(0, limits.heartbeatIntervalMaxMs).optional(),
  cron: z
    .string()
    .transform((text, context) => {
      try {
        return readCron(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
        return z.NEVER;
      }
    })
    .optional(),
  tz: z.string().refine(isZone, 'is no time zone known here').optional(),
  paused: z.boolean().default(false),
  retired: z.boolean().default(false),
  state: z.enum(['expected', 'up', 'down', 'recovering', 'paused']).optional(),
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

/** Reads one row of the heartbeats table. A row that failed scrapes made carries no promise of its own. */
export const readHeartbeat = (input: unknown): Read<Heartbeat | undefined> => {
  const { value, rejects } = readRow(row, input);
  if (value === undefined) return { value: undefined, rejects };
  const { job, instance, interval, grace, cron, tz, paused, pending, failing: fails, ...rest } = value;
  const promised = interval !== undefined || grace !== undefined || cron !== undefined || fails === undefined;
  const heartbeat = {
    ...rest,
    key: { job, instance },
    pauseWanted: paused,
    pending: pending as Flip[],
    ...(fails && { failing: fails as Heartbeat['failing'] }),
    ...(promised && {
      promise: {
        intervalMs: interval ?? limits.heartbeatIntervalDefaultMs,
        graceMs: grace ?? limits.heartbeatGraceDefaultMs,
        ...(cron && { cron, tz: tz ?? 'UTC' }),
      },
    }),
  };
  // zod writes no key for what is absent, which exactOptionalPropertyTypes cannot see.
  return { value: heartbeat as Heartbeat, rejects };
};
