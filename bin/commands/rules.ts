import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Command } from 'commander';
import { readRules } from '../../core/rules/read.ts';
import type { Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { printable, show } from './show.ts';

type ListedRule = {
  readonly name: string;
  readonly type: string;
  readonly health: string;
  readonly state?: string;
  readonly lastError?: string;
  readonly lastEvaluation: string;
  readonly alerts?: readonly unknown[];
};
type ListedGroup = { readonly name: string; readonly file: string; readonly rules: readonly ListedRule[] };

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Complaint(`${path} cannot be read: ${(error as Error).message}`);
  }
};

/** The exit code is 1 where anything is wrong, as promtool's. */
const check = (paths: readonly string[], options: { json?: boolean }): void => {
  const checked = paths.map(path => {
    const { value: groups, rejects } = readRules(textOf(path), basename(path));
    const problems = rejects.map(({ place, reason }) => ({ line: place?.line, where: place?.path ?? '', reason }));
    return { file: path, rules: groups.reduce((sum, group) => sum + group.rules.length, 0), problems };
  });
  if (checked.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
  if (options.json) {
    console.log(JSON.stringify(checked, null, 2));
    return;
  }
  for (const { file, rules, problems } of checked) {
    if (problems.length === 0) console.log(`${file}: ${rules} rules found`);
    for (const { line, where, reason } of problems)
      console.log(printable(`${file}${line === undefined ? '' : `:${line}`}: ${where}: ${reason}`));
  }
};

export const rulesCommand = (connect: Connect): Command => {
  const command = new Command('rules').description('recording and alerting rules');
  command
    .command('check')
    .argument('<file...>', "files of rules, in Prometheus's YAML")
    .description('say what is wrong with files of rules; exit code 1 where anything is')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice rules check rules/*.yml')
    .action(check);
  command
    .command('list')
    .description('what their last evaluation gave')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice rules list')
    .action(async (options: { json?: boolean }) => {
      const body = (await (await connect()).get('/api/v1/rules')) as { data?: { groups: readonly ListedGroup[] } };
      if (body.data === undefined) throw new Complaint(`the collector answered ${JSON.stringify(body)}`);
      const rows = body.data.groups.flatMap(({ file, name: group, rules }) =>
        rules.map(({ name, type, state, health, lastError, lastEvaluation, alerts }) => ({
          file,
          group,
          rule: name,
          type,
          state: state === undefined ? health : `${state}${alerts?.length ? ` (${alerts.length})` : ''}`,
          problem: lastError ?? '',
          evaluated: lastEvaluation,
        })),
      );
      show(
        rows,
        options,
        'no rules have been evaluated: give files by `rules` of the Collector, at home by SLUICE_RULES',
      );
    });
  return command;
};
