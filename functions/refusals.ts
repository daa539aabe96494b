import { anyInstance, type HeartbeatKey } from '../core/heartbeat/heartbeat.ts';
import { limits } from '../core/limits.ts';
import type { PushRequest } from '../core/protocol/request.ts';
import { type Reject, textOfReject } from '../core/reject.ts';
import type { Ports } from '../io/ports.ts';
import type { Who } from './who.ts';

/**
 * Whom a push is of that is not read, by its address or by the only job of its key; nobody where neither says so, or where
 * the key is not for that job.
 */
export const attemptedBy = (
  { path, query }: Pick<PushRequest, 'path' | 'query'>,
  { scope }: Extract<Who, { readonly isKnown: true }>,
): readonly HeartbeatKey[] => {
  const grouped = /^\/metrics\/job\/([^/]+)(?:\/instance\/([^/]+))?/.exec(path);
  const { jobs } = scope;
  const job = query['job'] ?? textOf(grouped?.[1]) ?? (jobs?.length === 1 ? jobs[0] : undefined);
  const instance = query['instance'] ?? textOf(grouped?.[2]);
  if (job === undefined || job === '' || jobs?.includes(job) === false) return [];
  return [anyInstance, ...(instance ? [instance] : [])].map(each => ({ job, instance: each }));
};

const textOf = (escaped: string | undefined): string | undefined => {
  try {
    return escaped && decodeURIComponent(escaped);
  } catch {
    return undefined;
  }
};

/** Notes on the heartbeat that its push was refused: who is refused lives. Never fails: a reason is worth no answer. */
export const noteRefusal = async (
  { heartbeats, log }: Pick<Ports, 'heartbeats' | 'log'>,
  keys: readonly HeartbeatKey[],
  { status, rejects, atMs }: { readonly status: number; readonly rejects: readonly Reject[]; readonly atMs: number },
): Promise<void> => {
  if (keys.length === 0) return;
  const [first] = rejects;
  const reason = (first === undefined ? 'refused' : textOfReject(first)).slice(0, limits.refusalReasonChars);
  await heartbeats
    .refused(keys, { atMs, status, reason })
    .catch((cause: Error) => log.write('warn', 'refusal not noted', { cause: cause.message }));
};
