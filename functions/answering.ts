import { limits } from '../core/limits.ts';
import { evaluate } from '../core/promql/evaluate/evaluate.ts';
import { compareLabels } from '../core/promql/label-sets.ts';
import { type PlannedRead, planOf, type Query } from '../core/promql/query.ts';
import { limited, type Result, TimedOut } from '../core/promql/result.ts';
import type { SeriesColumns } from '../core/promql/series.ts';
import type { Ports } from '../io/ports.ts';
import { Buckets, bucketsFor } from './bucketing.ts';
import { overlaid } from './overlaying.ts';
import { inParallel } from './parallel.ts';
import { OverLimit, SeriesReader } from './reading.ts';
import type { Bucketed } from './rollup-reading.ts';
import { wantedBy } from './wanted.ts';

/** An answer, and what its author should know of it besides: warnings of what could not be read, infos of how it was read. */
type Answered = {
  readonly result: Result;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
};

/** Answers queries from samples, and from buckets where those do. */
export class Answering {
  readonly samples: SeriesReader;
  readonly #buckets: Buckets;
  readonly #ports: Pick<Ports, 'clock' | 'retention'>;

  constructor(ports: Pick<Ports, 'series' | 'blocks' | 'clock' | 'retention'>) {
    this.#ports = ports;
    this.samples = new SeriesReader(ports);
    this.#buckets = new Buckets(ports, this.samples);
  }

  /** Reads what a query needs and answers it with at most so many series; `more` is what cannot be read yet, `untilMs` when it is no longer waited for. */
  async answer(
    query: Query,
    most = Number.POSITIVE_INFINITY,
    more: readonly SeriesColumns[] = [],
    untilMs = Number.POSITIVE_INFINITY,
  ): Promise<Answered> {
    const { clock, retention } = this.#ports;
    const nowMs = clock.nowMs();
    const plan = planOf(query);
    const reads = new Map(
      [...plan.reads.values()].map(read => [keyOf(read, bucketsFor(read, nowMs, retention)), read]),
    );
    const columns = new Map<string, readonly SeriesColumns[]>();
    const warnings = new Set<string>();
    const infos = new Set<string>();
    let samples = 0;
    for (const read of reads.values()) checkSpan(read, bucketsFor(read, nowMs, retention));
    await inParallel([...reads], limits.queryReadsParallel, async ([key, read]) => {
      const resolution = bucketsFor(read, nowMs, retention);
      const { fromMs, toMs } = read;
      const found =
        resolution === undefined
          ? await this.samples.columns(wantedBy([read.matchers]), fromMs, toMs)
          : await this.#buckets.columns(read, resolution);
      for (const warning of found.warnings) warnings.add(warning);
      const info = infoOf(read, resolution, nowMs - retention.rawMs);
      if (info !== undefined) infos.add(info);
      for (const each of found.series) samples += each.timesMs.length;
      if (samples > limits.querySamples)
        throw new OverLimit(
          `the query reads ${samples} samples, the limit is ${limits.querySamples}: shorten its range`,
        );
      columns.set(
        key,
        overlaid(found.series, resolution === undefined ? more : [], read.matchers, fromMs, toMs).toSorted((a, b) =>
          compareLabels(a.labels, b.labels),
        ),
      );
    });
    const isOver = () => clock.nowMs() > untilMs;
    if (isOver()) throw new TimedOut();
    const found = (read: PlannedRead) => columns.get(keyOf(read, bucketsFor(read, nowMs, retention))) ?? [];
    const result = evaluate(plan, found, isOver);
    return { result: limited(result, most), warnings: [...warnings], infos: [...infos] };
  }
}

/** Reads that are the same have the same key; from buckets each function reads what it looks at. */
const keyOf = ({ matchers, fromMs, toMs, call }: PlannedRead, resolution: Bucketed | undefined): string =>
  JSON.stringify([
    fromMs,
    toMs,
    matchers.map(({ name, op, value }) => [name, op, value]),
    ...(resolution === undefined ? [] : [resolution, call]),
  ]);

const days = (ms: number): number => Math.ceil(ms / limits.catalogSpanMs);

/** What is said of how a read was answered. */
const infoOf = ({ call, fromMs, toMs }: PlannedRead, resolution: Bucketed | undefined, oldestMs: number) => {
  if (resolution !== undefined)
    return `${call} over ${days(toMs - fromMs)} days was answered from buckets of ${resolution}, see docs/promql.md`;
  // Where all of it is older there is nothing that this would be a part of.
  if (fromMs >= oldestMs || toMs < oldestMs) return undefined;
  return `samples before ${new Date(oldestMs).toISOString()} are no longer kept: a rate or …_over_time whose range, step and end are whole hours is answered from buckets`;
};

/** A day takes reads whether or not anything is there: nobody may ask for thousands of them. */
const checkSpan = ({ fromMs, toMs }: PlannedRead, resolution: Bucketed | undefined): void => {
  const { querySpanMs, fiveMinuteSpanMs, hourSpanMs } = limits;
  const most = resolution === undefined ? querySpanMs : resolution === '5m' ? fiveMinuteSpanMs : hourSpanMs;
  if (toMs - fromMs <= most) return;
  const what = resolution === undefined ? 'samples' : `buckets of ${resolution}`;
  throw new OverLimit(`the query covers ${days(toMs - fromMs)} days of ${what}, the limit is ${days(most)}`);
};
