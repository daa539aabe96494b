import { sourceIdOf } from '../core/batch.ts';
import { metricNameOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { groupPage, pushFailureTime, pushTime, type StoredSource } from '../core/protocol/group-page.ts';
import type { Ports } from '../io/ports.ts';
import { inParallel } from './parallel.ts';
import type { SeriesReader } from './reading.ts';

/** The page of a Pushgateway: groups that were pushed within limits.groupShownMs. It reads a day of their sources. */
export const readGroupPage = async (
  { clock, families }: Pick<Ports, 'clock' | 'families'>,
  reader: SeriesReader,
): Promise<string> => {
  const nowMs = clock.nowMs();
  const fromMs = nowMs - limits.groupShownMs;
  const found = await Promise.all(
    [pushTime, pushFailureTime].map(name =>
      reader.find({ matches: labels => metricNameOf(labels) === name, name }, fromMs, nowMs),
    ),
  );
  const sources = new Map(found.flat().map(({ source }) => [sourceIdOf(source), source]));
  const stored: StoredSource[] = [];
  await inParallel([...sources.values()], limits.queryParallel, async source => {
    stored.push({ source, columns: await reader.stored(source, fromMs, nowMs) });
  });
  return groupPage(stored, sources.size === 0 ? [] : await families.all(), nowMs);
};
