import { writeDuration } from '../duration.ts';
import type { Heartbeat } from '../heartbeat/heartbeat.ts';
import { keyOf, type LabelSet, labelSetOf, metricNameLabel, metricNameOf } from '../labels.ts';
import { limits } from '../limits.ts';
import type { SeriesSamples } from '../segment/read.ts';
import { labelsOf } from './labels.ts';
import { slotsBetween } from './slots.ts';
import type { Discovered, Target } from './target.ts';

// What Prometheus's /api/v1/targets says of a fleet (prometheus web/api/v1/api.go, Target), and when each is scraped next.

/** The series of a target that tell how it does. */
export const tellingNames: ReadonlySet<string> = new Set(['up', 'scrape_duration_seconds']);

/** How long ago the last scrape of a target may have been for it to be known how it does. */
export const tellingSpanMs = ({ intervalMs }: Target): number =>
  Math.min(limits.catalogSpanMs, Math.max(limits.lookbackMs, 2 * intervalMs));

export type ListedTarget = {
  readonly discoveredLabels: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly globalUrl: string;
  readonly lastError: string;
  readonly lastScrape: string;
  readonly lastScrapeDuration: number;
  readonly health: 'up' | 'down' | 'unknown';
  readonly scrapeInterval: string;
  readonly scrapeTimeout: string;
  readonly nextScrape: string;
};

/** What was stored of one moment of a target. */
type Told = { readonly atMs: number; readonly up: number; readonly seconds: number };

/** The last thing that each target's own series said, by its labels. */
export const lastToldIn = (series: readonly SeriesSamples[]): ReadonlyMap<string, Told> => {
  const told = new Map<string, Told>();
  for (const { labels, samples } of series) {
    const last = samples.at(-1);
    if (last === undefined || last.stale) continue;
    const key = keyOf(labelSetOf(labels.filter(([name]) => name !== metricNameLabel)));
    const known = told.get(key) ?? { atMs: 0, up: Number.NaN, seconds: 0 };
    const said = metricNameOf(labels) === 'up' ? { up: last.value } : { seconds: last.value };
    told.set(key, { ...known, ...said, atMs: Math.max(known.atMs, last.timestampMs) });
  }
  return told;
};

/** Go's time.Time{}: never. */
const never = '0001-01-01T00:00:00Z';

const textOf = (atMs: number): string => new Date(atMs).toISOString();

const objectOf = (labels: LabelSet): Readonly<Record<string, string>> => Object.fromEntries(labels);

/** One target with what is known of it: from its series, and from the record of its failures, which has the reason in words. */
export const listedTarget = (
  { discovered, target }: Discovered & { readonly target: Target },
  told: ReadonlyMap<string, Told>,
  record: Heartbeat | undefined,
  offsetMs: number,
  nowMs: number,
): ListedTarget => {
  const own = labelsOf(target);
  const last = told.get(keyOf(own));
  const failing = record?.failing?.targetId === target.id ? record.failing : undefined;
  const failed = failing !== undefined && failing.lastSlotMs >= (last?.atMs ?? 0);
  const health = failed || last?.up === 0 ? 'down' : last?.up === 1 ? 'up' : 'unknown';
  const atMs = Math.max(last?.atMs ?? 0, failing?.lastSlotMs ?? 0);
  const [nextMs = nowMs] = slotsBetween(offsetMs, target.intervalMs, nowMs, nowMs + target.intervalMs);
  return {
    discoveredLabels: objectOf(discovered),
    labels: objectOf(own),
    scrapePool: target.job,
    scrapeUrl: target.url,
    globalUrl: target.url,
    lastError: health === 'down' && failing !== undefined ? `${failing.reason}: ${failing.detail}` : '',
    lastScrape: atMs === 0 ? never : textOf(atMs),
    lastScrapeDuration: last?.seconds ?? 0,
    health,
    scrapeInterval: writeDuration(target.intervalMs),
    scrapeTimeout: writeDuration(target.timeoutMs),
    nextScrape: textOf(nextMs),
  };
};
