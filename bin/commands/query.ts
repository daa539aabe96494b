import { Command } from 'commander';
import { readDuration } from '../../core/duration.ts';
import type { Collector, Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { plotOf } from './plot.ts';
import { printable, show } from './show.ts';
import { numberOf, valueText } from './values.ts';

export type Metric = Readonly<Record<string, string>>;
type Pair = readonly [seconds: number, value: string];
type Instant = { readonly metric: Metric; readonly value: Pair };
export type Ranged = { readonly metric: Metric; readonly values: readonly Pair[] };

/** One question to the Prometheus API; complains of what it refuses. */
export const asked = async <T>({ get }: Collector, path: string, parameters: Record<string, string>): Promise<T> => {
  const body = (await get(`${path}?${new URLSearchParams(parameters)}`)) as {
    status?: string;
    error?: string;
    data?: T;
  };
  if (body.status !== 'success' || body.data === undefined)
    throw new Complaint(body.error ?? `the collector answered ${JSON.stringify(body)}`);
  return body.data;
};

/** One instant query of the Prometheus API. */
export const instantQuery = async (collector: Collector, expression: string): Promise<readonly Instant[]> =>
  (await asked<{ result: readonly Instant[] }>(collector, '/api/v1/query', { query: expression })).result;

/** Instants of a plot: one for each dot of the widest usual terminal. */
const plotInstants = 240;

type QueryOptions = { json?: boolean; range?: string; step?: string; plot?: boolean };

export const durationMs = (option: string, text: string): number => {
  const ms = readDuration(text);
  if (ms === undefined || ms <= 0) throw new Complaint(`${option} takes a duration such as 15s or 1h, found ${text}`);
  return ms;
};

export const queryCommand = (connect: Connect): Command =>
  new Command('query')
    .argument('<expression>', 'PromQL')
    .description('read series back: as they are now, or with --range over time, as a plot')
    .option('--range <duration>', 'over this long until now')
    .option('--step <duration>', 'an instant each (default: as fits the plot)')
    .option('--no-plot', 'print the values of a range instead of drawing them')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      "\nExamples:\n  sluice query 'up{job=\"node\"}'\n  sluice query --range 1h 'rate(orders_total[5m])'",
    )
    .action(async (expression: string, options: QueryOptions) => {
      const collector = await connect();
      if (options.range !== undefined) return overTime(collector, expression, options.range, options);
      const result = await instantQuery(collector, expression);
      if (options.json) {
        console.log(JSON.stringify(result, null, 2));
        return;
      }
      const rows = result.map(({ metric, value }) => ({
        series: seriesText(metric),
        value: value[1],
        at: new Date(value[0] * 1_000).toISOString(),
      }));
      show(rows, options, 'no series match at this moment');
    });

const overTime = async (
  collector: Collector,
  query: string,
  range: string,
  { step, json, plot }: QueryOptions,
): Promise<void> => {
  const rangeMs = durationMs('--range', range);
  const stepMs =
    step === undefined
      ? Math.max(1_000, Math.ceil(rangeMs / plotInstants / 1_000) * 1_000)
      : durationMs('--step', step);
  const endMs = Math.floor(collector.ports.clock.nowMs() / stepMs) * stepMs;
  const count = Math.floor(rangeMs / stepMs) + 1;
  const startMs = endMs - (count - 1) * stepMs;
  const { result } = await asked<{ result: readonly Ranged[] }>(collector, '/api/v1/query_range', {
    query,
    start: String(startMs / 1_000),
    end: String(endMs / 1_000),
    step: String(stepMs / 1_000),
  });
  if (json) {
    console.log(JSON.stringify(result, null, 2));
    return;
  }
  if (result.length === 0) {
    console.log('no series match in this range');
    return;
  }
  if (plot === false) {
    for (const { metric, values } of result)
      for (const [seconds, value] of values)
        console.log(`${new Date(seconds * 1_000).toISOString()}  ${printable(seriesText(metric))}  ${value}`);
    return;
  }
  const columns = process.stdout.columns ?? 100;
  for (const { metric, values } of result.slice(0, mostPlots)) {
    const own: (number | null)[] = new Array(count).fill(null);
    for (const [seconds, value] of values) own[Math.round((seconds * 1_000 - startMs) / stepMs)] = numberOf(value);
    console.log(printable(`${seriesText(metric)}  last ${valueText(numberOf(values.at(-1)?.[1] ?? 'NaN'))}`));
    for (const line of plotOf([{ name: '', values: own }], Math.min(columns, 120), 8)) console.log(line);
  }
  console.log(`${new Date(startMs).toISOString()} to ${new Date(endMs).toISOString()}, every ${stepMs / 1_000} s`);
  if (result.length > mostPlots)
    console.log(`and ${result.length - mostPlots} more series: topk(${mostPlots}, …) picks some`);
};

/** Plots one below the other: more is a scroll, not a look. */
const mostPlots = 5;

export const seriesText = ({ __name__: name = '', ...labels }: Metric): string => {
  const inside = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return inside.length === 0 ? name : `${name}{${inside.join(',')}}`;
};
