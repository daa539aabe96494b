#!/usr/bin/env node
import { Command } from 'commander';
import { Complaint } from './commands/collector.ts';
import { heartbeatsCommand } from './commands/heartbeats.ts';
import { queryCommand } from './commands/query.ts';
import { targetsCommand } from './commands/targets.ts';

const program = new Command('sluice')
  .description('The command line of the Sluice metrics collector. It talks to the collector running in this folder.')
  .version('0.1.0')
  .addCommand(targetsCommand())
  .addCommand(heartbeatsCommand())
  .addCommand(queryCommand())
  .showSuggestionAfterError();

try {
  await program.parseAsync();
} catch (error) {
  // A complaint is for the user, anything else is a bug or a broken connection and keeps its name.
  console.error(error instanceof Complaint ? error.message : `${(error as Error).name}: ${(error as Error).message}`);
  process.exitCode = 1;
}
