import { Command } from 'commander';
import { anyInstance, lastHeardMs } from '../../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../../core/heartbeat/row.ts';
import { leastGraceMs } from '../../core/heartbeat/watermark.ts';
import { limits } from '../../core/limits.ts';
import { textOfReject } from '../../core/reject.ts';
import type { Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { durationMs } from './query.ts';
import { show, told } from './show.ts';

type Wish = {
  readonly interval?: string;
  readonly grace?: string;
  readonly cron?: string;
  readonly tz?: string;
};
type Named = { readonly job: string; readonly instance: string; readonly json?: boolean };

export const heartbeatsCommand = (connect: Connect): Command => {
  const heartbeats = new Command('heartbeats').description('who is expected to be heard, and how often');
  const named = (verb: string): Command =>
    heartbeats
      .command(verb)
      .requiredOption('--job <job>', 'the job')
      .option('--instance <instance>', 'one instance of it (default: any)', anyInstance)
      .option('--json', 'print JSON');
  const example = (words: string): string => `\nExample:\n  sluice heartbeats ${words}`;

  named('add')
    .description('ring when a job was not heard for interval plus grace')
    .option('--interval <duration>', 'how often it is heard (default 60s)')
    .option('--grace <duration>', 'how long to wait beyond that (default 35s)')
    .option('--cron <schedule>', 'when it runs, as crontab has it, instead of an interval')
    .option('--tz <zone>', 'time zone of the schedule (default UTC)')
    .addHelpText('after', '\nExample:\n  sluice heartbeats add --job nightly-report --interval 24h --grace 30m')
    .action(async ({ job, instance, json = false, interval = '60s', grace = '35s', cron, tz }: Named & Wish) => {
      const promise = { interval, grace, ...(cron !== undefined && { cron, tz: tz ?? 'UTC' }) };
      const { value, rejects } = readHeartbeat({ job, instance, ...promise });
      if (value === undefined) throw new Complaint(rejects.map(textOfReject).join('\n'));
      if (tz !== undefined && cron === undefined) throw new Complaint('--tz is of a schedule: say --cron as well');
      await (await connect()).ports.heartbeats.expect({ job, instance }, promise);
      const when = cron === undefined ? `every ${interval}` : `by ${JSON.stringify(cron)} in ${promise.tz}`;
      told({ json }, `added: ${job} is expected ${when}, grace ${grace}`, { job, instance, ...promise });
      const leastMs = leastGraceMs(limits.pushBackoffUsualMs);
      const graceMs = value.promise?.graceMs ?? 0;
      if (graceMs < leastMs) {
        const said = `below ${Math.ceil(leastMs / 1_000)}s, what a client needs that waits up to ${limits.pushBackoffUsualMs / 1_000} s between tries`;
        console.error(`warning: a grace of ${grace} is ${said}: an outage of ours may accuse it`);
      }
    });

  heartbeats
    .command('list')
    .description('heartbeats and their state')
    .option('--json', 'print JSON')
    .addHelpText('after', example('list --json'))
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

  const known = async ({ job, instance }: Named) => {
    const { ports } = await connect();
    const key = { job, instance };
    if ((await ports.heartbeats.get([key])).length === 0)
      throw new Complaint(
        `no heartbeat for job ${job}, instance ${instance}: \`npx sluice heartbeats list\` shows them`,
      );
    return { ports, key };
  };

  for (const [verb, paused] of [
    ['pause', true],
    ['resume', false],
  ] as const) {
    named(verb)
      .description(paused ? 'wait for nobody until resumed' : 'wait for it again')
      .addHelpText('after', example(`${verb} --job nightly-report`))
      .action(async (options: Named) => {
        const { ports, key } = await known(options);
        await ports.heartbeats.pause(key, paused);
        told(options, `${verb}d: ${key.job}`, { ...key, paused });
      });
  }

  named('snooze')
    .description('tell nothing new of it for a while; what becomes of it meanwhile is told afterwards')
    .option('--for <duration>', 'this long, up to 31d; 0s ends it', '8h')
    .addHelpText('after', example('snooze --job nightly-report --for 2d'))
    .action(async (options: Named & { readonly for: string }) => {
      const isOver = /^0+s?$/.test(options.for);
      const forMs = isOver ? 0 : durationMs('--for', options.for);
      if (forMs > limits.snoozeMaxMs)
        throw new Complaint(`--for: at most ${limits.snoozeMaxMs / 86_400_000}d; \`pause\` has it quiet until resumed`);
      const { ports, key } = await known(options);
      const untilMs = isOver ? undefined : ports.clock.nowMs() + forMs;
      await ports.heartbeats.snooze(key, untilMs);
      const until = untilMs === undefined ? null : new Date(untilMs).toISOString();
      told(options, until === null ? `awake: ${key.job}` : `snoozed until ${until}: ${key.job}`, { ...key, until });
    });

  named('remove')
    .description('expect a job no longer')
    .addHelpText('after', example('remove --job nightly-report'))
    .action(async (options: Named) => {
      const { ports, key } = await known(options);
      await ports.heartbeats.remove(key);
      told(options, `removed: ${key.job}`, { ...key, removed: true });
    });

  return heartbeats;
};
