import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Family } from '../core/batch.ts';
import { anyInstance, type DownReason } from '../core/heartbeat/heartbeat.ts';
import { wakeOf, writeWake } from '../core/heartbeat/wake.ts';
import { keyOf, type LabelSet } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { batchesOf } from '../core/protocol/gather.ts';
import { timestampReject } from '../core/protocol/timestamps.ts';
import { textOfReject } from '../core/reject.ts';
import { type OrderedScrape, readOrder } from '../core/scrape/order.ts';
import { type Outcome, type PageSample, pageSamplesOf, samplesOf } from '../core/scrape/page.ts';
import { PageReaders } from '../core/scrape/page-readers.ts';
import { scrapeHeaders } from '../core/scrape/request.ts';
import type { Target } from '../core/scrape/target.ts';
import { encodeBatch } from '../core/segment/batch-message.ts';
import type { HttpProblem, Ports } from '../io/ports.ts';
import { measured } from './middleware/measured.ts';
import { inParallel } from './parallel.ts';

type ScrapePorts = Pick<Ports, 'clock' | 'log' | 'measures' | 'http' | 'buffer' | 'heartbeats' | 'deadlines'>;

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
  const memory = new ScrapeMemory();
  return middy<SQSEvent, SQSBatchResponse>()
    .use(measured(ports))
    .handler(async ({ Records }) => {
      const failures: { itemIdentifier: string }[] = [];
      await Promise.all(
        Records.map(async ({ messageId, body }) => {
          try {
            await inParallel(readOrder(body).scrapes, limits.scrapeParallel, ordered =>
              scrapeOnce(ports, memory, ordered),
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
  memory: ScrapeMemory,
  { target, slotMs, report }: OrderedScrape,
): Promise<void> => {
  const { clock, buffer, log } = ports;
  if (clock.nowMs() > slotMs + target.intervalMs * limits.scrapeLateShare) {
    // Too late to be told as this slot: a gap of the collector's making, never `up 0`.
    ports.measures.tell({ ScrapesMissed: 1 });
    log.write('warn', 'scrape missed', { target: target.id, slotMs, lateMs: clock.nowMs() - slotMs });
    return;
  }
  await clock.wait(slotMs - clock.nowMs());
  const startedMs = clock.nowMs();
  const outcome = await fetchPage(ports, memory, target, slotMs);
  const samples = samplesOf(target, outcome);
  const families = outcome.ok ? memory.untold(target.id, outcome.families, slotMs) : [];
  const batches = batchesOf(samples, {
    id: `${target.id}@${slotMs}`,
    via: 'pull',
    acceptedAtMs: slotMs,
    pages: true,
    families,
  });
  await buffer.send(batches.flatMap(encodeBatch));
  memory.told(target.id, families, slotMs);
  ports.measures.tell({ Accepted: samples.length, ScrapeLateness: startedMs - slotMs });
  await tell(ports, target, slotMs, outcome, memory.isAwaited(target.id, outcome.ok) || report);
};

const fetchPage = async (
  { http }: ScrapePorts,
  memory: ScrapeMemory,
  target: Target,
  slotMs: number,
): Promise<Outcome> => {
  const answer = await http.get({
    url: target.url,
    headers: scrapeHeaders(target.timeoutMs),
    timeoutMs: target.timeoutMs,
    bodyBytes: limits.pageBytes,
    unpackedBytes: limits.pageUnpackedBytes,
  });
  const { durationMs } = answer;
  if (!answer.ok) return { ok: false, reason: reasons[answer.problem], detail: answer.reason, scraped: 0, durationMs };
  const read = memory.pages.read(target.id, answer.contentType, answer.body);
  if (read === undefined) {
    const detail = `content type ${JSON.stringify(answer.contentType)} is no exposition`;
    return { ok: false, reason: 'SCRAPE_CONTENT_TYPE', detail, scraped: 0, durationMs };
  }
  const { value, rejects } = read;
  const [first] = rejects;
  if (first !== undefined) {
    return {
      ok: false,
      reason: 'SCRAPE_PARSE',
      detail: textOfReject(first),
      scraped: value.count,
      durationMs,
    };
  }
  const { columns, families } = value;
  // Times far off are dropped one by one, as Prometheus does: the target is up, only its clock is not.
  const samples = pageSamplesOf(columns, timestampMs => timestampReject(timestampMs, slotMs, undefined) === undefined);
  const whole = samples.length === value.count ? columns.series : undefined;
  return { ok: true, samples, families, seriesAdded: memory.added(target.id, samples, whole), durationMs };
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

type Seen = { readonly keys: ReadonlySet<string>; readonly whole: readonly LabelSet[] | undefined };

/** What a warm worker remembers of targets, bounded; a cold one begins with nothing and is only less precise. */
class ScrapeMemory {
  readonly pages = new PageReaders();
  readonly #seen = new Map<string, Seen>();
  readonly #failed = new Set<string>();
  /** Weakly: what is kept of pages is for their readers, which are bounded, to say. */
  readonly #told = new Map<string, { readonly families: WeakRef<readonly Family[]>; readonly day: number }>();

  /**
   * How many series were not on the target's page before; all of them where there is none. `whole` is the page's list of
   * series where its samples are all of it: a page with the very same list as the one before has added none.
   */
  added(targetId: string, samples: readonly PageSample[], whole: readonly LabelSet[] | undefined): number {
    const before = this.#seen.get(targetId);
    this.#seen.delete(targetId);
    const same = whole !== undefined && before?.whole === whole;
    const keys = same ? before.keys : new Set(samples.map(({ labels }) => keyOf(labels)));
    this.#seen.set(targetId, { keys, whole });
    forgetOldest(this.#seen);
    if (same) return 0;
    return before === undefined ? keys.size : keys.difference(before.keys).size;
  }

  /** The page's families, or none where this worker has told the very same ones that day: they are written once a day. */
  untold(targetId: string, families: readonly Family[], slotMs: number): readonly Family[] {
    const before = this.#told.get(targetId);
    return before?.families.deref() === families && before.day === dayOf(slotMs) ? [] : families;
  }

  told(targetId: string, families: readonly Family[], slotMs: number): void {
    if (families.length === 0) return;
    this.#told.set(targetId, { families: new WeakRef(families), day: dayOf(slotMs) });
    forgetOldest(this.#told);
  }

  /** Whether this scrape is good and follows one that this worker saw fail: then its record waits for it. */
  isAwaited(targetId: string, isGood: boolean): boolean {
    if (isGood) return this.#failed.delete(targetId);
    this.#failed.add(targetId);
    forgetOldest(this.#failed);
    return false;
  }
}

const dayOf = (slotMs: number): number => Math.floor(slotMs / limits.catalogSpanMs);

const forgetOldest = (kept: Map<string, unknown> | Set<string>): void => {
  const oldest = kept.keys().next();
  if (kept.size > limits.targetsRemembered && !oldest.done) kept.delete(oldest.value);
};
