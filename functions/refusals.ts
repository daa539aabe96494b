import { anyInstance, type HeartbeatKey } from '../core/heartbeat/heartbeat.ts';
import { limits } from '../core/limits.ts';
import type { PushRequest } from '../core/protocol/request.ts';
import { RefusalBook, type RefusalPage, type RefusedFor } from '../core/refusals.ts';
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

/**
 * What this worker refuses, by reason, kept in a table now and then. Never fails, and is waited for limits.refusalsWaitMs at
 * most: it is a list, and who waits may have been told of as stored already.
 */
export class Refusals {
  readonly #ports: Pick<Ports, 'clock' | 'log' | 'refusals'>;
  readonly #book = new RefusalBook();
  #worker = '';

  constructor(ports: Pick<Ports, 'clock' | 'log' | 'refusals'>) {
    this.#ports = ports;
  }

  /** `requestId` names the worker by the first that it refused. */
  async note(
    requestId: string,
    about: Pick<RefusedFor, 'protocol' | 'job' | 'status'>,
    [first]: readonly Reject[],
    samples = 0,
  ): Promise<void> {
    this.#worker ||= requestId;
    const left = this.#book.note(
      {
        ...about,
        job: about.job.slice(0, limits.refusalReasonChars),
        code: first?.code ?? 'refused',
        pushes: samples === 0 ? 1 : 0,
        samples,
        lastMs: this.#ports.clock.nowMs(),
        reason: first === undefined ? '' : textOfReject(first).slice(0, limits.refusalReasonChars),
      },
      this.#worker,
    );
    if (left !== undefined) await this.#told(left);
  }

  /** At the end of each push: tells where it is time and there is anything to tell. */
  async tell(): Promise<void> {
    const page = this.#book.toTell(this.#worker, this.#ports.clock.nowMs());
    if (page !== undefined) await this.#told(page);
  }

  #told(page: RefusalPage): Promise<void> {
    const { clock, log, refusals } = this.#ports;
    const told = refusals
      .tell(page)
      .catch((cause: Error) => log.write('warn', 'refusals not told', { cause: cause.message }));
    return Promise.race([told, clock.wait(limits.refusalsWaitMs)]);
  }
}
