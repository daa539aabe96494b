import { Command } from 'commander';
import { anyInstance, lastHeardMs } from '../../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../../core/heartbeat/row.ts';
import { textOfReject } from '../../core/reject.ts';
import type { Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { show } from './show.ts';

type Named = { readonly job: string; readonly instance: string };

export const heartbeatsCommand = (connect: Connect): Command => {
  const heartbeats = new Command('heartbeats').description('who is expected to be heard, and how often');
  const named = (verb: string): Command =>
    heartbeats
      .command(verb)
      .requiredOption('--job <job>', 'the job')
      .option('--instance <instance>', 'one instance of it (default: any)', anyInstance);

  named('add')
    .description('ring when a job was not heard for interval plus grace')
    .option('--interval <duration>', 'how often it is heard (default 60s)')
    .option('--grace <duration>', 'how long to wait beyond that (default 35s)')
    .addHelpText('after', '\nExample:\n  sluice heartbeats add --job nightly-report --interval 24h --grace 30m')
    .action(async ({ job, instance, interval, grace }: Named & { interval?: string; grace?: string }) => {
      const row = { job, instance, interval: interval ?? '60s', grace: grace ?? '35s' };
      const { value, rejects } = readHeartbeat(row);
      if (value === undefined) throw new Complaint(rejects.map(textOfReject).join('\n'));
      await (await connect()).ports.heartbeats.expect({ job, instance }, { interval: row.interval, grace: row.grace });
      console.log(`added: ${job} is expected every ${row.interval}, grace ${row.grace}`);
    });

  heartbeats
    .command('list')
    .description('heartbeats and their state')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const rows = (await (await connect()).ports.heartbeats.all()).map(row => {
        const { value: heartbeat, rejects } = readHeartbeat(row);
        const heardMs = heartbeat && lastHeardMs(heartbeat);
        return {
          job: row['job'],
          instance: row['instance'],
          expected:
            heartbeat?.promise === undefined
              ? 'by scrapes'
              : `${heartbeat.promise.intervalMs / 1_000}s + ${heartbeat.promise.graceMs / 1_000}s`,
          state: heartbeat === undefined ? 'invalid' : (heartbeat.state ?? 'new'),
          heard: heardMs === undefined ? undefined : new Date(heardMs).toISOString(),
          ...(rejects.length > 0 && { problem: rejects.map(textOfReject).join('; ') }),
        };
      });
      show(rows, options, 'no heartbeats yet: add one with `npx sluice heartbeats add --job JOB`');
    });

  for (const [verb, paused] of [
    ['pause', true],
    ['resume', false],
  ] as const) {
    named(verb)
      .description(paused ? 'wait for nobody until resumed' : 'wait for it again')
      .action(async (key: Named) => {
        const { ports } = await connect();
        const [row] = await ports.heartbeats.get([key]);
        if (row === undefined) throw new Complaint(`no heartbeat for job ${key.job}, instance ${key.instance}`);
        await ports.heartbeats.pause(key, paused);
        console.log(`${verb}d: ${key.job}`);
      });
  }

  named('remove')
    .description('expect a job no longer')
    .action(async (key: Named) => {
      if (!(await (await connect()).ports.heartbeats.remove(key)))
        throw new Complaint(`no heartbeat for job ${key.job}, instance ${key.instance}`);
      console.log(`removed: ${key.job}`);
    });

  return heartbeats;
};
