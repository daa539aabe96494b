import * as z from 'zod';
import { readDuration } from './duration.ts';
import { isReservedJob } from './heartbeat/heartbeat.ts';
import { limits } from './limits.ts';
import type { Read } from './reject.ts';

/** A duration in a row: `15s`, `1m30s`, or a number of seconds; milliseconds once read. Both bounds are included. */
export const durationField = (minMs: number, maxMs: number) =>
  z.union([z.string(), z.number()]).transform((input, context) => {
    const ms = typeof input === 'number' ? Math.round(input * 1_000) : readDuration(input);
    if (ms === undefined || Number.isNaN(ms)) {
      context.addIssue({
        code: 'custom',
        message: `expected a duration such as 15s or 1m30s, found ${JSON.stringify(input)}`,
      });
      return z.NEVER;
    }
    if (ms < minMs || ms > maxMs) {
      context.addIssue({
        code: 'custom',
        message: `${ms / 1_000} s is outside ${minMs / 1_000} s … ${maxMs / 1_000} s`,
      });
      return z.NEVER;
    }
    return ms;
  });

const atMost = (bytes: number) => ({
  isKept: (text: string): boolean => Buffer.byteLength(text) <= bytes,
  message: `is longer than ${bytes} bytes`,
});
const idBytes = atMost(limits.rowIdBytes);
const jobBytes = atMost(limits.labelValueBytes);

/** What a row is kept under. */
export const idField = z.string().min(1).refine(idBytes.isKept, idBytes.message);

/** A job's name; those that begin with __ are the collector's own. */
export const jobField = z
  .string()
  .min(1)
  .refine(jobBytes.isKept, jobBytes.message)
  .refine(job => !isReservedJob(job), 'names that begin with __ are reserved');

/** Reads a table row by its schema; each reject names the attribute. */
export const readRow = <S extends z.ZodType>(schema: S, input: unknown): Read<z.output<S> | undefined> => {
  const read = schema.safeParse(input);
  if (read.success) return { value: read.data, rejects: [] };
  const rejects = read.error.issues.map(issue => ({
    code: 'bad_row',
    place: { path: issue.path.join('.') || 'row' },
    // A bad key of a record carries its own reason one level down.
    reason: issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message,
  }));
  return { value: undefined, rejects };
};
