import type { Context, SQSEvent } from 'aws-lambda';
import { merged } from '../../core/labels.ts';
import { decodeBatch } from '../../core/segment/batch-message.ts';
import { scrape } from '../../functions/scrape.ts';
import { httpGetter } from '../../io/http/get.ts';
import { readAllowList } from '../../io/http/guard.ts';
import { memoryPorts } from '../../io/memory/ports.ts';
import type { Behaviour } from './behaviour.ts';
import { pathOf } from './server.ts';

/** What became of one scrape: health, reason, what the page's samples are counted as, and what is stored of it. */
export type Scraped = {
  readonly up: number | undefined;
  readonly reason: string | undefined;
  readonly scraped: number | undefined;
  readonly stored: readonly string[];
};

export const timeoutMs = 1_000;

const numberText = (value: number): string =>
  Number.isNaN(value)
    ? 'NaN'
    : value === Number.POSITIVE_INFINITY
      ? '+Inf'
      : value === Number.NEGATIVE_INFINITY
        ? '-Inf'
        : Object.is(value, -0)
          ? '-0'
          : String(value);

/** `name{labels} value`, with the time where it is not the scrape's. */
export const textOf = (labels: Readonly<Record<string, string>>, value: number, seconds: number): string => {
  const { __name__: name, job: _job, instance: _instance, ...rest } = labels;
  const pairs = Object.entries(rest).map(([label, text]) => `${label}="${text}"`);
  const time = Math.abs(seconds) < 30 ? '' : ` @${Math.round(seconds / 10) * 10}`;
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${numberText(value)}${time}`;
};

/** Scrapes a behaviour once with the shipped handler over real sockets. */
export const scrapeOnce = async (behaviour: Behaviour, port: number): Promise<Scraped> => {
  const ports = {
    ...memoryPorts({ startMs: Date.now() }),
    clock: {
      nowMs: () => Date.now(),
      wait: (ms: number) => new Promise<void>(done => setTimeout(done, Math.max(0, ms))),
    },
    http: httpGetter(readAllowList('127.0.0.0/8')),
  };
  const sent: string[] = [];
  const buffer = { send: async (messages: readonly string[]) => void sent.push(...messages) };
  const slotMs = Date.now();
  const row = {
    id: behaviour.name,
    url: `http://127.0.0.1:${port}${pathOf(behaviour)}`,
    job: 'nasty',
    interval: '5s',
    timeout: `${timeoutMs}ms`,
    ...behaviour.row,
  };
  // As it is in the registry, where who failed is looked up.
  await ports.targets.put(row);
  const body = JSON.stringify({ dueMs: slotMs, scrapes: [{ slotMs, report: false, shared: false, row }] });
  const event = { Records: [{ messageId: 'm', body }] } as SQSEvent;
  const answer = (await scrape({ ...ports, buffer })(event, {} as Context)) as { batchItemFailures: unknown[] };
  if (answer.batchItemFailures.length > 0) throw new Error(ports.log.lines.join('\n'));
  const stored: string[] = [];
  const own = new Map<string, number>();
  let reason: string | undefined;
  for (const message of sent) {
    const read = decodeBatch(message);
    if (!read.ok) throw new Error(read.reject.reason);
    const { source, columns } = read.batch;
    for (const { labels, column } of columns.series) {
      const full = Object.fromEntries(merged(labels, source));
      const name = full['__name__'] ?? '';
      for (const [slot, timestampMs] of columns.timestampsMs.entries()) {
        if (!column.has(slot)) continue;
        if (name === 'up_reason') reason = full['reason'];
        else if (/^(up|scrape_.*)$/.test(name)) own.set(name, column.values[slot]!);
        else stored.push(textOf(full, column.values[slot]!, (timestampMs - slotMs) / 1_000));
      }
    }
  }
  return { up: own.get('up'), reason, scraped: own.get('scrape_samples_scraped'), stored: stored.sort() };
};
