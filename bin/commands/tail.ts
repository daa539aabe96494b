import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import type { Alarm } from '../../core/heartbeat/alarm.ts';
import type { Collector, Connect } from './collector.ts';
import { asked, type Ranged, seriesText } from './query.ts';
import { printable } from './show.ts';

const everyMs = 2_000;

/** How far back samples are looked for: they are readable some five seconds after they were taken, or after a storm later. */
const lookBack = '90s';

type TailOptions = { alarms?: boolean; json?: boolean; once?: boolean };

export const tailCommand = (connect: Connect): Command =>
  new Command('tail')
    .argument('[selector]', 'which series', '{__name__=~".+"}')
    .description('samples as they come, or with --alarms what is rung; until Ctrl-C')
    .option('--alarms', 'what is rung instead of samples')
    .option('--once', 'what there is now, and then end')
    .option('--json', 'a line of JSON each')
    .addHelpText('after', "\nExamples:\n  sluice tail 'orders_total'\n  sluice tail --alarms")
    .action(async (selector: string, options: TailOptions) => {
      const collector = await connect();
      const look = options.alarms ? newAlarms(collector) : newSamples(collector, selector, options.once ?? false);
      for (;;) {
        for (const { line, json } of await look()) console.log(options.json ? JSON.stringify(json) : printable(line));
        if (options.once) return;
        await wait(everyMs);
      }
    });

type Line = { readonly line: string; readonly json: unknown };

/** Samples that were not there at the last look, oldest first; at the first look only those of the last seconds. */
const newSamples = (collector: Collector, selector: string, isWhole: boolean): (() => Promise<Line[]>) => {
  const seen = new Map<string, number>();
  const beganSeconds = isWhole ? 0 : collector.ports.clock.nowMs() / 1_000 - 15;
  return async () => {
    const { result } = await asked<{ result: readonly Ranged[] }>(collector, '/api/v1/query', {
      query: `${selector}[${lookBack}]`,
    });
    const found = result.flatMap(({ metric, values }) => {
      const series = seriesText(metric);
      const after = seen.get(series) ?? beganSeconds;
      const fresh = values.filter(([seconds]) => seconds > after);
      seen.set(series, Math.max(after, values.at(-1)?.[0] ?? after));
      return fresh.map(([seconds, value]) => ({ seconds, series, metric, value }));
    });
    return found
      .sort((a, b) => a.seconds - b.seconds)
      .map(({ seconds, series, metric, value }) => {
        const at = new Date(seconds * 1_000).toISOString();
        return { line: `${at}  ${series}  ${value}`, json: { at, metric, value } };
      });
  };
};

/** Alarms that were not listed at the last look, oldest first; the first look shows the last ten. */
const newAlarms = (collector: Collector): (() => Promise<Line[]>) => {
  let seen: ReadonlySet<string> | undefined;
  return async () => {
    const { past } = (await collector.get('/v1/alarms')) as { readonly past: readonly Alarm[] };
    const known = seen;
    const fresh = known === undefined ? past.slice(0, 10) : past.filter(({ id }) => !known.has(id));
    seen = new Set(past.map(({ id }) => id));
    return fresh.toReversed().map(alarm => ({ line: alarm.text, json: alarm }));
  };
};
