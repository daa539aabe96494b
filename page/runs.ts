import { useEffect, useState } from 'preact/hooks';
import type { SourceLine } from '../core/view/sources.ts';
import { ask } from './api.ts';

type Metric = Readonly<Record<string, string>>;
type Ranged = { readonly metric: Metric; readonly values: readonly (readonly [seconds: number, value: string])[] };
type Vector = readonly { readonly metric: Metric; readonly value: readonly [seconds: number, value: string] }[];

/** One run of a job that ended, as its ping told it, or one that did not come. */
export type Run = {
  readonly atMs: number;
  readonly outcome: 'good' | 'failed' | 'missed';
  /** How long it took; absent where nobody told its start. */
  readonly tookMs?: number;
  readonly exitCode?: number;
};

/** The runs of one job out of its three series, with the times at which it was missed, the newest first. */
export const runsOf = (series: readonly Ranged[], missedMs: readonly number[]): Run[] => {
  const told = (name: string): Map<number, number> =>
    new Map(
      series
        .filter(({ metric }) => metric['__name__'] === name)
        .flatMap(({ values }) =>
          values.map(([seconds, value]) => [Math.round(seconds * 1_000), Number(value)] as const),
        ),
    );
  const [success, took, exit] = ['success', 'duration_seconds', 'exit_code'].map(name => told(`sluice_job_${name}`));
  const runs = [...success!].map(([atMs, value]): Run => {
    const [seconds, exitCode] = [took!.get(atMs), exit!.get(atMs)];
    return {
      atMs,
      outcome: value === 1 ? 'good' : 'failed',
      ...(seconds !== undefined && { tookMs: seconds * 1_000 }),
      ...(exitCode !== undefined && { exitCode }),
    };
  });
  const missed = missedMs.map((atMs): Run => ({ atMs, outcome: 'missed' }));
  return [...runs, ...missed].sort((a, b) => b.atMs - a.atMs);
};

/** What a day of runs adds up to. */
export type RunCount = {
  readonly runs: number;
  readonly failed: number;
  readonly usualMs?: number;
  readonly lastMs?: number;
};

export const countsOf = (vector: Vector): ReadonlyMap<string, RunCount> => {
  const counts = new Map<string, { runs: number; failed: number; usualMs?: number; lastMs?: number }>();
  for (const { metric, value } of vector) {
    const job = metric['job'] ?? '';
    const own = counts.get(job) ?? { runs: 0, failed: 0 };
    counts.set(job, own);
    const number = Number(value[1]);
    if (metric['is'] === 'runs') own.runs = number;
    else if (metric['is'] === 'failed') own.failed = number;
    else if (metric['is'] === 'usual') own.usualMs = number * 1_000;
    else if (metric['is'] === 'last') own.lastMs = number * 1_000;
  }
  return counts;
};

const askedAtOnce = 60;
const jobsOf = (lines: readonly SourceLine[]): string =>
  JSON.stringify(
    lines
      .filter(({ kind, graceMs }) => kind === 'heartbeat' && graceMs !== undefined)
      .slice(0, askedAtOnce)
      .map(({ job }) => job.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&'))
      .join('|'),
  );

/** Runs of the last day by job, of those that tell of their runs by pings: four numbers each, asked in one question. */
export const useRunCounts = (lines: readonly SourceLine[], everyMs: number): ReadonlyMap<string, RunCount> => {
  const [counts, setCounts] = useState<ReadonlyMap<string, RunCount>>(new Map());
  const jobs = jobsOf(lines);
  useEffect(() => {
    if (jobs === '""') return;
    const of = (name: string): string => `sluice_job_${name}{job=~${jobs}}[1d]`;
    const as = (is: string, expression: string): string => `label_replace(${expression}, "is", "${is}", "", "")`;
    const query = [
      as('runs', `count_over_time(${of('success')})`),
      as('failed', `count_over_time(${of('success')}) - sum_over_time(${of('success')})`),
      as('usual', `quantile_over_time(0.5, ${of('duration_seconds')})`),
      as('last', `max without (__name__) (last_over_time(${of('duration_seconds')}))`),
    ].join(' or ');
    return asking(everyMs, async signal => {
      const form = new URLSearchParams({ query });
      const { data } = await ask<{ data: { result: Vector } }>('/api/v1/query', { form, signal });
      setCounts(countsOf(data.result));
    });
  }, [jobs, everyMs]);
  return counts;
};

/** Enough of them to show a habit; where a day has fewer, a month is looked at. */
const enoughRuns = 20;

/** What a job told of its runs: of the last day, or of the last month where those are few. Undefined until it is known. */
export const useRuns = (job: string | undefined, everyMs: number): readonly Ranged[] | undefined => {
  const [series, setSeries] = useState<readonly Ranged[]>();
  useEffect(() => {
    setSeries(undefined);
    if (job === undefined) return;
    const named = `{__name__=~"sluice_job_success|sluice_job_duration_seconds|sluice_job_exit_code",job=${JSON.stringify(job)}}`;
    let range = '1d';
    return asking(everyMs, async signal => {
      for (;;) {
        const form = new URLSearchParams({ query: `${named}[${range}]` });
        const { data } = await ask<{ data: { result: Ranged[] } }>('/api/v1/query', { form, signal });
        const runs = data.result.find(({ metric }) => metric['__name__'] === 'sluice_job_success')?.values.length ?? 0;
        if (range === '30d' || runs >= enoughRuns) return setSeries(data.result);
        range = '30d';
      }
    });
  }, [job, everyMs]);
  return series;
};

/** Asks now and again while somebody looks. Without an answer the page is poorer, and no less true. */
const asking = (everyMs: number, ask: (signal: AbortSignal) => Promise<void>): (() => void) => {
  let timer: ReturnType<typeof setTimeout>;
  const abort = new AbortController();
  const look = async (): Promise<void> => {
    if (!document.hidden) await ask(abort.signal).catch(() => undefined);
    if (!abort.signal.aborted) timer = setTimeout(look, everyMs);
  };
  timer = setTimeout(look, 100);
  return () => {
    clearTimeout(timer);
    abort.abort();
  };
};
