import { dialectOf } from '../exposition/read.ts';
import type { DownReason } from '../heartbeat/heartbeat.ts';
import { textOfReject } from '../reject.ts';
import { labelsOf, markedEmpty } from './labels.ts';
import type { Outcome } from './page.ts';
import type { PageReaders, ReadTargetPage } from './page-readers.ts';
import type { Target } from './target.ts';

/** What one request for a page came to. */
type Fetched =
  | { readonly ok: true; readonly contentType: string; readonly body: Uint8Array }
  | { readonly ok: false; readonly problem: FetchProblem; readonly reason: string; readonly status?: number };

type FetchProblem = 'dns' | 'forbidden' | 'connect' | 'tls' | 'timeout' | 'limit' | 'http' | 'encoding';

const reasons: Readonly<Record<FetchProblem, DownReason>> = {
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
/** What became of one try; `mayPass` where another one may end otherwise. */
export type Attempt = Without<Outcome> & { readonly mayPass?: boolean };

/** A try that gave no samples. */
export const failure = (reason: DownReason, detail: string, scraped = 0, kept = 0): Attempt => ({
  ok: false,
  reason,
  detail,
  scraped,
  kept,
  mayPass: passing.has(reason),
});

/** What a scrape makes of what it was answered. */
export const judged = (pages: PageReaders, target: Target, answer: Fetched): Attempt => {
  if (!answer.ok) {
    const said = failure(reasons[answer.problem], answer.reason);
    const { status = 0 } = answer;
    return status >= 500 || status === 408 || status === 429 ? { ...said, mayPass: true } : said;
  }
  const { honorLabels, fallbackType } = target;
  const readAs = (contentType: string): ReadTargetPage | undefined => {
    const isMarked = honorLabels && dialectOf(contentType) !== undefined;
    return pages.read(target, contentType, isMarked ? markedEmpty(answer.body, labelsOf(target)) : answer.body);
  };
  const read = readAs(answer.contentType) ?? (fallbackType === undefined ? undefined : readAs(fallbackType));
  if (read === undefined)
    return failure('SCRAPE_CONTENT_TYPE', `content type ${JSON.stringify(answer.contentType)} is no exposition`);
  return read.rejects.length > 0 ? unreadable(read) : within(target, read);
};

/** Counted as Prometheus counts: what stands before the first line that is wrong. */
const unreadable = ({ value, rejects }: ReadTargetPage): Attempt => {
  const [first] = rejects;
  const line = first?.place?.line ?? Number.POSITIVE_INFINITY;
  const scraped = value.samples.filter(sample => sample.line < line).length;
  const reason = first?.code === 'sample_limit' ? 'SCRAPE_LIMIT' : 'SCRAPE_PARSE';
  return failure(reason, textOfReject(first!), scraped, scraped);
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
