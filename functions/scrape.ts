import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { samplesIn } from '../core/batch.ts';
import { limits } from '../core/limits.ts';
import { type OrderedScrape, readOrder } from '../core/scrape/order.ts';
import { batchesOfScrape, endOf } from '../core/scrape/page.ts';
import { encodeBatch } from '../core/segment/batch-message.ts';
import { fetchPage } from './fetching.ts';
import { loop } from './looping.ts';
import { measured } from './middleware/measured.ts';
import { inParallel } from './parallel.ts';
import { ScrapeMemory } from './scrape-memory.ts';
import { isGone, isMissed, isOver, type ScrapePorts, tell } from './scraping.ts';

/**
 * Scrape orders → pages → the buffer. Each scrape waits for its own slot and runs beside the others; samples carry the
 * slot's time, so that a doubled order stores the same once. Orders by the slot are stored scrape by scrape, as soon as each is
 * done; those of a loop as looping.ts says.
 */
export const scrape = (ports: ScrapePorts) => {
  const memory = new ScrapeMemory(ports);
  return middy<SQSEvent, SQSBatchResponse>()
    .use(measured(ports))
    .handler(async ({ Records }) => {
      const failures: { itemIdentifier: string }[] = [];
      await Promise.all(
        Records.map(async ({ messageId, body }) => {
          try {
            const { scrapes, untilMs } = readOrder(body, row => memory.targetOf(row));
            if (untilMs !== undefined) await loop(ports, memory, scrapes, untilMs);
            else {
              memory.pages.begin();
              await inParallel(scrapes, limits.scrapeParallel, ordered =>
                ordered.end ? endOnce(ports, ordered) : scrapeOnce(ports, memory, ordered),
              );
            }
          } catch (error) {
            ports.log.write('error', 'scrapes not stored', { messageId, cause: (error as Error).message });
            failures.push({ itemIdentifier: messageId });
          }
        }),
      );
      return { batchItemFailures: failures };
    });
};

const endOnce = async (ports: ScrapePorts, { target, slotMs }: OrderedScrape): Promise<void> => {
  const { clock, buffer } = ports;
  await clock.wait(slotMs - clock.nowMs());
  if (await isGone(ports, target)) await buffer.send(encodeBatch(endOf(target, slotMs)));
};

const scrapeOnce = async (ports: ScrapePorts, memory: ScrapeMemory, ordered: OrderedScrape): Promise<void> => {
  const { clock, buffer, log } = ports;
  const { target, slotMs, report, shared, extra } = ordered;
  if (isMissed(ordered, clock.nowMs())) {
    ports.measures.tell({ ScrapesMissed: 1 });
    log.write('warn', 'scrape missed', { target: target.id, slotMs, lateMs: clock.nowMs() - slotMs });
    return;
  }
  await clock.wait(slotMs - clock.nowMs());
  const startedMs = clock.nowMs();
  const outcome = await fetchPage(ports, memory, target);
  if (!outcome.ok && (extra || (await isOver(ports, ordered)))) {
    log.write('info', 'failure not told', { target: target.id, slotMs, reason: outcome.reason, extra });
    return;
  }
  const families = outcome.ok ? memory.untold(target.id, outcome.families, slotMs) : [];
  const batches = batchesOfScrape(target, outcome, { slotMs, shared, families });
  await buffer.send(batches.flatMap(encodeBatch));
  memory.told(target.id, families, slotMs);
  const accepted = samplesIn(batches);
  ports.measures.tell({ Accepted: accepted, ScrapeLateness: startedMs - slotMs });
  await tell(ports, target, slotMs, outcome, memory.isAwaited(target.id, outcome.ok) || report);
};
