import { labelSetOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { evaluate } from '../core/promql/evaluate/evaluate.ts';
import { planOf } from '../core/promql/query.ts';
import type { Result } from '../core/promql/result.ts';
import type { SeriesColumns } from '../core/promql/series.ts';
import { rangeQuery } from '../test/core/promql/asking.ts';

// How long the evaluator takes on what was read, apart from reading: 100,000 series (100 jobs) at 15 s. The plain loop
// that sums every window's samples is the peer: what any evaluator of the same columns has to touch.
// `npm run bench:promql`; exit code 1 where an answer is wrong.

const seriesCount = 100_000;
const jobs = 100;
const everyMs = 15_000;
const runs = 5;

// The columns are in memory here: what the reading room may read at most is its own matter.
Object.assign(limits, { querySamples: 100_000_000, queryCells: 100_000_000 });

const samples = 260;
const timesMs = Float64Array.from({ length: samples }, (_, at) => at * everyMs);
const all: SeriesColumns[] = Array.from({ length: seriesCount }, (_, at) => ({
  labels: labelSetOf([
    ['__name__', 'requests_total'],
    ['instance', `host-${at}`],
    ['job', `job-${String(at % jobs).padStart(3, '0')}`],
  ]),
  timesMs,
  values: Float64Array.from({ length: samples }, (_, nth) => nth * ((at % 7) + 1)),
}));

const startMs = 20 * everyMs;
const stepMs = 60_000;
const steps = 60;
const window = 20;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const cpuMs = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

const ask = (text: string, series: readonly SeriesColumns[]): Result =>
  evaluate(planOf(rangeQuery(text, startMs, startMs + (steps - 1) * stepMs, stepMs)), () => series);

/** The value that the first series of the answer has at its first step. */
const firstOf = ({ value }: Result): number => {
  if (value.type !== 'steps') throw new Error(value.type);
  return value.series[0]!.values[0]!;
};

const touch = (series: readonly SeriesColumns[]): number => {
  let total = 0;
  for (const { values } of series) {
    for (let step = 0; step < steps; step += 1) {
      const end = window + step * (stepMs / everyMs) + 1;
      let sum = 0;
      for (let at = end - window; at < end; at += 1) sum += values[at]!;
      total += sum;
    }
  }
  return total;
};

const ofJob = all.filter((_, at) => at % jobs === 0);
const speedOf = (series: readonly SeriesColumns[]): number =>
  series.reduce((sum, { values }) => sum + values[1]! / (everyMs / 1_000), 0);

const cases: readonly { readonly text: string; readonly series: readonly SeriesColumns[]; readonly first: number }[] = [
  { text: 'rate(requests_total[5m])', series: all.slice(0, 1), first: 1 / 15 },
  { text: 'sum by (job) (rate(requests_total[5m]))', series: all, first: speedOf(ofJob) },
  { text: 'sum(requests_total)', series: all, first: speedOf(all) * 300 },
  { text: 'max by (job) (max_over_time(requests_total[5m]))', series: all, first: 140 },
  { text: 'sum(sum_over_time(requests_total[5m]))', series: all, first: speedOf(all) * 15 * 210 },
  { text: 'topk(5, rate(requests_total[5m]))', series: all, first: 7 / 15 },
  { text: 'quantile by (job) (0.9, rate(requests_total[5m]))', series: all, first: 7 / 15 },
  {
    text: 'requests_total / ignoring (instance) group_left sum by (job) (requests_total)',
    series: ofJob,
    first: 1 / (speedOf(ofJob) * 15),
  },
];

const peer: number[] = [];
for (let run = 0; run < runs; run += 1) peer.push(cpuMs(() => touch(all)));
console.log(
  `${seriesCount} series × ${steps} steps; touching every window's samples takes ${median(peer).toFixed(0)} ms`,
);
let wrong = 0;
for (const { text, series, first } of cases) {
  const found = firstOf(ask(text, series));
  if (Math.abs(found - first) > 1e-9 * first) {
    wrong += 1;
    console.log(`WRONG ${text}: ${found}, not ${first}`);
    continue;
  }
  const times: number[] = [];
  let heldMiB = 0;
  for (let run = 0; run < runs; run += 1) {
    globalThis.gc?.();
    const before = process.memoryUsage();
    let result: Result | undefined;
    times.push(
      cpuMs(() => {
        result = ask(text, series);
      }),
    );
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    heldMiB = Math.max(heldMiB, (heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers) / 1_048_576);
    if (result === undefined) wrong += 1;
  }
  const ms = median(times);
  console.log(
    `${ms.toFixed(1).padStart(8)} ms CPU  ${(ms / median(peer)).toFixed(2).padStart(6)} × peer  ${heldMiB.toFixed(0).padStart(5)} MiB more  ${series.length} series: ${text}`,
  );
}
process.exitCode = wrong === 0 ? 0 : 1;
