import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { crc32 } from 'node:zlib';
import { mutants } from './mutants.ts';
import { type Options, outagePlanOf, planOf } from './plan.ts';
import { simulate } from './simulate.ts';
import { runSeeds, type Told } from './threads.ts';

// npm run simulate:liveness -- --seeds 2000 [--from 1] [--threads 2] [--faultless [--grace 35]]
// npm run simulate:liveness -- --seed 42      replays one seed, twice, event by event
// npm run simulate:liveness -- --outage 10000   so many living sources and an outage of 400 s
// npm run simulate:liveness -- --mutants      plants each bug (or, --only TEXT, those named so) and counts the seeds until it is found

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    seed: { type: 'string' },
    faultless: { type: 'boolean', default: false },
    grace: { type: 'string', default: '20' },
    outage: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const options: Options = values.faultless ? { isFaultless: true, graceMs: Number(values.grace) * 1_000 } : {};
const threads = Number(values.threads);

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const grouped = (count: number): string => Math.round(count).toLocaleString('en-US');
const quantile = (sorted: readonly number[], share: number): string =>
  sorted.length === 0
    ? 'none'
    : `${((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) / 1_000).toFixed(1)} s`;

const replay = async (seed: number): Promise<boolean> => {
  const plan = planOf(seed, options);
  const first = await simulate(plan, { listener: say });
  const second = await simulate(plan);
  for (const { kind, what } of first.breaches) say(`breach ${kind}: ${what}`);
  say(`seed ${seed}: ${first.faults} faults, hash ${first.hash}, again ${second.hash}`);
  return first.breaches.length === 0 && first.hash === second.hash;
};

const runAll = async (): Promise<boolean> => {
  const [from, seeds, startMs] = [Number(values.from), Number(values.seeds), performance.now()];
  const cpu = process.cpuUsage();
  const outcomes: Told[] = [];
  await runSeeds({ from, to: from + seeds, threads, data: { options } }, outcome => {
    outcomes.push(outcome);
    return false;
  });
  outcomes.sort((a, b) => a.seed - b.seed);
  const sum = (pick: (told: Told) => number): number => outcomes.reduce((total, told) => total + pick(told), 0);
  const kinds = new Map<string, number>();
  for (const told of outcomes)
    for (const [kind, count] of Object.entries(told.kinds)) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  const breaches = outcomes.flatMap(told => told.breaches);
  const count = (...names: string[]): number => breaches.filter(({ kind }) => names.includes(kind)).length;
  const used = process.cpuUsage(cpu);
  const detections = outcomes.flatMap(({ detectionsMs }) => detectionsMs).sort((a, b) => a - b);
  const hash = crc32(outcomes.map(told => told.hash).join(' ')).toString(16);
  say(
    `seeds        ${grouped(outcomes.length)}, run hash ${hash}, ${outcomes.filter(({ isReplayed }) => isReplayed).length} told twice with the same hash`,
  );
  say(
    `time         ${((performance.now() - startMs) / 1_000).toFixed(1)} s on ${threads} threads, ${((used.user + used.system) / 1e6).toFixed(0)} s of CPU; ${grouped(sum(told => told.sourceHours))} source-hours`,
  );
  say(
    `faults       ${grouped(sum(told => told.faults))}: ${[...kinds]
      .sort((a, b) => b[1] - a[1])
      .map(([kind, n]) => `${kind} ${grouped(n)}`)
      .join(', ')}`,
  );
  say(
    `deaths       ${grouped(sum(told => told.deaths))}: ${grouped(sum(told => told.found))} told while they lasted, ${grouped(sum(told => told.covered))} under a collector alarm`,
  );
  say(
    `outages      ${grouped(sum(told => told.outages))}; ${grouped(sum(told => told.collectorAlarms))} collector alarms`,
  );
  say(
    `alarms       ${grouped(sum(told => told.alarms))}, and ${grouped(sum(told => told.repeats))} repeats with the same id; ${grouped(sum(told => told.flapping))} times FLAPPING`,
  );
  say(
    `detection    from death: p50 ${quantile(detections, 0.5)}, p99 ${quantile(detections, 0.99)}, max ${quantile(detections, 1)}`,
  );
  say(
    `breaches     ${count('false')} false, ${count('missed')} missed, ${count('silent')} silent, ${count('order', 'pending', 'state', 'epoch', 'revived', 'deadman', 'held')} others`,
  );
  const failing = outcomes.filter(told => told.breaches.length > 0);
  for (const told of failing.slice(0, 10))
    say(
      `  seed ${told.seed}: ${told.breaches
        .slice(0, 3)
        .map(({ what }) => what)
        .join('; ')}`,
    );
  if (failing.length > 0) say(`again: npm run simulate:liveness -- --seed ${failing[0]?.seed}`);
  return failing.length === 0;
};

const runMutants = async (): Promise<boolean> => {
  let survivors = 0;
  const chosen = mutants.filter(({ name }) => name.includes(values.only));
  for (const mutant of chosen) {
    let foundAfter: number | undefined;
    let kind = '';
    let seeds = 0;
    const data = { mutant };
    await runSeeds({ from: 1, to: 101, threads, data }, told => {
      seeds += 1;
      if (told.breaches.length === 0) return false;
      foundAfter = seeds;
      kind = told.breaches[0]?.kind ?? '';
      return true;
    }).catch((error: Error) => {
      foundAfter = seeds + 1;
      kind = error.message.split('\n')[0] ?? '';
    });
    if (foundAfter === undefined) survivors += 1;
    say(
      `${foundAfter === undefined ? 'SURVIVED' : `found after ${foundAfter}`.padEnd(8)} ${mutant.name}${kind === '' ? '' : ` (${kind})`}`,
    );
  }
  say(`${chosen.length - survivors} of ${chosen.length} found`);
  return survivors === 0;
};

const runOutage = async (sources: number): Promise<boolean> => {
  const plan = outagePlanOf(sources, 400_000);
  const told: string[] = [];
  const outcome = await simulate(plan, {
    listener: line => {
      if (line.includes(' rang ')) told.push(line);
    },
  });
  const fromMs = plan.outages[0]?.fromMs ?? 0;
  for (const line of told.slice(0, 10))
    say(
      `${((Number(line.split(' ')[0]) - fromMs) / 1_000).toFixed(1)} s after the outage began: ${line.split(' ').slice(2).join(' ')}`,
    );
  const ofSources = outcome.alarms - outcome.collectorAlarms;
  say(
    `${grouped(sources)} living sources, 400 s without a door: ${ofSources} source alarms, ${outcome.collectorAlarms} of the collector`,
  );
  for (const { what } of outcome.breaches) say(what);
  return ofSources === 0 && outcome.breaches.length === 0;
};

const isGood = values.mutants
  ? await runMutants()
  : values.outage !== undefined
    ? await runOutage(Number(values.outage))
    : values.seed === undefined
      ? await runAll()
      : await replay(Number(values.seed));
process.exitCode = isGood ? 0 : 1;
