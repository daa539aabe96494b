import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { expositionOf } from '../core/exposition/read.ts';
import { anyInstance, type DownReason } from '../core/heartbeat/heartbeat.ts';
import { wakeOf, writeWake } from '../core/heartbeat/wake.ts';
import { keyOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { batchesOf } from '../core/protocol/gather.ts';
import { textOfReject } from '../core/reject.ts';
import { type OrderedScrape, readOrder } from '../core/scrape/order.ts';
import { type Outcome, type PageSample, samplesOf } from '../core/scrape/page.ts';
import { scrapeHeaders } from '../core/scrape/request.ts';
import type { Target } from '../core/scrape/target.ts';
import { encodeBatch } from '../core/segment/batch-message.ts';
import type { HttpProblem, Ports } from '../io/ports.ts';
import { inParallel } from './parallel.ts';

type ScrapePorts = Pick<Ports, 'clock' | 'log' | 'http' | 'buffer' | 'heartbeats' | 'deadlines'>;

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

/**
 * Scrape orders → pages → the buffer. Each scrape waits for its own slot, runs beside the others and is stored as soon
 * as it is done; samples carry the slot's time, so that a doubled order stores the same once.
 */
export const scrape = (ports: ScrapePorts) => {
  const pages = new PageMemory();
  return middy<SQSEvent, SQSBatchResponse>().handler(async ({ Records }) => {
    const failures: { itemIdentifier: string }[] = [];
    await Promise.all(
      Records.map(async ({ messageId, body }) => {
        try {
          await inParallel(readOrder(body).scrapes, limits.scrapeParallel, ordered =>
            scrapeOnce(ports, pages, ordered),
          );
        } catch (error) {
          ports.log.write('error', 'scrapes not stored', { messageId, cause: (error as Error).message });
          failures.push({ itemIdentifier: messageId });
        }
      }),
    );
    return { batchItemFailures: failures };
  });
};

const scrapeOnce = async (
  ports: ScrapePorts,
  pages: PageMemory,
  { target, slotMs, report }: OrderedScrape,
): Promise<void> => {
  const { clock, buffer, log } = ports;
  if (clock.nowMs() > slotMs + target.intervalMs * limits.scrapeLateShare) {
    // Too late to be told as this slot: a gap of the collector's making, never `up 0`.
    log.write('warn', 'scrape missed', { target: target.id, slotMs, lateMs: clock.nowMs() - slotMs });
    return;
  }
  await clock.wait(slotMs - clock.nowMs());
  const outcome = await fetchPage(ports, pages, target);
  const batches = batchesOf(samplesOf(target, outcome), {
    id: `${target.id}@${slotMs}`,
    via: 'pull',
    acceptedAtMs: slotMs,
    pages: true,
  });
  await buffer.send(batches.flatMap(encodeBatch));
  await tell(ports, target, slotMs, outcome, report);
};

const fetchPage = async ({ http }: ScrapePorts, pages: PageMemory, target: Target): Promise<Outcome> => {
  const answer = await http.get({
    url: target.url,
    headers: scrapeHeaders(target.timeoutMs),
    timeoutMs: target.timeoutMs,
    bodyBytes: limits.pageBytes,
    unpackedBytes: limits.pageUnpackedBytes,
  });
  const { durationMs } = answer;
  if (!answer.ok) return { ok: false, reason: reasons[answer.problem], detail: answer.reason, scraped: 0, durationMs };
  const read = expositionOf(answer.contentType);
  if (read === undefined) {
    const detail = `content type ${JSON.stringify(answer.contentType)} is no exposition`;
    return { ok: false, reason: 'SCRAPE_CONTENT_TYPE', detail, scraped: 0, durationMs };
  }
  const { value, rejects } = read(answer.body, { samples: limits.pageSamples });
  const [first] = rejects;
  if (first !== undefined) {
    return {
      ok: false,
      reason: 'SCRAPE_PARSE',
      detail: textOfReject(first),
      scraped: value.samples.length,
      durationMs,
    };
  }
  return { ok: true, samples: value.samples, seriesAdded: pages.added(target.id, value.samples), durationMs };
};

/** A failure is always recorded; a good scrape only where a record exists that may be waiting for it. */
const tell = async (
  { heartbeats, deadlines, clock }: ScrapePorts,
  target: Target,
  slotMs: number,
  outcome: Outcome,
  report: boolean,
): Promise<void> => {
  const { id: targetId, url, job, instance, intervalMs } = target;
  const key = { job, instance };
  if (!outcome.ok) {
    await heartbeats.failed(key, { targetId, url, slotMs, intervalMs, reason: outcome.reason, detail: outcome.detail });
    await deadlines.send([{ delayMs: 0, body: writeWake(wakeOf([key], clock.nowMs())) }]);
  } else if (report) {
    const news = await heartbeats.answered([key, { job, instance: anyInstance }], slotMs);
    if (news.length > 0) await deadlines.send([{ delayMs: 0, body: writeWake(wakeOf(news, clock.nowMs())) }]);
  }
};

/** The series of each target's last page, as far as this warm worker has seen it: for `scrape_series_added` alone. */
class PageMemory {
  readonly #pages = new Map<string, ReadonlySet<string>>();

  /** How many series were not on the page before; all of them where there is none. */
  added(targetId: string, samples: readonly PageSample[]): number {
    const before = this.#pages.get(targetId);
    const now = new Set(samples.map(({ labels }) => keyOf(labels)));
    this.#pages.delete(targetId);
    this.#pages.set(targetId, now);
    if (this.#pages.size > limits.pagesRemembered) {
      const oldest = this.#pages.keys().next();
      if (!oldest.done) this.#pages.delete(oldest.value);
    }
    return before === undefined ? now.size : now.difference(before).size;
  }
}
