import type { DownReason } from '../core/heartbeat/heartbeat.ts';
import { limits } from '../core/limits.ts';
import { textOfReject } from '../core/reject.ts';
import { labelsOf, markedEmpty } from '../core/scrape/labels.ts';
import type { Outcome } from '../core/scrape/page.ts';
import type { PageReaders, ReadTargetPage } from '../core/scrape/page-readers.ts';
import { scrapeHeaders } from '../core/scrape/request.ts';
import type { Target } from '../core/scrape/target.ts';
import type { HttpAnswer, HttpProblem } from '../io/ports.ts';
import { type CredentialPorts, type Credentials, NoCredentials, type Shown } from './credentials.ts';

export type FetchPorts = CredentialPorts;

export type FetchMemory = { readonly pages: PageReaders; readonly credentials: Credentials };

const reasons: Readonly<Record<HttpProblem, DownReason>> = {
  dns: 'SCRAPE_DNS',
  forbidden: 'SCRAPE_FORBIDDEN',
  connect: 'SCRAPE_CONNECT',
  tls: 'SCRAPE_TLS',
  timeout: 'SCRAPE_TIMEOUT',
  limit: 'SCRAPE_LIMIT',
  http: 'SCRAPE_HTTP',
  encoding: 'SCRAPE_ENCODING',
};

/** What may be otherwise a moment later. */
const passing: ReadonlySet<DownReason> = new Set([
  'SCRAPE_DNS',
  'SCRAPE_CONNECT',
  'SCRAPE_TLS',
  'SCRAPE_ENCODING',
  'SCRAPE_PARSE',
]);

type Without<T> = T extends Outcome ? Omit<T, 'attempts' | 'durationMs'> : never;
type Attempt = Without<Outcome> & { readonly mayPass?: boolean };

/**
 * One scrape: a page, or the reason why there is none. What may pass is tried again as often as the row says, after
 * limits.scrapeRetryMs and then twice as long; all tries together have the target's timeout. The last try says why.
 */
export const fetchPage = async (ports: FetchPorts, memory: FetchMemory, target: Target): Promise<Outcome> => {
  const { clock } = ports;
  const startedMs = clock.nowMs();
  const leftMs = (): number => target.timeoutMs - (clock.nowMs() - startedMs);
  for (let attempts = 1; ; attempts += 1) {
    const { durationMs, outcome } = await tryOnce(ports, memory, target, leftMs());
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
  { http }: FetchPorts,
  { pages, credentials }: FetchMemory,
  target: Target,
  leftMs: number,
): Promise<{ readonly durationMs: number; readonly outcome: Attempt }> => {
  let shown: Shown;
  try {
    shown = await credentials.of(target);
  } catch (error) {
    if (!(error instanceof NoCredentials)) throw error;
    return { durationMs: 0, outcome: failure('SCRAPE_AUTH', error.message) };
  }
  const { limits: own, url, headers, followRedirects } = target;
  const answer = await http.get({
    url,
    headers: { ...scrapeHeaders(target.timeoutMs), ...headers },
    ...shown,
    timeoutMs: leftMs,
    bodyBytes: limits.pageBytes,
    // At its limit a body is over it, as in Prometheus.
    unpackedBytes:
      own.bodyBytes === 0 ? limits.pageUnpackedBytes : Math.min(own.bodyBytes - 1, limits.pageUnpackedBytes),
    ...(followRedirects && { redirects: limits.redirects }),
  });
  if (!answer.ok && (answer.status === 401 || answer.status === 403)) credentials.forget(target);
  return { durationMs: answer.durationMs, outcome: judged(pages, target, answer) };
};

const failure = (reason: DownReason, detail: string, scraped = 0, kept = 0): Attempt => ({
  ok: false,
  reason,
  detail,
  scraped,
  kept,
  mayPass: passing.has(reason),
});

const judged = (pages: PageReaders, target: Target, answer: HttpAnswer): Attempt => {
  if (!answer.ok) {
    const said = failure(reasons[answer.problem], answer.reason);
    const { status = 0 } = answer;
    return status >= 500 || status === 408 || status === 429 ? { ...said, mayPass: true } : said;
  }
  const { honorLabels, fallbackType } = target;
  const body = honorLabels ? markedEmpty(answer.body, labelsOf(target)) : answer.body;
  const read =
    pages.read(target, answer.contentType, body) ??
    (fallbackType === undefined ? undefined : pages.read(target, fallbackType, body));
  if (read === undefined)
    return failure('SCRAPE_CONTENT_TYPE', `content type ${JSON.stringify(answer.contentType)} is no exposition`);
  return read.rejects.length > 0 ? unreadable(read) : within(target, read);
};

/** Counted as Prometheus counts: what stands before the first line that is wrong. */
const unreadable = ({ value, rejects }: ReadTargetPage): Attempt => {
  const [first] = rejects;
  const line = first?.place?.line ?? Number.POSITIVE_INFINITY;
  const scraped = value.samples.filter(sample => sample.line < line).length;
  return failure('SCRAPE_PARSE', textOfReject(first!), scraped, scraped);
};

const within = ({ limits: own }: Target, read: ReadTargetPage): Attempt => {
  const { count: scraped, columns, families } = read.value;
  const places = read.places();
  if (places.wrong !== undefined) {
    const { reason, detail, at } = places.wrong;
    return failure(reason, detail, at + 1, at);
  }
  const { kept } = places;
  // The whole page is counted before it is given up.
  if (own.samples > 0 && kept > own.samples)
    return failure('SCRAPE_LIMIT', `sample_limit: ${kept} samples, the limit is ${own.samples}`, scraped, kept);
  return { ok: true, scraped, kept, columns, places, families };
};
