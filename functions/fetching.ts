import { limits } from '../core/limits.ts';
import { type Attempt, failure, judged } from '../core/scrape/judge.ts';
import type { Outcome } from '../core/scrape/page.ts';
import type { PageReaders } from '../core/scrape/page-readers.ts';
import { bodyBoundsOf, scrapeHeaders } from '../core/scrape/request.ts';
import type { Target } from '../core/scrape/target.ts';
import { type CredentialPorts, type Credentials, NoCredentials, type Shown } from './credentials.ts';

export type FetchPorts = CredentialPorts;

type FetchMemory = {
  readonly pages: PageReaders;
  readonly credentials: Credentials;
  /** What a page may be once it is unpacked, where that is less than limits.pageUnpackedBytes. */
  readonly pageBytes?: number;
};

/**
 * One scrape: a page, or the reason why there is none. What may pass is tried again as often as the row says, after
 * limits.scrapeRetryMs and then twice as long; all tries together, and what they show of who asks, have the target's timeout. The last try says why.
 */
export const fetchPage = async (ports: FetchPorts, memory: FetchMemory, target: Target): Promise<Outcome> => {
  const { clock } = ports;
  const startedMs = clock.nowMs();
  const leftMs = (): number => target.timeoutMs - (clock.nowMs() - startedMs);
  for (let attempts = 1; ; attempts += 1) {
    const { durationMs, outcome } = await tryOnce(ports, memory, target, startedMs + target.timeoutMs);
    const waitMs = limits.scrapeRetryMs * 2 ** (attempts - 1);
    const isOver = outcome.ok || outcome.mayPass !== true || attempts > target.retries || leftMs() <= waitMs;
    const { mayPass: _, ...said } = outcome;
    if (isOver) {
      const together = attempts === 1 ? durationMs : clock.nowMs() - startedMs;
      return { ...said, attempts, durationMs: together } as Outcome;
    }
    await clock.wait(waitMs);
  }
};

const tryOnce = async (
  { http, clock }: FetchPorts,
  { pages, credentials, pageBytes = limits.pageUnpackedBytes }: FetchMemory,
  target: Target,
  untilMs: number,
): Promise<{ readonly durationMs: number; readonly outcome: Attempt }> => {
  let shown: Shown = {};
  try {
    if (target.auth !== undefined) shown = await credentials.of(target, untilMs);
  } catch (error) {
    if (!(error instanceof NoCredentials)) throw error;
    return { durationMs: 0, outcome: failure('SCRAPE_AUTH', error.message) };
  }
  const leftMs = untilMs - clock.nowMs();
  if (leftMs <= 0) {
    const detail = `its credentials took all of the ${target.timeoutMs / 1_000} s`;
    return { durationMs: 0, outcome: failure('SCRAPE_TIMEOUT', detail) };
  }
  const { url, headers, followRedirects } = target;
  const answer = await http.get({
    url,
    headers: { ...scrapeHeaders(target.timeoutMs), ...headers },
    ...shown,
    timeoutMs: leftMs,
    ...bodyBoundsOf(target, pageBytes),
    ...(followRedirects && { redirects: limits.redirects }),
  });
  if (!answer.ok && (answer.status === 401 || answer.status === 403)) credentials.forget(target);
  return { durationMs: answer.durationMs, outcome: judged(pages, target, answer) };
};
