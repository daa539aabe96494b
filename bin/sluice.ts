#!/usr/bin/env node
import { Command } from 'commander';
import { Complaint } from './commands/collector.ts';
import { heartbeatsCommand } from './commands/heartbeats.ts';
import { lintCommand } from './commands/lint.ts';
import { queryCommand } from './commands/query.ts';
import { targetsCommand } from './commands/targets.ts';

const program = new Command('sluice')
  .description('The command line of the Sluice metrics collector. It talks to the collector running in this folder.')
  .version('0.1.0')
  .addCommand(targetsCommand())
  .addCommand(heartbeatsCommand())
  .addCommand(queryCommand())
  .addCommand(lintCommand())
  .showSuggestionAfterError();

try {
  await program.parseAsync();
} catch (error) {
  console.error(textOf(error as Error & { readonly code?: string }));
  process.exitCode = 1;
}

/** A complaint is for the user; a broken connection says what to do; anything else is a bug and keeps its name. */
function textOf(error: Error & { readonly code?: string }): string {
  if (error instanceof Complaint) return error.message;
  const code = error.code ?? (error.cause as { readonly code?: string } | undefined)?.code;
  if (code === 'ECONNREFUSED') return 'the collector does not answer: start it again with `npm start`';
  return `${error.name}: ${error.message}`;
}
