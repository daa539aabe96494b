#!/usr/bin/env node
import { Command } from 'commander';
import { backfillCommand } from './commands/backfill.ts';
import { connectTo } from './commands/collector.ts';
import { Complaint } from './commands/complaint.ts';
import { completionCommand } from './commands/completion.ts';
import { doctorCommand } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { flushesCommand } from './commands/flushes.ts';
import { heartbeatsCommand } from './commands/heartbeats.ts';
import { keysCommand } from './commands/keys.ts';
import { lintCommand } from './commands/lint.ts';
import { quarantineCommand } from './commands/quarantine.ts';
import { queryCommand } from './commands/query.ts';
import { rulesCommand } from './commands/rules.ts';
import { statusCommand } from './commands/status.ts';
import { tailCommand } from './commands/tail.ts';
import { targetsCommand } from './commands/targets.ts';
import { topCommand } from './commands/top.ts';

const program = new Command('sluice')
  .description('The command line of the Sluice metrics collector. It talks to the collector running in this folder.')
  .version('0.1.0')
  .option('--stack <name>', 'talk to a deployed collector instead, by the name of its stack');
const connect = connectTo(() => program.opts());
program
  .addCommand(statusCommand(connect))
  .addCommand(targetsCommand(connect))
  .addCommand(heartbeatsCommand(connect))
  .addCommand(keysCommand(connect))
  .addCommand(quarantineCommand(connect))
  .addCommand(flushesCommand(connect))
  .addCommand(queryCommand(connect))
  .addCommand(tailCommand(connect))
  .addCommand(topCommand(connect))
  .addCommand(doctorCommand(connect))
  .addCommand(exportCommand(connect))
  .addCommand(backfillCommand(connect))
  .addCommand(rulesCommand(connect))
  .addCommand(lintCommand())
  .addCommand(completionCommand(program))
  .addHelpText(
    'after',
    '\nExit codes: 0 as asked, 1 not done (the reason is on stderr), 2 done, and something is in trouble, 130 interrupted.\nExample:\n  sluice --stack Sluice status',
  );
suggesting(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error(textOf(error as Error & { readonly code?: string }));
  process.exitCode = 1;
}

/** A wrong word gets the nearest right one, at every depth. */
function suggesting(command: Command): void {
  command.showSuggestionAfterError().showHelpAfterError('(--help says what there is)');
  for (const each of command.commands) suggesting(each);
}

/** A complaint is for the user; a broken connection says what to do; anything else is a bug and keeps its name. */
function textOf(error: Error & { readonly code?: string }): string {
  if (error instanceof Complaint) return error.message;
  const code = error.code ?? (error.cause as { readonly code?: string } | undefined)?.code;
  if (code === 'ECONNREFUSED') return 'the collector does not answer: start it again with `npm start`';
  if (error.message === 'Region is missing') return 'no region: set AWS_REGION to where the stack is';
  if (error.name === 'CredentialsProviderError')
    return 'no credentials: sign in as for the AWS CLI (aws sso login, AWS_PROFILE, AWS_ACCESS_KEY_ID)';
  return `${error.name}: ${error.message}`;
}
