import { leastGraceMs } from '../../../core/heartbeat/watermark.ts';
import { limits } from '../../../core/limits.ts';
import { Chance } from '../chance.ts';

// What a seed decides: who lives when, what breaks when, and how often each call fails.

const second = 1_000;

/** A span in which a source gives no sign of life; a real one is long enough to be accused of. */
export type Death = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly isReal: boolean;
  /** Long enough to be accused of, and too short to be found for certain. */
  readonly isShort?: boolean;
};

export type Client = { readonly firstMs: number; readonly factor: number; readonly mostMs: number };

export type SourcePlan = {
  readonly job: string;
  readonly via: 'push' | 'pull';
  readonly intervalMs: number;
  readonly graceMs: number;
  readonly client: Client;
  /** How far its clock is off. */
  readonly skewMs: number;
  readonly phaseMs: number;
  /** When it is registered and lives for the first time. */
  readonly registeredMs: number;
  readonly deaths: readonly Death[];
  /** What its row says of who comes and goes. */
  readonly flapping?: { readonly falls: number; readonly withinMs: number };
  /** How many of how many beats must be missed. */
  readonly failures?: string;
  readonly changes: readonly { readonly atMs: number; readonly what: 'pause' | 'resume' | 'expect' | 'remove' }[];
};

/**
 * door: no request comes through · grey: some do not · table: pushes cannot write heartbeats · all: nothing works ·
 * checker: nobody checks · backlog: wake-ups and canaries wait in their queue · tables: nobody can read or write heartbeats ·
 * buffer: what was pushed is stored late, which is nobody's silence.
 */
export type Outage = {
  readonly kind: 'door' | 'grey' | 'table' | 'all' | 'checker' | 'backlog' | 'tables' | 'buffer';
  readonly fromMs: number;
  readonly toMs: number;
  readonly loss: number;
};

/** Shares of calls that fail before or after their effect, are slow, or are their worker's last. */
export type Weather = {
  readonly before: number;
  readonly after: number;
  readonly slow: number;
  readonly crash: number;
};

export type Plan = {
  readonly seed: number;
  readonly startMs: number;
  readonly calmMs: number;
  readonly endMs: number;
  readonly sources: readonly SourcePlan[];
  readonly outages: readonly Outage[];
  readonly weather: { readonly push: Weather; readonly check: Weather };
  readonly lostRequest: number;
  readonly lostAnswer: number;
  readonly doubled: number;
  readonly lateTick: number;
  readonly isFaultless: boolean;
};

export type Options = {
  /** No outage and no fault: how fast is it then? */
  readonly isFaultless?: boolean;
  readonly graceMs?: number;
};

export const planOf = (seed: number, { isFaultless = false, graceMs }: Options = {}): Plan => {
  const chance = new Chance(seed, 'liveness');
  const startMs = Date.UTC(2026, 0, 5) + chance.between(0, 59_999);
  const calmMs = startMs + 1_900 * second;
  const endMs = calmMs + 420 * second;
  // Where all of them come late, canaries begin with the first.
  const areLate = !isFaultless && chance.is(0.15);
  const sources = Array.from({ length: isFaultless ? 20 : 7 }, (_, index) =>
    sourceOf(
      chance,
      index,
      areLate ? startMs + chance.between(0, 400) * second : startMs,
      calmMs,
      isFaultless ? { graceMs: graceMs ?? 20 * second } : {},
    ),
  );
  const rough = chance.next();
  const share = (most: number): number => (isFaultless || chance.is(0.15) ? 0 : most * (0.4 + 0.6 * chance.next()));
  return {
    seed,
    startMs,
    calmMs,
    endMs,
    // The others' chances are what they were.
    sources: isFaultless ? sources : [...sources, (seed % 4 < 3 ? flapperOf : sharedOf)(seed, startMs, calmMs)],
    outages: isFaultless ? [] : outagesOf(chance, startMs, calmMs),
    weather: {
      // What a living producer loses by chance must stay far below what its retries make up for (RELIABILITY 3.2).
      push: { before: share(0.004), after: share(0.006), slow: share(0.2), crash: share(0.002) },
      check: {
        before: share(0.16) * rough,
        after: share(0.16) * rough,
        slow: share(0.35),
        crash: share(0.03) * rough,
      },
    },
    lostRequest: share(0.008),
    lostAnswer: share(0.1),
    doubled: share(0.05),
    lateTick: share(0.2),
    isFaultless,
  };
};

/** Comes and goes, for a while or always, and may be dead or alive in the end. */
const flapperOf = (seed: number, startMs: number, calmMs: number): SourcePlan => {
  const chance = new Chance(seed, 'flapper');
  const steady = sourceOf(chance, 0, startMs, calmMs, { graceMs: 35 * second });
  const deaths: Death[] = [];
  let atMs = startMs + chance.between(150, 300) * second;
  const untilMs = calmMs - chance.between(60, 900) * second;
  while (atMs < untilMs) {
    const lengthMs = chance.between(90, 150) * second;
    deaths.push({ fromMs: atMs, toMs: atMs + lengthMs, isReal: true, isShort: true });
    atMs += lengthMs + chance.between(30, 70) * second;
  }
  // Some die for good in the middle of it, some for long enough to be told of as that.
  if (chance.is(0.6)) {
    const isForGood = chance.is(0.5);
    deaths.push({
      fromMs: atMs,
      toMs: isForGood ? Number.POSITIVE_INFINITY : Math.min(atMs + 600 * second, calmMs + 240 * second),
      isReal: true,
    });
  }
  const client = chance.pick(clients);
  const falls = chance.between(2, 3);
  const flapping = { falls, withinMs: falls * 220 * second };
  return { ...steady, job: 'flapper', client, flapping, deaths, changes: [] };
};

/** Is judged by how many of its last beats were missed. */
const sharedOf = (seed: number, startMs: number, calmMs: number): SourcePlan => {
  const chance = new Chance(seed, 'shared');
  const steady = sourceOf(chance, 0, startMs, calmMs, { graceMs: 35 * second });
  const deaths: Death[] = [];
  for (let atMs = startMs + chance.between(200, 400) * second; atMs < calmMs - 450 * second; ) {
    const lengthMs = chance.between(350, 450) * second;
    deaths.push({ fromMs: atMs, toMs: atMs + lengthMs, isReal: true });
    atMs += lengthMs + chance.between(300, 500) * second;
  }
  return {
    ...steady,
    job: 'shared',
    client: chance.pick(clients),
    failures: chance.pick(['2/4', '3/5', '1/3']),
    deaths,
  };
};

const clients: readonly Client[] = [
  { firstMs: 5 * second, factor: 1, mostMs: 5 * second },
  { firstMs: 1 * second, factor: 2, mostMs: 15 * second },
  { firstMs: 2 * second, factor: 1.5, mostMs: 30 * second },
];

const sourceOf = (
  chance: Chance,
  index: number,
  startMs: number,
  calmMs: number,
  fixed: { readonly graceMs?: number },
): SourcePlan => {
  const isFixed = fixed.graceMs !== undefined;
  const client = isFixed ? clients[0]! : chance.pick(clients);
  const via = !isFixed && index >= 6 ? 'pull' : 'push';
  const intervalMs = (isFixed ? 15 : chance.pick([10, 15, 15, 20, 30])) * second;
  const graceMs = fixed.graceMs ?? Math.ceil(Math.max(35 * second, leastGraceMs(client.mostMs)) / second) * second;
  const deaths: Death[] = [];
  let atMs = startMs + chance.between(60, 240) * second;
  while (atMs < calmMs - 400 * second) {
    const isReal = chance.is(0.8);
    const lengthMs = isReal
      ? chance.between(300_000, 420_000)
      : via === 'pull'
        ? chance.between(500, intervalMs - second)
        : blipMs(chance, graceMs);
    deaths.push({ fromMs: atMs, toMs: atMs + lengthMs, isReal });
    atMs += lengthMs + chance.between(100_000, 260_000);
  }
  // Some are dead when the storm ends, and must be down when all is told.
  if (chance.is(0.3)) deaths.push({ fromMs: atMs, toMs: Number.POSITIVE_INFINITY, isReal: true });
  const changes: SourcePlan['changes'][number][] = [];
  if (!isFixed && via === 'push' && chance.is(0.25)) {
    const pauseMs = startMs + chance.between(200, 1_500) * second;
    const resumeMs = pauseMs + chance.between(30, 400) * second;
    changes.push({ atMs: pauseMs, what: 'pause' });
    changes.push({ atMs: resumeMs, what: 'resume' });
    // Most who are paused are at rest themselves, and back with the resume. A pause that is shorter may pass between two sweeps.
    if (resumeMs - pauseMs > 250 * second && chance.is(0.8)) {
      const apart = ({ fromMs, toMs }: Death): boolean =>
        toMs < pauseMs - 60 * second || fromMs > resumeMs + 300 * second;
      deaths.splice(0, deaths.length, ...deaths.filter(apart));
      deaths.push({ fromMs: pauseMs + second, toMs: resumeMs + chance.between(0, intervalMs), isReal: false });
    }
  }
  if (!isFixed && via === 'push' && chance.is(0.2))
    changes.push({ atMs: startMs + chance.between(100, 2_000) * second, what: 'expect' });
  if (!isFixed && via === 'push' && chance.is(0.05))
    changes.push({ atMs: startMs + chance.between(1_000, 2_000) * second, what: 'remove' });
  return {
    job: `job-${index}`,
    via,
    intervalMs,
    graceMs,
    registeredMs: startMs,
    client,
    skewMs: chance.between(-300, 300) * second,
    phaseMs: chance.between(0, intervalMs),
    deaths,
    changes,
  };
};

/** A rest that accuses nobody: short, or as long as grace allows beside what a push may take. */
const blipMs = (chance: Chance, graceMs: number): number =>
  chance.is(0.5) ? chance.between(500, 12_000) : chance.between(12_000, graceMs - limits.pushAllowanceMs - second);

const outagesOf = (chance: Chance, startMs: number, calmMs: number): Outage[] => {
  const outages: Outage[] = [];
  // Not before the first sweeps: of a collector that never ran, CloudWatch's alarm tells.
  let atMs = startMs + chance.between(200, 600) * second;
  while (atMs < calmMs - 60 * second) {
    const kind = chance.pick([
      'door',
      'door',
      'grey',
      'table',
      'tables',
      'all',
      'checker',
      'backlog',
      'buffer',
    ] as const);
    const lengthMs = chance.pick([
      chance.between(2_000, 30_000),
      chance.between(20_000, 120_000),
      chance.between(120_000, 400_000),
    ]);
    const loss = kind === 'grey' ? 0.3 + 0.65 * chance.next() : 1;
    outages.push({ kind, fromMs: atMs, toMs: Math.min(atMs + lengthMs, calmMs), loss });
    atMs += lengthMs + chance.between(180, 900) * second;
  }
  return outages;
};

/** Nothing but many living sources, and an outage of the door that lasts. */
export const outagePlanOf = (sources: number, lengthMs: number): Plan => {
  const quiet = planOf(1, { isFaultless: true });
  const { startMs } = quiet;
  const chance = new Chance(1, 'outage');
  const intervalMs = 60 * second;
  const fromMs = startMs + 300 * second;
  return {
    ...quiet,
    calmMs: fromMs + lengthMs,
    endMs: fromMs + lengthMs + 300 * second,
    outages: [{ kind: 'door', fromMs, toMs: fromMs + lengthMs, loss: 1 }],
    sources: Array.from({ length: sources }, (_, index) => ({
      job: `job-${index}`,
      via: 'push' as const,
      intervalMs,
      graceMs: 35 * second,
      client: chance.pick(clients),
      skewMs: 0,
      phaseMs: chance.between(0, intervalMs),
      registeredMs: startMs,
      deaths: [],
      changes: [],
    })),
  };
};
