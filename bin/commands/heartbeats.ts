import { Command } from 'commander';
import { anyInstance, lastHeardMs } from '../../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../../core/heartbeat/row.ts';
import { leastGraceMs } from '../../core/heartbeat/watermark.ts';
import { limits } from '../../core/limits.ts';
import { textOfReject } from '../../core/reject.ts';
import type { Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { show } from './show.ts';

type Wish = {
  readonly interval?: string;
  readonly grace?: string;
  readonly cron?: string;
  readonly tz?: string;
};
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
    .option('--cron <schedule>', 'when it runs, as crontab has it, instead of an interval')
    .option('--tz <zone>', 'time zone of the schedule (default UTC)')
    .addHelpText('after', '\nExample:\n  sluice heartbeats add --job nightly-report --interval 24h --grace 30m')
    .action(async ({ job, instance, interval = '60s', grace = '35s', cron, tz }: Named & Wish) => {
      const promise = { interval, grace, ...(cron !== undefined && { cron, tz: tz ?? 'UTC' }) };
      const { value, rejects } = readHeartbeat({ job, instance, ...promise });
      if (value === undefined) throw new Complaint(rejects.map(textOfReject).join('\n'));
      if (tz !== undefined && cron === undefined) throw new Complaint('--tz is of a schedule: say --cron as well');
      await (await connect()).ports.heartbeats.expect({ job, instance }, promise);
      const when = cron === undefined ? `every ${interval}` : `by ${JSON.stringify(cron)} in ${promise.tz}`;
      console.log(`added: ${job} is expected ${when}, grace ${grace}`);
      const leastMs = leastGraceMs(limits.pushBackoffUsualMs);
      const graceMs = value.promise?.graceMs ?? 0;
      if (graceMs < leastMs) {
        const said = `below ${Math.ceil(leastMs / 1_000)}s, what a client needs that waits up to ${limits.pushBackoffUsualMs / 1_000} s between tries`;
        console.log(`warning: a grace of ${grace} is ${said}: an outage of ours may accuse it`);
      }
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
              : heartbeat.promise.cron === undefined
                ? `${heartbeat.promise.intervalMs / 1_000}s + ${heartbeat.promise.graceMs / 1_000}s`
                : `${row['cron']} ${heartbeat.promise.tz} + ${heartbeat.promise.graceMs / 1_000}s`,
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
