import { limits } from '../../core/limits.ts';
import { textOfReject } from '../../core/reject.ts';
import { judged } from '../../core/scrape/judge.ts';
import { PageReaders } from '../../core/scrape/page-readers.ts';
import { bodyBoundsOf, pageBytesOf, scrapeHeaders } from '../../core/scrape/request.ts';
import { readTargetRow, type Target } from '../../core/scrape/target.ts';
import { httpGetter } from '../../io/http/get.ts';
import { readAllowList } from '../../io/http/guard.ts';
import type { Row } from '../../io/ports.ts';

/** What the next scrape of a row would come to. */
export type Checked = { readonly url: string; readonly verdict: string; readonly isGood: boolean };

/** Scrapes a row once, from this machine, and stores nothing. Secrets are the collector's: it is asked without them. */
export const checkTarget = async (row: Row): Promise<Checked> => {
  const { value, rejects } = readTargetRow(row);
  if (value === undefined)
    return { url: String(row['url'] ?? ''), verdict: rejects.map(textOfReject).join('; '), isGood: false };
  const { target } = value;
  if (target === undefined) return { url: '', verdict: 'dropped by its relabeling', isGood: true };
  return { url: target.url, ...(await scraped(target)) };
};

/** Of the collector's own scraper, where nobody gave it more. */
const pageBytes = pageBytesOf(limits.scrapeMemoryMiB * 2 ** 20);

const scraped = async (target: Target): Promise<Omit<Checked, 'url'>> => {
  // From anywhere: it is the user's own machine that asks.
  const answer = await httpGetter(readAllowList('0.0.0.0/0,::/0,127.0.0.0/8,::1')).get({
    url: target.url,
    headers: { ...scrapeHeaders(target.timeoutMs), ...target.headers },
    timeoutMs: target.timeoutMs,
    ...bodyBoundsOf(target, pageBytes),
    ...(target.followRedirects && { redirects: limits.redirects }),
  });
  const outcome = judged(new PageReaders(), target, answer);
  const bare = target.auth === undefined ? '' : ', asked without its credentials';
  if (!outcome.ok) {
    const isScrapers = outcome.detail.endsWith(`body is over ${pageBytes} bytes`);
    const whose = isScrapers ? `, the most for a scraper of ${limits.scrapeMemoryMiB} MiB (scrapeMemoryMiB)` : '';
    return { verdict: `${outcome.reason}: ${outcome.detail}${whose}${bare}`, isGood: false };
  }
  const dropped = outcome.scraped - outcome.kept;
  const less = dropped === 0 ? '' : `, ${dropped} of them dropped by metric_relabel`;
  return { verdict: `up: ${outcome.scraped} samples${less}, ${Math.round(answer.durationMs)} ms${bare}`, isGood: true };
};
