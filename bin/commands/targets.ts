import { globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { load as parse } from 'js-yaml';
import { textOfReject } from '../../core/reject.ts';
import { isDiscovery } from '../../core/scrape/discovery.ts';
import { importTargets } from '../../core/scrape/import.ts';
import { readTarget, type Target } from '../../core/scrape/target.ts';
import { checkTarget } from './check-target.ts';
import type { Collector, Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { instantQuery } from './query.ts';
import { printable, show } from './show.ts';

type AddOptions = {
  readonly job?: string;
  readonly interval?: string;
  readonly timeout?: string;
  readonly label?: string[];
  readonly param?: string[];
  readonly header?: string[];
  readonly honorLabels?: boolean;
  readonly sampleLimit?: string;
  readonly retries?: string;
  readonly auth?: string;
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
    .option('--param <name=value...>', 'query parameters')
    .option('--header <name=value...>', 'headers; a secret goes into --auth')
    .option('--honor-labels', "labels on the page win over the target's own")
    .option('--sample-limit <count>', 'samples a page may have')
    .option('--retries <count>', 'further tries of a failed scrape, inside its timeout')
    .option(
      '--auth <type:secret>',
      'basic, bearer or mtls, and the name of the secret that holds it: bearer:scrapes/shop',
    )
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
        const target = isDiscovery(row) ? undefined : readTarget(row).value;
        return {
          id: row['id'],
          url: row['url'],
          job: target?.job ?? row['job'],
          interval: row['interval'] ?? '1m',
          up: isDiscovery(row)
            ? 'a list'
            : target === undefined
              ? 'invalid'
              : (up.get(JSON.stringify([target.job, target.instance])) ?? 'not yet'),
          ...(row['problem'] !== undefined && { problem: row['problem'] }),
        };
      });
      show(rows, options, 'no targets yet: add one with `npx sluice targets add URL --interval 15s`');
    });

  targets
    .command('check [id]')
    .description(
      'scrape each target once from this machine, and store nothing; exit code 1 if a row or a page is wrong',
    )
    .option('--json', 'print JSON')
    .action(async (id: string | undefined, options: { json?: boolean }) => {
      const rows = (await (await connect()).ports.targets.all()).filter(
        row => !isDiscovery(row) && (id === undefined || row['id'] === id),
      );
      if (id !== undefined && rows.length === 0)
        throw new Complaint(`no target has the id ${id}: \`npx sluice targets list\` shows them`);
      const checked = [];
      for (const row of rows) checked.push({ id: row['id'], ...(await checkTarget(row)) });
      show(
        checked.map(({ isGood: _, ...each }) => each),
        options,
        'no targets yet',
      );
      if (checked.some(({ isGood }) => !isGood)) process.exitCode = 1;
    });

  targets
    .command('import <file>')
    .description('take the targets of a prometheus.yml, or of a file_sd file in JSON or YAML')
    .option('--job <job>', 'the job of targets that name none', 'default')
    .option('--dry-run', 'only say what would be taken')
    .option('--json', 'print JSON')
    .action(async (file: string, options: { job: string; dryRun?: boolean; json?: boolean }) => {
      const { rows, notes } = importTargets(
        readConfiguration(file),
        { job: options.job },
        {},
        { filesOf: filesBeside(file) },
      );
      if (!options.dryRun) {
        const { ports } = await connect();
        for (const row of rows) await ports.targets.put(row);
      }
      if (options.json) console.log(JSON.stringify({ rows, notes }, null, 2));
      else {
        for (const note of notes) console.log(printable(note));
        console.log(`${options.dryRun ? 'would take' : 'took'} ${rows.length} targets, ${notes.length} notes`);
      }
    });

  targets
    .command('remove <id>')
    .description('stop scraping a target')
    .action(async (id: string) => {
      if (!(await (await connect()).ports.targets.remove(id)))
        throw new Complaint(`no target has the id ${id}: \`npx sluice targets list\` shows them`);
      console.log(`removed ${id}; scrapes already ordered may still come for three minutes`);
    });

  return targets;
};

/** YAML, of which JSON is a part. */
const readConfiguration = (file: string): unknown => {
  try {
    return parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    throw new Complaint(`${file} cannot be read: ${(error as Error).message}`);
  }
};

/** The files that a pattern of a configuration names, from where it stands. */
const filesBeside =
  (configuration: string) =>
  (pattern: string): { path: string; content: unknown }[] =>
    globSync(resolve(dirname(configuration), pattern))
      .toSorted()
      .map(path => {
        try {
          return { path, content: parse(readFileSync(path, 'utf8')) as unknown };
        } catch {
          return { path, content: undefined };
        }
      });

/** `name=value` of options that may be given several times. */
const pairsOf = (option: string, pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map(pair => {
      const at = pair.indexOf('=');
      if (at <= 0) throw new Complaint(`--${option} takes name=value, found ${pair}`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );

const authOf = (text: string): Record<string, string> => {
  const [type = '', ...rest] = text.split(':');
  const name = rest.join(':');
  if (name === '')
    throw new Complaint(`--auth takes a type and the name of a secret, as bearer:scrapes/shop, found ${text}`);
  return { type, [name.startsWith('/') ? 'parameter' : 'secret']: name };
};

/** The row as a user would write it by hand, checked before it is stored. */
const rowOf = (url: string, options: AddOptions): Record<string, unknown> => {
  const {
    job,
    interval,
    timeout,
    label = [],
    param = [],
    header = [],
    honorLabels,
    sampleLimit,
    retries,
    auth,
  } = options;
  const row = {
    url,
    ...(job && { job }),
    ...(interval && { interval }),
    ...(timeout && { timeout }),
    ...(label.length > 0 && { labels: pairsOf('label', label) }),
    ...(param.length > 0 && { params: pairsOf('param', param) }),
    ...(header.length > 0 && { headers: pairsOf('header', header) }),
    ...(honorLabels && { honor_labels: true }),
    ...(sampleLimit !== undefined && { sample_limit: Number(sampleLimit) }),
    ...(retries !== undefined && { retries: Number(retries) }),
    ...(auth && { auth: authOf(auth) }),
  };
  const { value, rejects } = readTarget({ ...row, id: 'new' });
  if (value === undefined) throw new Complaint(rejects.map(textOfReject).join('\n'));
  return { id: idOf(value), ...row, url: param.length > 0 ? url : value.url };
};

/** What a target is called that nobody gave a name: job and instance, and what sets it apart from the usual /metrics. */
export const idOf = ({ job, instance, url }: Target): string => {
  const { pathname, search } = new URL(url);
  return `${job}/${instance}${pathname === '/metrics' && search === '' ? '' : pathname + search}`;
};

const upByInstance = async (collector: Collector): Promise<Map<string, string>> => {
  const vector = await instantQuery(collector, 'up').catch(() => []);
  return new Map(
    vector.map(({ metric, value }) => [JSON.stringify([metric['job'] ?? '', metric['instance'] ?? '']), value[1]]),
  );
};
