import { Command } from 'commander';
import { discovererOf, isDiscovery, readDiscovery } from '../../core/scrape/discovery.ts';
import { importTargets } from '../../core/scrape/import.ts';
import { readTarget, readTargetRow } from '../../core/scrape/target.ts';
import type { Row } from '../../io/ports.ts';
import { checkTarget } from './check-target.ts';
import type { Collector, Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { asked, instantQuery, type Metric } from './query.ts';
import { printable, show, told } from './show.ts';
import { type AddOptions, complaintOf, rowOf, withRowOptions } from './target-row.ts';
import { filesBeside, readTexts, readYaml } from './yaml.ts';

const unknownId = (id: string): Complaint =>
  new Complaint(`no target has the id ${id}: \`npx sluice targets list\` shows them`);

export const targetsCommand = (connect: Connect): Command => {
  const targets = new Command('targets').description('what is scraped');

  withRowOptions(targets.command('add <url>').description('scrape a URL from its next slot on'))
    .option('--json', 'print the row as JSON')
    .addHelpText(
      'after',
      `
Examples:
  sluice targets add http://127.0.0.1:9100/metrics --job node --interval 15s
  sluice targets add https://shop.example --auth basic:scrapes/shop --auth-option username=sluice
  sluice targets add https://bank.example --auth oauth2:scrapes/bank --auth-option client_id=sluice token_url=https://id.example/token
  sluice targets add http://blackbox:9115/probe --param module=http_2xx target=https://example.com --instance example.com

The same name again changes the target. \`sluice targets put FILE\` takes rows, lists among them, as they are written by hand.`,
    )
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
    .command('put <file>')
    .description(
      'write rows as they stand in a JSON or YAML file, one or a list of them: targets, and lists of targets',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  sluice targets put rows.json\nwhere rows.json says\n  {"id": "vms", "kind": "ec2", "tags": {"sluice": "*"}, "port": 9100, "job": "node"}',
    )
    .action(async (file: string, options: { json?: boolean }) => {
      const rows = rowsIn(file);
      const { ports } = await connect();
      for (const row of rows) await ports.targets.put(row);
      if (options.json) console.log(JSON.stringify(rows, null, 2));
      else console.log(`put ${rows.map(({ id }) => printable(String(id))).join(', ')}`);
    });

  targets
    .command('list')
    .description('targets and how they do')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice targets list')
    .action(async (options: { json?: boolean }) => {
      const collector = await connect();
      const up = await upByInstance(collector);
      const all = await collector.ports.targets.all();
      const found = Map.groupBy(all, discovererOf);
      const rows = all.map(row => {
        const target = isDiscovery(row) ? undefined : readTarget(row).value;
        return {
          id: row['id'],
          url: isDiscovery(row) ? (row['url'] ?? row['kind']) : (target?.url ?? row['url'] ?? row['address']),
          job: target?.job ?? row['job'],
          interval: row['interval'] ?? '1m',
          up: isDiscovery(row)
            ? `a list of ${found.get(String(row['id']))?.length ?? 0}`
            : target === undefined
              ? 'invalid'
              : (up.get(sourceOf({ job: target.job, instance: target.instance })) ?? 'not yet'),
          ...(row['problem'] != null && { problem: row['problem'] }),
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
    .addHelpText('after', '\nExample:\n  sluice targets check')
    .action(async (id: string | undefined, options: { json?: boolean }) => {
      const all = (await (await connect()).ports.targets.all()).filter(
        row => id === undefined || row['id'] === id || discovererOf(row) === id,
      );
      if (id !== undefined && all.length === 0) throw unknownId(id);
      const checked = [];
      for (const row of all)
        if (isDiscovery(row)) checked.push({ id: row['id'], ...checkList(row) });
        else checked.push({ id: row['id'], ...(await checkTarget(row)) });
      show(
        checked.map(({ isGood: _, ...each }) => each),
        options,
        'no targets yet',
      );
      if (checked.some(({ isGood }) => !isGood)) process.exitCode = 1;
    });

  targets
    .command('import <file>')
    .description(
      'take the targets and lists of a prometheus.yml, with the files it names, or of a file_sd file in JSON or YAML; exit code 1 if it is neither',
    )
    .option('--job <job>', 'the job of targets that name none', 'default')
    .option('--dry-run', 'only say what would be taken')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice targets import --dry-run /etc/prometheus/prometheus.yml')
    .action(async (file: string, options: { job: string; dryRun?: boolean; json?: boolean }) => {
      const imported = importTargets(readTexts(file), { job: options.job }, {}, { filesOf: filesBeside(file) });
      const { rows, notes } = imported;
      if (!imported.isUnderstood) process.exitCode = 1;
      if (!options.dryRun) {
        const { ports } = await connect();
        for (const row of rows) await ports.targets.put(row);
      }
      if (options.json) console.log(JSON.stringify({ rows, notes }, null, 2));
      else {
        for (const note of notes) console.log(printable(note));
        const lists = rows.filter(isDiscovery).length;
        const what = `${rows.length - lists} targets${lists === 0 ? '' : ` and ${lists} lists`}`;
        console.log(`${options.dryRun ? 'would take' : 'took'} ${what}, ${notes.length} notes`);
      }
    });

  targets
    .command('remove <id>')
    .description('stop scraping a target, or looking at a list')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice targets remove node/127.0.0.1:9100')
    .action(async (id: string, options: { json?: boolean }) => {
      const { ports } = await connect();
      const row = await ports.targets.get(id);
      if (row === undefined || !(await ports.targets.remove(id))) throw unknownId(id);
      const list = discovererOf(row);
      const then = isDiscovery(row)
        ? 'what it found goes with it'
        : list === undefined
          ? 'scrapes already ordered may still come for three minutes'
          : `but the list ${list} brings it back when it is looked at next: remove that, or drop it by its relabel`;
      told(options, `removed ${id}; ${then}`, { id, removed: true });
    });

  return targets;
};

/** Rows of a file, each read as the collector will, so that nothing is put that cannot be. */
const rowsIn = (file: string): Row[] => {
  const written = readYaml(file);
  const rows = (Array.isArray(written) ? written : [written]) as unknown[];
  return rows.map((row, index) => {
    const where = rows.length === 1 ? file : `${file}, row ${index + 1}`;
    if (typeof row !== 'object' || row === null) throw new Complaint(`${where} is no row such as {"id": …, "url": …}`);
    const { rejects } = isDiscovery(row as Row) ? readDiscovery(row as Row) : readTargetRow(row);
    if (rejects.length > 0) throw new Complaint(`${where}:\n${complaintOf(rejects)}`);
    return row as Row;
  });
};

/** A list is looked at by the collector alone: from here only its row can be checked, and what was noted on it. */
const checkList = (row: Row): { readonly url: string; readonly verdict: string; readonly isGood: boolean } => {
  const { rejects } = readDiscovery(row);
  const problem = rejects.length > 0 ? complaintOf(rejects) : row['problem'];
  const url = String(row['url'] ?? row['kind']);
  return problem == null
    ? { url, verdict: 'a list, which nothing is wrong with', isGood: true }
    : { url, verdict: String(problem), isGood: false };
};

type Known = ReadonlyMap<string, string>;

const sourceOf = ({ job = '', instance = '' }: Metric): string => JSON.stringify([job, instance]);

/** How each target did when it was scraped last, however long its interval; of more than one answer has, in the last minutes. */
const upByInstance = async (collector: Collector): Promise<Known> =>
  byTargets(collector).catch(() => byScrapes(collector).catch(() => new Map()));

const byTargets = async (collector: Collector): Promise<Known> => {
  const { activeTargets } = await asked<{ activeTargets: readonly { labels: Metric; health: string }[] }>(
    collector,
    '/api/v1/targets',
    { state: 'active' },
  );
  return new Map(
    activeTargets
      .filter(({ health }) => health !== 'unknown')
      .map(({ labels, health }) => [sourceOf(labels), health === 'up' ? '1' : '0']),
  );
};

const byScrapes = async (collector: Collector): Promise<Known> => {
  const vector = await instantQuery(collector, 'up');
  return new Map(vector.map(({ metric, value }) => [sourceOf(metric), value[1]]));
};
