import { type Source, sourceIdOf } from '../core/batch.ts';
import { type Crowd, crowdsIn, type Flushed } from '../core/flush/flushes.ts';
import { labelSetOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { readTarget } from '../core/scrape/target.ts';
import type { Ports } from '../io/ports.ts';
import { inParallel } from './parallel.ts';
import { OverLimit, type SeriesReader } from './reading.ts';

/**
 * Who pushed in the same second as many others, of late. Seen in the times of what is stored, so that no push costs anything for it;
 * scraped targets, whose times are the collector's own, are left out.
 */
export const listCrowds = async (
  ports: Pick<Ports, 'clock' | 'targets'>,
  reader: SeriesReader,
): Promise<{ readonly producers: number; readonly crowds: readonly Crowd[] }> => {
  const nowMs = ports.clock.nowMs();
  const fromMs = nowMs - limits.crowdSpanMs;
  const [found, rows] = await Promise.all([reader.find({ matches: () => true }, fromMs, nowMs), ports.targets.all()]);
  const scraped = new Set(
    rows.flatMap(row => {
      const { value: target } = readTarget(row);
      if (target === undefined) return [];
      return [
        sourceIdOf(
          labelSetOf([
            ['job', target.job],
            ['instance', target.instance],
          ]),
        ),
      ];
    }),
  );
  const sources: Source[] = found.map(({ source }) => source).filter(source => !scraped.has(sourceIdOf(source)));
  if (sources.length > limits.crowdSourcesRead)
    throw new OverLimit(`${sources.length} sources today, the limit is ${limits.crowdSourcesRead}`);
  const flushed: Flushed[] = [];
  await inParallel(sources, limits.queryParallel, async source => {
    const stored = await reader.stored(source, fromMs, nowMs);
    const times = new Set(stored.flatMap(({ timestampsMs }) => timestampsMs));
    flushed.push({ source, timesMs: [...times].filter(timeMs => timeMs >= fromMs && timeMs <= nowMs) });
  });
  return crowdsIn(flushed);
};
