import { sourceIdOf } from '../core/batch.ts';
import { type Exemplar, ofSource } from '../core/exemplars.ts';
import { limits } from '../core/limits.ts';
import { successBody } from '../core/promql/answer.ts';
import { exemplarsBody, readSelectors } from '../core/promql/exemplars.ts';
import type { Matcher } from '../core/promql/matchers.ts';
import { readTimeParameter } from '../core/promql/parameters.ts';
import type { Ports } from '../io/ports.ts';
import { type Answer, type Asked, json, optional, Refused, taken } from './asked.ts';
import { inParallel } from './parallel.ts';
import { OverLimit, type SeriesReader } from './reading.ts';
import { wantedBy } from './wanted.ts';

/** /api/v1/query_exemplars. */
export const exemplarsDoor = async ({ parameters, ports, reader }: Asked): Promise<Answer> => {
  const startMs = taken(readTimeParameter('start', optional(parameters, 'start'), Number.MIN_SAFE_INTEGER));
  const endMs = taken(readTimeParameter('end', optional(parameters, 'end'), Number.MAX_SAFE_INTEGER));
  if (endMs < startMs) throw new Refused('bad_data', 'end timestamp must not be before start timestamp');
  const selectors = taken(readSelectors(parameters.get('query') ?? ''));
  // As Prometheus says it of an expression without any series.
  if (selectors.length === 0) return json(200, '{"status":"success"}');
  return json(200, successBody(exemplarsBody(await readExemplars(ports, reader, selectors, startMs, endMs))));
};

/** The exemplars of series that any of the selectors wants, in [fromMs, toMs], both included. */
const readExemplars = async (
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
