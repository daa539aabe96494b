import { Command } from 'commander';
import { anyInstance, type Heartbeat, type HeartbeatKey, lastHeardMs } from '../../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../../core/heartbeat/row.ts';
import { leastGraceMs } from '../../core/heartbeat/watermark.ts';
import { limits } from '../../core/limits.ts';
import { textOfReject } from '../../core/reject.ts';
import type { Expectation, Row } from '../../io/ports.ts';
import type { Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { type Wish, wishedOf, withWishes } from './heartbeat-wish.ts';
import { durationMs } from './query.ts';
import { show, told } from './show.ts';

type Named = HeartbeatKey & { readonly json?: boolean };

export const heartbeatsCommand = (connect: Connect): Command => {
  const heartbeats = new Command('heartbeats').description('who is expected to be heard, and how often');
  const named = (verb: string): Command =>
    heartbeats
      .command(verb)
      .requiredOption('--job <job>', 'the job')
      .option('--instance <instance>', 'one instance of it (default: any)', anyInstance)
      .option('--json', 'print JSON');
  const example = (words: string): string => `\nExample:\n  sluice heartbeats ${words}`;
  const known = async ({ job, instance }: HeartbeatKey) => {
    const { ports } = await connect();
    const [row] = await ports.heartbeats.get([{ job, instance }]);
    if (row === undefined)
      throw new Complaint(
        `no heartbeat for job ${job}, instance ${instance}: \`npx sluice heartbeats list\` shows them`,
      );
    return { ports, row, key: { job, instance } };
  };

  withWishes(named('add').description('ring when a job was not heard for interval plus grace'))
    .addHelpText(
      'after',
      '\nExamples:\n  sluice heartbeats add --job nightly-report --interval 24h --grace 30m' +
        '\n  sluice heartbeats add --job backup --cron "0 2 * * *" --tz Europe/Berlin --grace 1h',
    )
    .action(async ({ job, instance, json = false, ...wish }: Named & Wish) => {
      const wished = wishedOf(wish, Date.now());
      const isLearned = wished.expect === 'auto' || wished.expect === 'apply';
      const promise = isLearned ? wished : { ...defaults, ...given(wished) };
      if (wish.tz !== undefined && wish.cron === undefined && wish.onCalendar === undefined)
        throw new Complaint('--tz is of a schedule: say --cron or --on-calendar as well');
      const heartbeat = checked({ job, instance, ...given(promise) });
      await (await connect()).ports.heartbeats.expect({ job, instance }, promise);
      told({ json }, `added: ${job} is expected ${expectedOf(heartbeat, given(promise))}`, {
        job,
        instance,
        ...given(promise),
      });
      warn(heartbeat);
    });

  withWishes(named('set').description('change what is expected of a job; only what is named, "default" takes it back'))
    .addHelpText('after', '\nExample:\n  sluice heartbeats set --job backup --snooze 8h --flapping default')
    .action(async ({ job, instance, json = false, ...wish }: Named & Wish) => {
      const wished = wishedOf(wish, Date.now());
      if (Object.keys(wished).length === 0) throw new Complaint('say what to change: sluice heartbeats set --help');
      const { ports, row } = await known({ job, instance });
      const next = given({ ...row, ...wished });
      const heartbeat = checked(next);
      await ports.heartbeats.expect({ job, instance }, wished);
      told({ json }, `set: ${job} is expected ${expectedOf(heartbeat, next)}`, { job, instance, ...wished });
      warn(heartbeat);
    });

  named('accept')
    .description('hold a job to what was learned of it (--expect auto)')
    .addHelpText('after', example('accept --job backup'))
    .action(async (options: Named) => {
      const { ports, row, key } = await known(options);
      const heartbeat = checked(row);
      const { proposal, learned, isLearned } = heartbeat;
      if (proposal === undefined || isLearned !== true)
        throw new Complaint(
          isLearned
            ? `nothing proposed yet: ${learned?.beats ?? 0} of ${limits.learnedBeats} signs of life were seen`
            : `nothing is learned of ${key.job}: sluice heartbeats set --job ${key.job} --expect auto`,
        );
      const promise = { ...proposal, expect: null, proposal: null, learned: null };
      await ports.heartbeats.expect(key, promise);
      const line = `accepted: ${key.job} is expected every ${proposal.interval}, grace ${proposal.grace}`;
      told(options, line, { ...key, ...proposal });
    });

  heartbeats
    .command('list')
    .description('heartbeats and their state')
    .option('--json', 'print JSON')
    .addHelpText('after', example('list --json'))
    .action(async (options: { json?: boolean }) => {
      const rows = (await (await connect()).ports.heartbeats.all()).map(lineOf);
      show(rows, options, 'no heartbeats yet: add one with `npx sluice heartbeats add --job JOB`');
    });

  named('show')
    .description('all that is kept of one, as JSON')
    .addHelpText('after', example('show --job nightly-report'))
    .action(async (key: Named) => console.log(JSON.stringify((await known(key)).row, null, 2)));

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

const defaults = { interval: '60s', grace: '35s' };

/** Without what is taken back. */
const given = (row: Expectation | Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined));

const checked = (row: Row): Heartbeat => {
  const { value, rejects } = readHeartbeat(row);
  if (value === undefined) throw new Complaint(rejects.map(textOfReject).join('\n'));
  return value;
};

const warn = ({ promise }: Heartbeat): void => {
  const leastMs = leastGraceMs(limits.pushBackoffUsualMs);
  if (promise === undefined || promise.graceMs >= leastMs) return;
  const said = `below ${Math.ceil(leastMs / 1_000)}s, what a client needs that waits up to ${limits.pushBackoffUsualMs / 1_000} s between tries`;
  console.error(`warning: a grace of ${promise.graceMs / 1_000}s is ${said}: an outage of ours may accuse it`);
};

/** In a sentence. */
const expectedOf = ({ promise, isLearned, isApplied }: Heartbeat, row: Row): string => {
  if (isLearned) return isApplied ? 'as soon as its cadence is learned' : 'once its cadence is learned and accepted';
  if (promise === undefined) return 'by its scrapes';
  const { cron, calendar, tz, graceMs } = promise;
  const schedule = cron !== undefined ? row['cron'] : calendar !== undefined ? row['onCalendar'] : undefined;
  const when =
    schedule === undefined
      ? `every ${row['interval'] ?? defaults.interval}`
      : `by ${JSON.stringify(schedule)} in ${calendar?.zone ?? tz}`;
  return `${when}, grace ${row['grace'] ?? `${graceMs / 1_000}s`}`;
};

/** In a column. */
const promisedOf = ({ promise, isLearned, proposal, learned }: Heartbeat, row: Row): string => {
  if (isLearned)
    return proposal === undefined
      ? `learning, ${learned?.beats ?? 0} of ${limits.learnedBeats}`
      : `proposed: ${proposal.interval} + ${proposal.grace}, accept it`;
  if (promise === undefined) return 'by scrapes';
  const { cron, calendar, tz, intervalMs, graceMs } = promise;
  const when =
    cron !== undefined
      ? `${row['cron']} ${tz}`
      : calendar !== undefined
        ? `${row['onCalendar']} ${calendar.zone ?? tz}`
        : `${intervalMs / 1_000}s`;
  return `${when} + ${graceMs / 1_000}s`;
};

const lineOf = (row: Row): Row => {
  const { value: heartbeat, rejects } = readHeartbeat(row);
  const heardMs = heartbeat && lastHeardMs(heartbeat);
  const flapsFromMs = heartbeat?.flicker?.heldFromMs;
  return {
    job: row['job'],
    instance: row['instance'],
    expected: heartbeat === undefined ? '-' : promisedOf(heartbeat, row),
    state: heartbeat === undefined ? 'invalid' : (heartbeat.state ?? 'new'),
    heard: heardMs === undefined ? undefined : new Date(heardMs).toISOString(),
    ...(flapsFromMs !== undefined && { flaps: `since ${new Date(flapsFromMs).toISOString()}` }),
    ...(rejects.length > 0 && { problem: rejects.map(textOfReject).join('; ') }),
  };
};
