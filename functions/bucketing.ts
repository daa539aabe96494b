import { keyOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { aggregatesOf, mayRoll } from '../core/promql/evaluate/rolled.ts';
import type { PlannedRead } from '../core/promql/query.ts';
import { joinedBuckets, rolledUp } from '../core/promql/roll.ts';
import type { SeriesColumns } from '../core/promql/series.ts';
import type { Retention } from '../core/retention.ts';
import type { Ports } from '../io/ports.ts';
import type { SeriesRead, SeriesReader } from './reading.ts';
import { type Bucketed, bucketMsOf, RollupReader } from './rollup-reading.ts';
import { wantedBy } from './wanted.ts';

/**
 * From which buckets a read is answered; undefined for samples. Buckets where they answer it and it covers more than
 * limits.bucketsFromMs, or begins before the oldest samples that are kept: the coarsest that do.
 */
export const bucketsFor = (read: PlannedRead, nowMs: number, retention: Retention): Bucketed | undefined => {
  const { fromMs, toMs } = read;
  if (toMs - fromMs <= limits.bucketsFromMs && fromMs >= nowMs - retention.rawMs) return undefined;
  if (mayRoll(read, bucketMsOf['1h'])) return '1h';
  if (!mayRoll(read, bucketMsOf['5m'])) return undefined;
  // Where those are gone too, what is left of the samples may still be more.
  return fromMs >= nowMs - Math.max(retention.fiveMinuteMs, retention.rawMs) || toMs - fromMs > limits.querySpanMs
    ? '5m'
    : undefined;
};

/** Reads buckets: those that are kept of days that are over, and of samples of the days since. */
export class Buckets {
  readonly #blocks: Ports['blocks'];
  readonly #samples: SeriesReader;
  readonly #rollups: RollupReader;

  constructor(ports: Pick<Ports, 'blocks' | 'clock' | 'retention'>, samples: SeriesReader) {
    this.#blocks = ports.blocks;
    this.#samples = samples;
    this.#rollups = new RollupReader(ports);
  }

  async columns(read: PlannedRead, resolution: Bucketed): Promise<Omit<SeriesRead<SeriesColumns>, 'units'>> {
    const bucketMs = bucketMsOf[resolution];
    const wanted = wantedBy([read.matchers]);
    const beginMs = Math.floor(read.fromMs / bucketMs) * bucketMs;
    const lastMs = read.toMs - bucketMs;
    const daysOverMs = dayOf((await this.#blocks.mergedUntil()) ?? 0);
    const kept =
      beginMs < daysOverMs
        ? await this.#rollups.columns(
            wanted,
            resolution,
            beginMs,
            Math.min(lastMs, daysOverMs - 1),
            aggregatesOf(read.call),
          )
        : { series: [], warnings: [] };
    const sinceMs = Math.max(beginMs, daysOverMs);
    if (sinceMs > lastMs) return kept;
    // The hour before tells what counters had grown to, as it does where days are merged.
    const recent = await this.#samples.columns(wanted, sinceMs - limits.segmentSpanMs, read.toMs - 1);
    const all = new Map(kept.series.map(series => [keyOf(series.labels), series]));
    for (const series of recent.series) {
      const later = rolledUp(series, bucketMs, sinceMs);
      if (later === undefined) continue;
      const key = keyOf(later.labels);
      const earlier = all.get(key);
      all.set(key, earlier === undefined ? later : joinedBuckets(earlier, later));
    }
    return { series: [...all.values()], warnings: [...kept.warnings, ...recent.warnings] };
  }
}

const dayOf = (timestampMs: number): number => Math.floor(timestampMs / limits.catalogSpanMs) * limits.catalogSpanMs;
