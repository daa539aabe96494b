import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Family } from '../core/batch.ts';
import { countOf } from '../core/columns.ts';
import { digestOfFamilies } from '../core/families.ts';
import { anyInstance } from '../core/heartbeat/heartbeat.ts';
import { wakeOf, writeWake } from '../core/heartbeat/wake.ts';
import { limits } from '../core/limits.ts';
import { isSameRow, type OrderedScrape, readOrder } from '../core/scrape/order.ts';
import { batchesOfScrape, type Outcome } from '../core/scrape/page.ts';
import { PageReaders } from '../core/scrape/page-readers.ts';
import { readTarget, type Target } from '../core/scrape/target.ts';
import { encodeBatch } from '../core/segment/batch-message.ts';
import type { Ports, Row } from '../io/ports.ts';
import { Credentials } from './credentials.ts';
import { type FetchPorts, fetchPage } from './fetching.ts';
import { measured } from './middleware/measured.ts';
import { inParallel } from './parallel.ts';

type ScrapePorts = Pick<Ports, 'log' | 'measures' | 'buffer' | 'heartbeats' | 'deadlines' | 'targets'> & FetchPorts;

/**
 * Scrape orders → pages → the buffer. Each scrape waits for its own slot, runs beside the others and is stored as soon
 * as it is done; samples carry the slot's time, so that a doubled order stores the same once.
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
            const { scrapes } = readOrder(body, row => memory.targetOf(row));
            await inParallel(scrapes, limits.scrapeParallel, ordered => scrapeOnce(ports, memory, ordered));
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
  { target, row, slotMs, report, shared, extra }: OrderedScrape,
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
  const outcome = await fetchPage(ports, memory, target);
  if (!outcome.ok && (extra || (await isOver(ports, target.id, row)))) {
    log.write('info', 'failure not told', { target: target.id, slotMs, reason: outcome.reason, extra });
    return;
  }
  const families = outcome.ok ? memory.untold(target.id, outcome.families, slotMs) : [];
  const batches = batchesOfScrape(target, outcome, { slotMs, shared, families });
  await buffer.send(batches.flatMap(encodeBatch));
  memory.told(target.id, families, slotMs);
  const accepted = batches.reduce((sum, { columns }) => sum + countOf(columns), 0);
  ports.measures.tell({ Accepted: accepted, ScrapeLateness: startedMs - slotMs });
  await tell(ports, target, slotMs, outcome, memory.isAwaited(target.id, outcome.ok) || report);
};

/**
 * Whether a target was taken out, or became another, since it was ordered: then nobody expects an answer of it, and its
 * silence is nobody's failure. Asked only where there was none.
 */
const isOver = async ({ targets }: ScrapePorts, id: string, row: object): Promise<boolean> => {
  try {
    const now = await targets.get(id);
    return now === undefined || !isSameRow(now, row as Row);
  } catch {
    // Nobody can say: then it is as it was ordered.
    return false;
  }
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

/** What a warm worker remembers of targets, bounded; a cold one begins with nothing and is only less precise. */
class ScrapeMemory {
  readonly pages = new PageReaders();
  readonly credentials: Credentials;
  readonly #targets = new Map<string, { readonly text: string; readonly target: Target | undefined }>();
  readonly #failed = new Set<string>();
  readonly #told = new Map<string, Told>();

  constructor(ports: FetchPorts) {
    this.credentials = new Credentials(ports);
  }

  /** The very same target as long as its row is. */
  targetOf(row: object): Target | undefined {
    const id = String((row as { readonly id?: unknown }).id);
    const text = JSON.stringify(row);
    const known = this.#targets.get(id);
    if (known?.text === text) return known.target;
    const { value: target } = readTarget(row);
    this.#targets.delete(id);
    if (text.length <= limits.rowRememberedChars) this.#targets.set(id, { text, target });
    forgetOldest(this.#targets);
    return target;
  }

  /** The page's families, or none where this worker has told the same that day: they are written once a day. */
  untold(targetId: string, families: readonly Family[], slotMs: number): readonly Family[] {
    const before = this.#told.get(targetId);
    if (before === undefined || before.day !== dayOf(slotMs)) return families;
    return before.families.deref() === families || before.digest === digestOfFamilies(families) ? [] : families;
  }

  told(targetId: string, families: readonly Family[], slotMs: number): void {
    if (families.length === 0) return;
    this.#told.delete(targetId);
    this.#told.set(targetId, {
      families: new WeakRef(families),
      digest: digestOfFamilies(families),
      day: dayOf(slotMs),
    });
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

/** Families that were told: the list itself as long as somebody else keeps it, and what it said. */
type Told = { readonly families: WeakRef<readonly Family[]>; readonly digest: string; readonly day: number };

const dayOf = (slotMs: number): number => Math.floor(slotMs / limits.catalogSpanMs);

const forgetOldest = (kept: Map<string, unknown> | Set<string>): void => {
  const oldest = kept.keys().next();
  if (kept.size > limits.targetsRemembered && !oldest.done) kept.delete(oldest.value);
};
