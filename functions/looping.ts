import type { Batch, Family } from '../core/batch.ts';
import { countOf, type LabelList } from '../core/columns.ts';
import { boundedFamilies } from '../core/families.ts';
import { limits } from '../core/limits.ts';
import type { OrderedScrape } from '../core/scrape/order.ts';
import { batchesOfScrape } from '../core/scrape/page.ts';
import { areShared } from '../core/scrape/places.ts';
import { heldBytesOf, ListsInHand, slim, together } from '../core/scrape/span.ts';
import type { Target } from '../core/scrape/target.ts';
import { encodeBatch } from '../core/segment/batch-message.ts';
import { fetchPage } from './fetching.ts';
import { Outbox } from './outbox.ts';
import type { ScrapeMemory } from './scrape-memory.ts';
import { isMissed, isOver, type ScrapePorts, tell } from './scraping.ts';

/** What a target's scrapes brought that is not handed over yet. */
type Held = {
  readonly target: Target;
  readonly batches: Batch[];
  /** Lists of labels of these that count to what is in hand. */
  readonly lists: LabelList[];
  /** What the last page said of its families. */
  families: readonly Family[];
  bytes: number;
};

/**
 * Makes the scrapes of a loop, oldest slot first, and hands over those of one target together: once the oldest would be
 * freshnessMs old at the target's next slot, or that lies beyond the span, and at once where a target is heard of for the first time, has
 * come up or gone down. Ends when all is handed over. Throws if that was not to be had; what is not handed over is a gap then.
 */
export const loop = async (
  ports: ScrapePorts,
  memory: ScrapeMemory,
  scrapes: readonly OrderedScrape[],
  untilMs: number,
): Promise<void> => {
  const { clock, measures, log, freshnessMs } = ports;
  memory.pages.begin();
  const outbox = new Outbox(ports, untilMs + limits.loopHandOverMs);
  const held = new Map<string, Held>();
  const under = new Set<Promise<void>>();
  let missed = 0;
  let heldBytes = 0;
  const lists = new ListsInHand(Math.floor(ports.memoryBytes / limits.bytesASetInHand));
  let flushedMs = clock.nowMs();

  const handOver = ({ target, batches, lists: taken, families, bytes }: Held): void => {
    held.delete(target.id);
    heldBytes -= bytes;
    for (const labels of taken) lists.give(labels);
    const ordered = batches.toSorted((a, b) => a.acceptedAtMs - b.acceptedAtMs);
    const [firstMs, lastMs] = [ordered[0]!.acceptedAtMs, ordered.at(-1)!.acceptedAtMs];
    const [first, ...others] = together(ordered, `${target.id}@${firstMs}-${lastMs}`);
    const untold = memory.untold(target.id, families, lastMs);
    const told: Batch = untold.length > 0 ? { ...first!, families: boundedFamilies(untold) } : first!;
    const accepted = batches.reduce((sum, { columns }) => sum + countOf(columns), 0);
    outbox.put([told, ...others].flatMap(encodeBatch), () => {
      memory.told(target.id, untold, lastMs);
      measures.tell({ Accepted: accepted });
      // Else what is stored would be counted long before it was accepted.
      if (clock.nowMs() - flushedMs >= limits.loopMeasuresMs) {
        flushedMs = clock.nowMs();
        measures.flush();
      }
    });
  };

  const scrapeInto = async (ordered: OrderedScrape): Promise<void> => {
    const { target, slotMs, report, shared } = ordered;
    const startedMs = clock.nowMs();
    const outcome = await fetchPage(ports, memory, target);
    measures.tell({ ScrapeLateness: startedMs - slotMs });
    if (!outcome.ok && (await isOver(ports, ordered))) {
      log.write('info', 'failure not told', { target: target.id, slotMs, reason: outcome.reason });
      return;
    }
    const own = held.get(target.id) ?? { target, batches: [], lists: [], families: [], bytes: 0 };
    held.set(target.id, own);
    // Labels that the memory of pages keeps take no room here.
    const isKept = memory.pages.has(target.id);
    for (const made of batchesOfScrape(target, outcome, { slotMs, shared, families: [] })) {
      const { rows } = made.columns;
      const isTaken = !isKept && rows !== undefined && areShared(rows.labels) && lists.take(rows.labels);
      if (isTaken) own.lists.push(rows.labels);
      const batch = isKept || isTaken ? made : slim(made);
      const bytes = heldBytesOf(batch);
      own.batches.push(batch);
      own.bytes += bytes;
      heldBytes += bytes;
    }
    if (outcome.ok) own.families = outcome.families;
    const nextMs = slotMs + target.intervalMs;
    const isOld = nextMs >= untilMs || nextMs - own.batches[0]!.acceptedAtMs >= freshnessMs;
    if (memory.isNews(target.id, outcome.ok) || isOld || heldBytes > limits.loopHeldBytes) handOver(own);
    try {
      await tell(ports, target, slotMs, outcome, memory.isAwaited(target.id, outcome.ok) || report);
    } catch (error) {
      // The next slot says it again; the others must not wait for this one.
      log.write('error', 'scrape not told', { target: target.id, slotMs, cause: (error as Error).message });
    }
  };

  for (const ordered of scrapes) {
    await clock.wait(ordered.slotMs - clock.nowMs());
    while (under.size >= limits.loopParallel) await Promise.race(under);
    if (isMissed(ordered, clock.nowMs())) {
      missed += 1;
      continue;
    }
    const work = scrapeInto(ordered)
      .catch((error: Error) => {
        // A failing world of ours, such as a secret that cannot be read just now: a gap, and the others go on.
        missed += 1;
        log.write('error', 'scrape not made', { target: ordered.target.id, cause: error.message });
      })
      .finally(() => under.delete(work));
    under.add(work);
  }
  await Promise.all(under);
  if (missed > 0) {
    measures.tell({ ScrapesMissed: missed });
    log.write('warn', 'scrapes missed', { untilMs, missed });
  }
  for (const own of [...held.values()]) handOver(own);
  await outbox.emptied();
};
