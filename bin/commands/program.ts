import { Command } from 'commander';
import { backfillCommand } from './backfill.ts';
import { type Connect, connectTo } from './collector.ts';
import { completionCommand } from './completion.ts';
import { doctorCommand } from './doctor.ts';
import { exportCommand } from './export.ts';
import { flushesCommand } from './flushes.ts';
import { heartbeatsCommand } from './heartbeats.ts';
import { keysCommand } from './keys.ts';
import { lintCommand } from './lint.ts';
import { quarantineCommand } from './quarantine.ts';
import { queryCommand } from './query.ts';
import { rulesCommand } from './rules.ts';
import { statusCommand } from './status.ts';
import { tailCommand } from './tail.ts';
import { targetsCommand } from './targets.ts';
import { topCommand } from './top.ts';

/** The whole command line: all verbs, each on the collector that the user means. */
export const sluice = (): Command => {
  const program = new Command('sluice')
    .description('The command line of the Sluice metrics collector. It talks to the collector running in this folder.')
    .version('0.1.0')
    .option('--stack <name>', 'talk to a deployed collector instead, by the name of its stack');
  const connect: Connect = connectTo(() => program.opts());
  program
    .addCommand(statusCommand(connect))
    .addCommand(targetsCommand(connect))
    .addCommand(heartbeatsCommand(connect))
    .addCommand(keysCommand(connect))
    .addCommand(quarantineCommand(connect))
    .addCommand(flushesCommand(connect))
    .addCommand(queryCommand(connect))
    .addCommand(rulesCommand(connect))
    .addCommand(tailCommand(connect))
    .addCommand(topCommand(connect))
    .addCommand(doctorCommand(connect))
    .addCommand(exportCommand(connect))
    .addCommand(backfillCommand(connect))
    .addCommand(lintCommand())
    .addCommand(completionCommand(program))
    .addHelpText(
      'after',
      '\nExit codes: 0 as asked, 1 not done (the reason is on stderr), 2 done, and something is in trouble, 130 interrupted.\nExample:\n  sluice --stack Sluice status',
    );
  suggesting(program);
  return program;
};

/** A wrong word gets the nearest right one, at every depth. */
const suggesting = (command: Command): void => {
  command.showSuggestionAfterError().showHelpAfterError('(--help says what there is)');
  for (const each of command.commands) suggesting(each);
};
