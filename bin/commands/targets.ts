import { Command } from 'commander';
import { textOfReject } from '../../core/reject.ts';
import { readTarget } from '../../core/scrape/target.ts';
import type { Collector, Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { instantQuery } from './query.ts';
import { show } from './show.ts';

type AddOptions = {
  readonly job?: string;
  readonly interval?: string;
  readonly timeout?: string;
  readonly label?: string[];
  readonly json?: boolean;
};

export const targetsCommand = (connect: Connect): Command => {
  const targets = new Command('targets').description('what is scraped');

  targets
    .command('add <url>')
    .description('scrape a URL from its next slot on')
    .option('--job <job>', 'the job its series belong to')
    .option('--interval <duration>', 'how often, for example 15s (default 1m)')
    .option('--timeout <duration>', 'how long one scrape may take (default 10s, at most the interval)')
    .option('--label <name=value...>', 'labels put on all its series')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice targets add http://127.0.0.1:9100/metrics --job node --interval 15s')
    .action(async (url: string, options: AddOptions) => {
      const { ports } = await connect();
      const row = rowOf(url, options);
      await ports.targets.put(row);
      if (options.json) console.log(JSON.stringify(row, null, 2));
      else
        console.log(
          `added ${row['id']}: ${row['url']} every ${row['interval'] ?? '1m'}; \`npx sluice targets list\` shows how it does`,
        );
    });

  targets
    .command('list')
    .description('targets and how they do')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const collector = await connect();
      const up = await upByInstance(collector);
      const rows = (await collector.ports.targets.all()).map(row => {
        const target = readTarget(row).value;
        return {
          id: row['id'],
          url: row['url'],
          job: target?.job ?? row['job'],
          interval: row['interval'] ?? '1m',
          up: target === undefined ? 'invalid' : (up.get(JSON.stringify([target.job, target.instance])) ?? 'not yet'),
          ...(row['problem'] !== undefined && { problem: row['problem'] }),
        };
      });
      show(rows, options, 'no targets yet: add one with `npx sluice targets add URL --interval 15s`');
    });

  targets
    .command('check')
    .description('read every row as the planner does; exit code 1 if one is wrong')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const rows = (await (await connect()).ports.targets.all()).map(row => ({
        id: row['id'],
        verdict: readTarget(row).rejects.map(textOfReject).join('; ') || 'ok',
      }));
      show(rows, options, 'no targets yet');
      if (rows.some(({ verdict }) => verdict !== 'ok')) process.exitCode = 1;
    });

  targets
    .command('remove <id>')
    .description('stop scraping a target')
    .action(async (id: string) => {
      if (!(await (await connect()).ports.targets.remove(id)))
        throw new Complaint(`no target has the id ${id}: \`npx sluice targets list\` shows them`);
      console.log(`removed ${id}; scrapes already ordered may still come for two minutes`);
    });

  return targets;
};

/** The row as a user would write it by hand, checked before it is stored. */
const rowOf = (url: string, { job, interval, timeout, label = [] }: AddOptions): Record<string, unknown> => {
  const labels = Object.fromEntries(
    label.map(pair => {
      const at = pair.indexOf('=');
      if (at <= 0) throw new Complaint(`--label takes name=value, found ${pair}`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
  const row = {
    url,
    ...(job && { job }),
    ...(interval && { interval }),
    ...(timeout && { timeout }),
    ...(label.length > 0 && { labels }),
  };
  const { value, rejects } = readTarget({ ...row, id: 'new' });
  if (value === undefined) throw new Complaint(rejects.map(textOfReject).join('\n'));
  const { pathname, search } = new URL(value.url);
  const id = `${value.job}/${value.instance}${pathname === '/metrics' && search === '' ? '' : pathname + search}`;
  return { id, ...row, url: value.url };
};

const upByInstance = async (collector: Collector): Promise<Map<string, string>> => {
  const vector = await instantQuery(collector, 'up').catch(() => []);
  return new Map(
    vector.map(({ metric, value }) => [JSON.stringify([metric['job'] ?? '', metric['instance'] ?? '']), value[1]]),
  );
};
