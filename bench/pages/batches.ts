import type { Batch } from '../../core/batch.ts';
import { readText } from '../../core/exposition/text.ts';
import { batchesOf } from '../../core/protocol/gather.ts';
import { samplesOf } from '../../core/scrape/page.ts';
import { readTarget } from '../../core/scrape/target.ts';
import type { Page } from './pages.ts';

/** What the scraper hands over for a page: the page's samples, `up` and the four scrape series. */
export const batchOf = ({ timestampMs, text }: Page, id: string, job: string, durationMs = 20): Batch => {
  const { value: target } = readTarget({ id, url: `http://${id}:9100/metrics`, job, interval: '15s' });
  if (target === undefined) throw new Error('the bench has a bad target');
  const { value, rejects } = readText(new TextEncoder().encode(text), { samples: 1_000_000 });
  if (rejects.length > 0) throw new Error(`a recorded page has rejects: ${rejects[0]!.reason}`);
  const outcome = { ok: true as const, samples: value.samples, families: [], seriesAdded: 0, durationMs };
  const [batch, ...more] = batchesOf(samplesOf(target, outcome), {
    id: `${id}@${timestampMs}`,
    via: 'pull',
    acceptedAtMs: timestampMs,
    pages: true,
  });
  if (batch === undefined || more.length > 0) throw new Error('a page gives one batch');
  return batch;
};
