import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { crc32 } from 'node:zlib';
import { type Plan, planOf } from './plan.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import { runSeeds, type Told } from './threads.ts';

// npm run simulate:ingest -- --seeds 2000 [--from 1] [--threads 2] [--on memory|services]
// npm run simulate:ingest -- --seed 42      replays one seed, twice, event by event

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    on: { type: 'string' },
    seed: { type: 'string' },
  },
});
const on = values.on as Plan['on'] | undefined;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const grouped = (count: number): string => count.toLocaleString('en-US');

const replay = async (seed: number): Promise<boolean> => {
  const plan = planOf(seed, on);
  const first = await simulate(plan, { listener: say });
  const second = await simulate(plan);
  say(`seed ${seed}: ${first.happened.length} faults, hash ${first.hash}, again ${second.hash}`);
  if (first.breaches.length > 0) await explain(seed);
  return first.breaches.length === 0 && first.hash === second.hash;
};

/** Says what broke, after taking away all that has nothing to do with it. */
const explain = async (seed: number): Promise<void> => {
  const plan = planOf(seed, on);
  const failed = await simulate(plan);
  if (failed.breaches.length === 0) return say(`seed ${seed} does not fail here`);
  const { plan: least, only, outcome, runs } = await shrink(plan, failed);
  say(
    `\nseed ${seed} on ${plan.on}: ${failed.breaches.length} breaches, the first: ${failed.breaches[0]!.kind}: ${failed.breaches[0]!.what}`,
  );
  say(
    `shrunk in ${runs} runs from ${plan.happenings.size} events and ${failed.happened.length} faults to ${least.happenings.size} and ${only.size}:`,
  );
  for (const [id, { kind, atMs }] of least.happenings) say(`  ${kind} ${id} at ${atMs}`);
  for (const fault of only) say(`  fault ${fault}`);
  for (const { kind, what } of outcome.breaches.slice(0, 5)) say(`  ${kind}: ${what}`);
  say('event by event:');
  await simulate(least, { only, listener: line => say(`    ${line}`) });
  say(`again: npm run simulate:ingest -- --seed ${seed}`);
};

const runAll = async (): Promise<boolean> => {
  const from = Number(values.from);
  const seeds = Number(values.seeds);
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  const outcomes: Told[] = [];
  await runSeeds({ from, to: from + seeds, threads: Number(values.threads), data: { on } }, outcome => {
    outcomes.push(outcome);
    if (outcomes.length % 250 === 0)
      say(`${outcomes.length} of ${seeds} seeds, ${Math.round((performance.now() - startMs) / 1_000)} s`);
    return false;
  });
  outcomes.sort((a, b) => a.seed - b.seed);
  const sum = (pick: (told: Told) => number): number => outcomes.reduce((total, told) => total + pick(told), 0);
  const faults = new Map<string, number>();
  for (const { kinds } of outcomes)
    for (const [kind, count] of Object.entries(kinds)) faults.set(kind, (faults.get(kind) ?? 0) + count);
  const breaches = outcomes.flatMap(told => told.breaches);
  const count = (...kinds: string[]): number => breaches.filter(({ kind }) => kinds.includes(kind)).length;
  const accounts = (name: keyof Told['accounts']): string => grouped(sum(told => told.accounts[name]));
  const used = process.cpuUsage(cpu);
  say(
    `seeds        ${grouped(outcomes.length)}, run hash ${crc32(outcomes.map(({ hash }) => hash).join(' ')).toString(16)}, ${outcomes.filter(told => told.isReplayed).length} told twice with the same hash`,
  );
  say(
    `time         ${((performance.now() - startMs) / 1_000).toFixed(1)} s on ${values.threads} threads, ${((used.user + used.system) / 1e6).toFixed(0)} s of CPU`,
  );
  say(
    `faults       ${grouped(sum(told => told.faults))}: ${[...faults]
      .sort((a, b) => b[1] - a[1])
      .map(([kind, n]) => `${kind} ${grouped(n)}`)
      .join(', ')}`,
  );
  say(`acknowledged ${accounts('accepted')} samples, and ${accounts('unacknowledged')} that were queued without it`);
  say(
    `             = ${accounts('stored')} stored + ${accounts('merged')} merged + ${accounts('quarantined')} quarantined`,
  );
  say(`queries      ${grouped(sum(told => told.queries))} answered and checked`);
  say(
    `breaches     ${count('lost')} lost, ${count('doubled', 'invented')} doubled, ${count('corrupt')} corrupt, ${count('rollup', 'unreadable', 'accounts', 'refused', 'unheard', 'bug')} others`,
  );
  const failing = outcomes.filter(told => told.breaches.length > 0);
  if (failing.length > 0)
    say(
      `failing      ${failing.length} seeds: ${failing
        .slice(0, 20)
        .map(({ seed }) => seed)
        .join(' ')}`,
    );
  if (failing[0] !== undefined) await explain(failing[0].seed);
  return failing.length === 0;
};

const isGood = values.seed === undefined ? await runAll() : await replay(Number(values.seed));
process.exitCode = isGood ? 0 : 1;
