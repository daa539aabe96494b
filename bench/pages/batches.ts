import type { Batch } from '../../core/batch.ts';
import { judged } from '../../core/scrape/judge.ts';
import { batchesOfScrape } from '../../core/scrape/page.ts';
import { PageReaders } from '../../core/scrape/page-readers.ts';
import { readTarget } from '../../core/scrape/target.ts';
import type { Page } from './pages.ts';

/** What the scraper hands over for a page: the page's samples, `up` and the four scrape series. */
export const batchOf = ({ timestampMs, text }: Page, id: string, job: string, durationMs = 20): Batch => {
  const { value: target } = readTarget({ id, url: `http://${id}:9100/metrics`, job, interval: '15s' });
  if (target === undefined) throw new Error('the bench has a bad target');
  const body = new TextEncoder().encode(text);
  const attempt = judged(new PageReaders(), target, { ok: true, contentType: 'text/plain; version=0.0.4', body });
  if (!attempt.ok) throw new Error(`a recorded page is refused: ${attempt.detail}`);
  const outcome = { ...attempt, durationMs, attempts: 1 };
  const [batch, ...more] = batchesOfScrape(target, outcome, { slotMs: timestampMs, shared: false, families: [] });
  if (batch === undefined || more.length > 0) throw new Error('a page gives one batch');
  return batch;
};
