import * as z from 'zod';
import { anyInstance, type HeartbeatKey } from '../heartbeat/heartbeat.ts';
import type { Read } from '../reject.ts';
import { jobField, readRow } from '../row.ts';

const wish = z.object({
  job: jobField,
  instance: z.string().min(1).default(anyInstance),
});

/** Whose heartbeat somebody wishes to pause or to resume, as JSON. */
export const readWish = (text: string): Read<HeartbeatKey | undefined> => {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return { value: undefined, rejects: [{ code: 'json', reason: 'no JSON: expected {"job": "nightly"}' }] };
  }
  return readRow(wish, input);
};
