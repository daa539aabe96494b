import { readFileSync } from 'node:fs';
import { labelSetOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { evaluate } from '../core/promql/evaluate/evaluate.ts';
import { planOf } from '../core/promql/query.ts';
import type { Result } from '../core/promql/result.ts';
import type { SeriesColumns } from '../core/promql/series.ts';
import { rangeQuery } from '../test/core/promql/asking.ts';
import { isThere, Prometheus } from '../test/differential/prometheus.ts';

// What the evaluator takes on what was read, apart from reading: an hour of 15 s in steps of a minute, 100,000 series. The
// peers: a plain loop that sums every window's samples, which is what any evaluator of these columns has to touch, and, on
// 5,000 of the series, a real Prometheus (Debian's, or $PROMETHEUS), whose CPU time has its reading and its HTTP in it.
// `npm run bench:promql`; exit code 1 where an answer is wrong.

const seriesCount = 100_000;
const sharedCount = 5_000;
const jobs = 100;
const everyMs = 15_000;
const runs = 5;
const samples = 260;
const stepMs = 60_000;
const steps = 60;
const window = 20;

// The columns are in memory here: what the reading room may read at most is its own matter.
Object.assign(limits, { querySamples: 100_000_000, queryCells: 100_000_000 });

const beginMs = Date.UTC(2026, 0, 5);
const startMs = beginMs + window * everyMs;
const timesMs = Float64Array.from({ length: samples }, (_, at) => beginMs + at * everyMs);
const speedOf = (at: number): number => (at % 7) + 1;
const all: SeriesColumns[] = Array.from({ length: seriesCount }, (_, at) => ({
  labels: labelSetOf([
    ['__name__', 'requests_total'],
    ['instance', `host-${String(at).padStart(6, '0')}`],
    ['job', `job-${String(at % jobs).padStart(3, '0')}`],
  ]),
  timesMs,
  values: Float64Array.from({ length: samples }, (_, nth) => nth * speedOf(at)),
}));

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Of this thread: the collector sweeps after what was forced before, on others. */
const ownCpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
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
      for (let at = end - window; at < end; at += 1) total += values[at]!;
    }
  }
  return total;
};

/** The speeds of the first job's series added up, and of all. */
const speeds = (count: number, ofJob: boolean): number => {
  let sum = 0;
  for (let at = 0; at < count; at += ofJob ? jobs : 1) sum += speedOf(at);
  return sum;
};

const cases: readonly { readonly text: string; readonly first: (count: number) => number }[] = [
  { text: 'sum by (job) (rate(requests_total[5m]))', first: count => speeds(count, true) / 15 },
  { text: 'sum(requests_total)', first: count => speeds(count, false) * 20 },
  { text: 'max by (job) (max_over_time(requests_total[5m]))', first: () => 140 },
  { text: 'sum(sum_over_time(requests_total[5m]))', first: count => speeds(count, false) * 210 },
  { text: 'topk(5, rate(requests_total[5m]))', first: () => 7 / 15 },
  { text: 'quantile by (job) (0.9, rate(requests_total[5m]))', first: () => 7 / 15 },
  { text: 'sum(requests_total / ignoring (instance) group_left sum by (job) (requests_total))', first: () => jobs },
];

let wrong = 0;
const isRight = (found: number, wanted: number): boolean => Math.abs(found - wanted) <= 1e-9 * Math.abs(wanted);

/** Median CPU time of a question, and what it adds to memory at most; checked before it is timed. */
const timed = (text: string, series: readonly SeriesColumns[], first: number): { ms: number; heldMiB: number } => {
  const found = firstOf(ask(text, series));
  if (!isRight(found, first)) {
    wrong += 1;
    console.log(`WRONG ${text}: ${found}, not ${first}`);
  }
  const times: number[] = [];
  let heldMiB = 0;
  for (let run = 0; run < runs; run += 1) {
    globalThis.gc?.();
    const before = process.memoryUsage();
    const beforeMs = ownCpuMs();
    ask(text, series);
    times.push(ownCpuMs() - beforeMs);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    heldMiB = Math.max(heldMiB, (heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers) / 1_048_576);
  }
  return { ms: median(times), heldMiB };
};

const openMetricsOf = (series: readonly SeriesColumns[]): string => {
  const lines = ['# TYPE requests_total unknown'];
  for (const { labels, values } of series) {
    const inside = labels.slice(1).map(([name, value]) => `${name}="${value}"`);
    for (const [at, value] of values.entries())
      lines.push(`requests_total{${inside.join(',')}} ${value} ${timesMs[at]! / 1_000}`);
  }
  return `${lines.join('\n')}\n# EOF\n`;
};

const plain = median(
  Array.from({ length: runs }, () => {
    const beforeMs = ownCpuMs();
    touch(all);
    return ownCpuMs() - beforeMs;
  }),
);
console.log(
  `${seriesCount} series × ${steps} steps; touching every window's samples takes ${plain.toFixed(0)} ms of CPU`,
);
for (const { text, first } of cases) {
  const { ms, heldMiB } = timed(text, all, first(seriesCount));
  const ratio = (ms / plain).toFixed(1).padStart(5);
  console.log(
    `${ms.toFixed(0).padStart(6)} ms  ${ratio} × touching  ${heldMiB.toFixed(0).padStart(4)} MiB more  ${text}`,
  );
}

if (!isThere()) console.log('skipped: no Prometheus here, set PROMETHEUS and PROMTOOL');
else {
  const shared = all.slice(0, sharedCount);
  const prometheus = await Prometheus.start(openMetricsOf(shared));
  /** Ticks of 10 ms that its process has had (proc(5), stat: utime and stime). */
  const theirCpuMs = (): number => {
    const fields = readFileSync(`/proc/${prometheus.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  };
  try {
    console.log(`${sharedCount} of the series, beside a real Prometheus:`);
    for (const { text, first } of cases) {
      const { ms } = timed(text, shared, first(sharedCount));
      const asked = {
        query: text,
        start: String(startMs / 1_000),
        end: String(startMs / 1_000 + (steps - 1) * 60),
        step: '60',
      };
      type Matrix = { data: { result: { values: [number, string][] }[] } };
      const answered = (await prometheus.ask('query_range', asked)) as Matrix;
      const found = Number(answered.data.result[0]!.values[0]![1]);
      // Debian's includes the sample at the older end: windows have 21 samples then.
      const differs = isRight(found, first(sharedCount))
        ? ''
        : `  (its first value is ${found}, ours ${first(sharedCount)})`;
      const times: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const beforeMs = theirCpuMs();
        await prometheus.ask('query_range', asked);
        times.push(theirCpuMs() - beforeMs);
      }
      const ratio = (ms / median(times)).toFixed(2);
      console.log(
        `${ms.toFixed(0).padStart(6)} ms, its ${median(times).toFixed(0)} ms: ${ratio} × of it  ${text}${differs}`,
      );
    }
  } finally {
    await prometheus.stop();
  }
}
process.exitCode = wrong === 0 ? 0 : 1;
