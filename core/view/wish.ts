import * as z from 'zod';
import { anyInstance, type HeartbeatKey } from '../heartbeat/heartbeat.ts';
import { limits } from '../limits.ts';
import type { Read } from '../reject.ts';
import { durationField, jobField, readRow } from '../row.ts';

const wish = z.object({
  job: jobField,
  instance: z.string().min(1).default(anyInstance),
});

const snooze = wish.extend({
  for: durationField(0, limits.snoozeMaxMs).refine(ms => Number.isSafeInteger(ms), 'expected whole milliseconds'),
});

/** Whose heartbeat somebody wishes to pause or to resume, as JSON. */
export const readWish = (text: string): Read<HeartbeatKey | undefined> =>
  readJson(wish, text, 'expected {"job": "nightly"}');

/** Whose heartbeat is to be quiet, and for how long; 0 ends it. */
export const readSnooze = (text: string): Read<(HeartbeatKey & { readonly for: number }) | undefined> =>
  readJson(snooze, text, 'expected {"job": "nightly", "for": "8h"}');

const readJson = <S extends z.ZodType>(schema: S, text: string, expected: string): Read<z.output<S> | undefined> => {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return { value: undefined, rejects: [{ code: 'json', reason: `no JSON: ${expected}` }] };
  }
  return readRow(schema, input);
};
