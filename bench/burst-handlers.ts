import type { Context, SQSEvent } from 'aws-lambda';
import { limits } from '../core/limits.ts';
import { ingest } from '../functions/ingest.ts';
import { scrape } from '../functions/scrape.ts';
import { memoryPorts } from '../io/memory/ports.ts';
import { report } from './burst-books.ts';
import { type Burst, burstPage } from './burst-pages.ts';

/** Resolves at once, and says that so much time is over: but for those who only gather for a while. */
const fastClock = (startMs: number) => {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    wait: async (ms: number) => {
      if (ms !== limits.loopGatherMs) nowMs += Math.max(0, ms);
    },
  };
};

/** Messages as ingest gets them: a hundred, or what an event may hold. */
function* deliveries(messages: readonly string[]): Generator<string[]> {
  let delivery: string[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (delivery.length === 100 || bytes + message.length > 5_000_000) {
      yield delivery;
      delivery = [];
      bytes = 0;
    }
    delivery.push(message);
    bytes += message.length;
  }
  if (delivery.length > 0) yield delivery;
}

export type Share = {
  readonly freshnessMs: number;
  readonly memoryMiB: number;
  readonly intervalSeconds: number;
  /** Whether the targets are replicas, with the same series, or each has its own. */
  readonly alike: boolean;
};

/** One worker's share of the fleet through one loop, and what it handed over through ingest. */
export const handlers = async (burst: Burst, share: Share): Promise<void> => {
  const { freshnessMs, memoryMiB, intervalSeconds, alike } = share;
  const targets = Math.min(burst.targets, limits.loopTargets);
  const startMs = 1_760_000_040_000;
  const ports = memoryPorts({ startMs });
  const sent: string[] = [];
  const pages = Array.from({ length: alike ? 1 : targets }, (_, target) =>
    Array.from({ length: burst.rounds }, (_, round) => burstPage(burst, round, round, alike ? '' : `${target}-`)),
  );
  let samples = 0;
  const clock = fastClock(startMs);
  const scrapePorts = {
    ...ports,
    clock,
    freshnessMs,
    memoryBytes: 1_048_576 * memoryMiB,
    buffer: { send: async (messages: readonly string[]) => void sent.push(...messages) },
    http: {
      get: async ({ url }: { readonly url: string }) => {
        const round = Math.min(burst.rounds - 1, Math.floor((clock.nowMs() - startMs) / 1_000 / intervalSeconds));
        const { page, samples: many } = pages[alike ? 0 : Number(/t(\d+)/.exec(url)![1])]![round]!;
        samples += many;
        const body = new Uint8Array(page);
        return { ok: true, status: 200, contentType: 'text/plain', body, durationMs: 1 } as const;
      },
    },
  };
  const workers = { scrape: scrape(scrapePorts), ingest: ingest(ports) };
  const seconds = { scrape: 0, ingest: 0 };
  const timed = async (name: keyof typeof seconds, bodies: readonly string[]): Promise<void> => {
    const Records = bodies.map((body, at) => ({ messageId: String(at), body }));
    const began = process.cpuUsage();
    const answer = (await workers[name]({ Records } as SQSEvent, {} as Context)) as {
      batchItemFailures: readonly unknown[];
    };
    const { user, system } = process.cpuUsage(began);
    if (answer.batchItemFailures.length > 0) throw new Error(ports.log.lines.join('\n'));
    seconds[name] += (user + system) / 1e6;
  };
  const untilMs = startMs + 1_000 * intervalSeconds * burst.rounds;
  const order = {
    dueMs: startMs,
    untilMs,
    targets: Array.from({ length: targets }, (_, index) => ({
      offsetMs: Math.floor((1_000 * intervalSeconds * index) / targets),
      report: false,
      shared: false,
      row: { id: `t${index}`, url: `http://t${index}/metrics`, job: 'burst', interval: `${intervalSeconds}s` },
    })),
  };
  await timed('scrape', [JSON.stringify(order)]);
  for (const delivery of deliveries(sent)) await timed('ingest', delivery);
  // What is stored is what was on the pages, and five series a scrape besides.
  const stored = ports.measures.sum('Stored');
  const scrapes = targets * burst.rounds;
  const expected = samples + 5 * scrapes;
  if (stored !== expected) throw new Error(`${stored} samples stored, ${expected} expected`);
  const bytes = sent.reduce((sum, { length }) => sum + length, 0);
  const form = `freshness ${freshnessMs / 1_000} s, ${alike ? 'replicas' : 'all different'}`;
  report(
    'scrape',
    seconds.scrape,
    samples,
    `${form}: ${scrapes} scrapes of ${targets} targets, ${samples} samples, ${sent.length} messages of ${Math.round(bytes / sent.length)} characters, ${memoryMiB} MiB`,
  );
  report('ingest', seconds.ingest, samples, 'into memory');
  report('handlers', seconds.scrape + seconds.ingest, samples, 'together');
};
