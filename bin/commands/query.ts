import { Command } from 'commander';
import type { Collector, Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { show } from './show.ts';

type Instant = {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [seconds: number, value: string];
};

/** One instant query of the Prometheus API. */
export const instantQuery = async ({ get }: Collector, expression: string): Promise<readonly Instant[]> => {
  const body = (await get(`/api/v1/query?${new URLSearchParams({ query: expression })}`)) as {
    status?: string;
    error?: string;
    data?: { result: readonly Instant[] };
  };
  if (body.status !== 'success' || body.data === undefined)
    throw new Complaint(body.error ?? `the collector answered ${JSON.stringify(body)}`);
  return body.data.result;
};

export const queryCommand = (connect: Connect): Command =>
  new Command('query')
    .argument('<expression>')
    .description('read series back')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice query \'up{job="node"}\'')
    .action(async (expression: string, options: { json?: boolean }) => {
      const result = await instantQuery(await connect(), expression);
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

const seriesText = ({ __name__: name = '', ...labels }: Readonly<Record<string, string>>): string => {
  const inside = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return inside.length === 0 ? name : `${name}{${inside.join(',')}}`;
};
