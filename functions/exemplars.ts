import { sourceIdOf } from '../core/batch.ts';
import { type Exemplar, ofSource } from '../core/exemplars.ts';
import { limits } from '../core/limits.ts';
import type { Matcher } from '../core/promql/matchers.ts';
import type { Ports } from '../io/ports.ts';
import { inParallel } from './parallel.ts';
import { OverLimit, type SeriesReader } from './reading.ts';
import { wantedBy } from './wanted.ts';

/** The exemplars of series that any of the selectors wants, in [fromMs, toMs], both included. */
export const readExemplars = async (
  { exemplars, clock, retention }: Pick<Ports, 'exemplars' | 'clock' | 'retention'>,
  reader: SeriesReader,
  selectors: readonly (readonly Matcher[])[],
  fromMs: number,
  toMs: number,
): Promise<readonly Exemplar[]> => {
  if (selectors.length === 0) return [];
  const wanted = wantedBy(selectors);
  // Nothing is kept before the retention, nor accepted far ahead.
  const oldestMs = Math.max(fromMs, clock.nowMs() - retention.rawMs);
  const newestMs = Math.min(toMs, clock.nowMs() + limits.timestampAheadMs);
  if (oldestMs > newestMs) return [];
  const found: Exemplar[] = [];
  await inParallel(await reader.find(wanted, oldestMs, newestMs), limits.queryParallel, async ({ source }) => {
    for (const each of await exemplars.between(sourceIdOf(source), oldestMs, newestMs)) {
      const exemplar = ofSource(source, each);
      if (wanted.matches(exemplar.series)) found.push(exemplar);
    }
    if (found.length > limits.querySamples)
      throw new OverLimit(`the query reads more than ${limits.querySamples} exemplars, shorten its range`);
  });
  return found;
};
