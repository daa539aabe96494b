import { limits } from '../core/limits.ts';
import { evaluate } from '../core/promql/evaluate/evaluate.ts';
import { compareLabels } from '../core/promql/label-sets.ts';
import { type PlannedRead, planOf, type Query } from '../core/promql/query.ts';
import { limited, type Result } from '../core/promql/result.ts';
import type { SeriesColumns } from '../core/promql/series.ts';
import { inParallel } from './parallel.ts';
import { OverLimit, type SeriesReader } from './reading.ts';
import { wantedBy } from './wanted.ts';

/** Reads what a query needs and answers it with at most so many series. Warnings say what could not be read. */
export const answerOf = async (
  query: Query,
  most: number,
  reader: SeriesReader,
): Promise<{ readonly result: Result; readonly warnings: readonly string[] }> => {
  const plan = planOf(query);
  const reads = new Map([...plan.reads.values()].map(read => [keyOf(read), read]));
  const columns = new Map<string, readonly SeriesColumns[]>();
  const warnings = new Set<string>();
  let samples = 0;
  for (const read of reads.values()) if (read.toMs - read.fromMs > limits.querySpanMs) throw overSpan(read);
  await inParallel([...reads], limits.queryReadsParallel, async ([key, read]) => {
    const found = await reader.columns(wantedBy([read.matchers]), read.fromMs, read.toMs);
    for (const warning of found.warnings) warnings.add(warning);
    for (const each of found.series) samples += each.timesMs.length;
    if (samples > limits.querySamples)
      throw new OverLimit(`the query reads ${samples} samples, the limit is ${limits.querySamples}: shorten its range`);
    columns.set(
      key,
      found.series.toSorted((a, b) => compareLabels(a.labels, b.labels)),
    );
  });
  const result = evaluate(plan, read => columns.get(keyOf(read)) ?? []);
  return { result: limited(result, most), warnings: [...warnings] };
};

/** Reads that are the same have the same key. */
const keyOf = ({ matchers, fromMs, toMs }: PlannedRead): string =>
  JSON.stringify([fromMs, toMs, matchers.map(({ name, op, value }) => [name, op, value])]);

/** A day takes reads whether or not anything is there: nobody may ask for thousands of them. */
const overSpan = ({ fromMs, toMs }: PlannedRead): OverLimit => {
  const day = 86_400_000;
  const days = Math.ceil((toMs - fromMs) / day);
  return new OverLimit(`the query covers ${days} days, the limit is ${limits.querySpanMs / day}`);
};
