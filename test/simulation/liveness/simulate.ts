import { limits } from '../../../core/limits.ts';
import type { Breach } from './books.ts';
import type { Death, Plan, SourcePlan } from './plan.ts';
import { type Tampering, World } from './world.ts';

export type Outcome = {
  readonly seed: number;
  readonly hash: string;
  readonly breaches: readonly Breach[];
  readonly faults: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly deaths: number;
  readonly found: number;
  readonly covered: number;
  readonly outages: number;
  readonly alarms: number;
  readonly repeats: number;
  readonly collectorAlarms: number;
  readonly flapping: number;
  readonly detectionsMs: readonly number[];
  readonly sourceHours: number;
};

export type SimulateOptions = {
  readonly listener?: ((line: string) => void) | undefined;
  readonly tampering?: Tampering | undefined;
};

const pushTimeoutMs = 5_000;

/** Runs a plan: storm, then ten minutes of calm; then everything told is held against who lived. */
export const simulate = async (plan: Plan, options: SimulateOptions = {}): Promise<Outcome> => {
  const world = new World(plan, options);
  const { agenda, heartbeats, books, storm } = world;
  for (const source of plan.sources)
    if (source.registeredMs <= plan.startMs) await register(world, source);
    else agenda.at(source.registeredMs, () => void register(world, source));
  for (let atMs = Math.ceil(plan.startMs / limits.tickMs) * limits.tickMs; atMs < plan.endMs; atMs += limits.tickMs) {
    const minuteMs = atMs;
    agenda.at(minuteMs, () => world.tick(minuteMs));
  }
  storm.over = true;
  agenda.at(plan.startMs + 130_000, () => {
    storm.over = plan.isFaultless;
  });
  agenda.at(plan.calmMs, () => {
    storm.over = true;
  });
  await agenda.runUntil(plan.endMs);
  const rows = await heartbeats.all();

  const { found, covered } = books.close(rows, await heartbeats.collector());
  const real = plan.sources.flatMap(({ deaths }) => deaths.filter(({ isReal, isShort }) => isReal && !isShort));
  return {
    seed: plan.seed,
    hash: agenda.hash(),
    breaches: books.breaches,
    faults: storm.faults,
    kinds: Object.fromEntries(storm.counts),
    deaths: real.length,
    found,
    covered,
    outages: plan.outages.length,
    alarms: books.published.length,
    repeats: books.repeats.length,
    collectorAlarms: books.published.filter(({ job }) => job === '').length,
    flapping: books.published.filter(({ kind }) => kind === 'FLAPPING').length,
    detectionsMs: books.detectionsMs,
    sourceHours: (plan.sources.length * (plan.endMs - plan.startMs)) / 3_600_000,
  };
};

const register = async (world: World, source: SourcePlan): Promise<void> => {
  const { agenda, heartbeats, ports } = world;
  const { job, deaths, changes, via } = source;
  for (const { fromMs, toMs } of deaths) {
    agenda.at(fromMs, () => world.deadTargets.add(job));
    if (Number.isFinite(toMs)) agenda.at(toMs, () => world.deadTargets.delete(job));
  }
  if (via === 'pull') {
    await ports.targets.put({ id: job, url: `http://${job}/metrics`, job, interval: `${source.intervalMs / 1_000}s` });
    return;
  }
  const durations = (graceMs: number) => ({ interval: `${source.intervalMs / 1_000}s`, grace: `${graceMs / 1_000}s` });
  const key = world.keyOf(job);
  const { flapping, failures } = source;
  await heartbeats.expect(key, {
    ...durations(source.graceMs),
    ...(flapping && { flapping: `${flapping.falls}/${flapping.withinMs / 1_000}s` }),
    ...(failures !== undefined && { failures }),
  });
  for (const { atMs, what } of changes) {
    agenda.at(atMs, () => {
      agenda.tell(`${what} ${job}`);
      void (what === 'remove'
        ? heartbeats.remove(key)
        : what === 'expect'
          ? heartbeats.expect(key, durations(source.graceMs + 5_000))
          : heartbeats.pause(key, what === 'pause'));
    });
  }
  agenda.at(agenda.nowMs() + source.phaseMs, () => void produce(world, source));
};

/** A producer that beats at its interval, repeats what was not acknowledged, and is silent while it is dead. */
const produce = async (world: World, { job, intervalMs, client, skewMs, deaths }: SourcePlan): Promise<void> => {
  const { agenda, plan } = world;
  const deathAt = (): Death | undefined => {
    const nowMs = agenda.nowMs();
    return deaths.find(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs);
  };
  let beatMs = agenda.nowMs();
  while (beatMs < plan.endMs) {
    await agenda.wait(beatMs - agenda.nowMs());
    const death = deathAt();
    if (death !== undefined) {
      beatMs = death.toMs;
      continue;
    }
    let backoffMs = client.firstMs;
    for (;;) {
      const timestampMs = agenda.nowMs() + skewMs;
      const isEmpty = agenda.nowMs() % 64 > 0;
      const body = isEmpty
        ? ''
        : JSON.stringify({ job, metrics: [{ name: 'm', type: 'gauge', value: 1, timestampMs }] });
      const status = await world.request(`/v1/push?job=${job}`, body, pushTimeoutMs);
      agenda.tell(`${job} pushed: ${status ?? 'no answer'}`);
      if (status === 200 || deathAt() !== undefined) break;
      await agenda.wait(backoffMs);
      backoffMs = Math.min(client.mostMs, Math.ceil(backoffMs * client.factor));
      if (deathAt() !== undefined) break;
    }
    // It keeps its rhythm; what it missed it leaves out.
    beatMs += intervalMs * Math.max(1, Math.ceil((agenda.nowMs() - beatMs) / intervalMs));
  }
};
