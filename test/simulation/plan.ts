import { type LabelSet, labelSetOf } from '../../core/labels.ts';
import { limits } from '../../core/limits.ts';
import { Chance } from './chance.ts';
import { type Counted, type Counter, countsOf } from './counters.ts';
import { loopsOf, scrapesOf } from './orders.ts';
import { type Bits, Values } from './values.ts';
import { type Weather, weatherOf } from './weather.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Producers act, and give times, at multiples of this, so that a range query of this step sees every sample. */
export const gridMs = 5 * second;

export const onGrid = (ms: number): number => Math.ceil(ms / gridMs) * gridMs;

export type PlannedSample = { readonly labels: LabelSet; readonly timestampMs?: number; readonly bits: Bits };

/** Doors a push may take. `bits` stands for the doors still to come that carry values as bits: any NaN, staleness. */
export const doors = ['text', 'openmetrics', 'json', 'group', 'bits'] as const;

export type Producer = {
  readonly door: (typeof doors)[number];
  readonly packed: '' | 'gzip' | 'zstd';
  readonly job: string;
  readonly instance: string;
  /** Whether its samples name their source themselves, half of them another instance. */
  readonly mixed: boolean;
};

export type Happening =
  | {
      readonly kind: 'push';
      readonly atMs: number;
      readonly producer: Producer;
      readonly key: string | undefined;
      readonly samples: readonly PlannedSample[];
    }
  | {
      readonly kind: 'count';
      readonly atMs: number;
      readonly counter: Counter;
      readonly key: string;
      readonly counted: readonly Counted[];
    }
  | { readonly kind: 'scrape'; readonly atMs: number; readonly target: PlannedTarget; readonly slotMs: number }
  | {
      readonly kind: 'loop';
      readonly atMs: number;
      readonly targets: readonly PlannedTarget[];
      readonly fromMs: number;
      readonly untilMs: number;
    }
  | { readonly kind: 'read'; readonly atMs: number }
  | { readonly kind: 'poison'; readonly atMs: number; readonly body: string };

export type PlannedTarget = {
  readonly id: string;
  readonly job: string;
  readonly instance: string;
  readonly intervalMs: number;
  readonly series: number;
};

/** Named as they are there: one that goes is missed here. */
export type SmallLimits = { readonly [name in keyof typeof limits]?: number };

export type Outage = {
  readonly fromMs: number;
  readonly toMs: number;
  /** Which share of the messages it is of: where not all, some samples of an hour come in time and some days later. */
  readonly share: number;
  /** Only messages that were sent before this stay in the queue. */
  readonly sentBeforeMs: number;
};

/** One seed's world before anything happens in it: who does what when, and how bad the weather is. */
export type Plan = {
  readonly seed: number;
  readonly startMs: number;
  /** When the storm is over; what goes on goes on in calm. */
  readonly calmMs: number;
  readonly on: 'memory' | 'services';
  readonly weather: Weather;
  /** Bounds of core/limits.ts made small, so that every cut they make is met. */
  readonly limits: SmallLimits;
  readonly queue: { readonly hiddenMs: number; readonly mostReceives: number; readonly pollMs: number };
  readonly most: { readonly messages: number; readonly workers: number };
  readonly happenings: ReadonlyMap<number, Happening>;
  /** How old samples may be when a loop hands them over. */
  readonly freshnessMs: number;
  /** So little for some that no page is kept to read the next by. */
  readonly memoryBytes: number;
  /** Whether finished hours and days are merged; where not, all of it is over before segments expire. */
  readonly merges: boolean;
  /** When nobody takes messages off the queue, so that hours are merged before all of them are stored. */
  readonly outage: Outage | undefined;
  /** How many days after the storm old messages come once more. */
  readonly lateDays: number;
};

export const planOf = (seed: number, on: Plan['on'] = seed % 4 === 0 ? 'memory' : 'services'): Plan => {
  const chance = new Chance(seed, 'plan');
  const values = new Values(0);
  const isParted = new Chance(seed, 'parted').is(0.12);
  const startMs = isParted ? midnightOf(chance) - chance.between(12, 48) * gridMs : startOf(chance);
  const calmMs = startMs + chance.between(45, 68) * gridMs;
  const happenings: Happening[] = [
    ...producersOf(chance).flatMap(made => pushesOf(chance, values, made, startMs, calmMs)),
    ...scrapesOf(chance, startMs, calmMs),
    ...loopsOf(new Chance(seed, 'loops'), startMs, calmMs),
    ...countsOf(new Chance(seed, 'counts'), startMs, calmMs),
    ...Array.from(
      { length: 2 },
      (): Happening => ({ kind: 'read', atMs: onGrid(chance.between(startMs + minute, calmMs)) }),
    ),
    ...(chance.is(0.3)
      ? [{ kind: 'poison', atMs: chance.between(startMs, calmMs), body: chance.pick(poisons) } as const]
      : []),
  ];
  happenings.sort((a, b) => a.atMs - b.atMs);
  const merges = chance.is(0.6) || isParted;
  return {
    seed,
    startMs,
    calmMs,
    on,
    weather: weatherOf(chance),
    limits: chance.is(0.4) ? smallLimitsOf(chance) : {},
    queue: {
      hiddenMs: chance.pick([10, 30, 60, 360]) * second,
      mostReceives: chance.between(5, 10),
      pollMs: chance.between(3, 9) * second,
    },
    most: { messages: chance.pick([1, 10, 100, 100]), workers: chance.between(1, 3) },
    happenings: new Map(happenings.entries()),
    merges,
    memoryBytes: new Chance(seed, 'memory').pick([1_000, 512 * 2 ** 20]),
    freshnessMs: new Chance(seed, 'freshness').pick([0, 30, 60, 120]) * second,
    outage: isParted
      ? partingOf(chance, startMs, calmMs)
      : merges && chance.is(0.5)
        ? outageOf(chance, startMs, calmMs)
        : undefined,
    lateDays: chance.between(1, merges ? 10 : 5),
  };
};

const poisons = ['poison', '', 'U0IBAAAAAAA=', '{"batch":[]}', '💥'.repeat(20)];

/** Of the last messages before midnight some stay in the queue until their day and the next one are merged. */
const partingOf = (chance: Chance, startMs: number, calmMs: number): Outage => {
  const toMs = Math.ceil(calmMs / day) * day + limits.compactAfterMs + chance.between(2 * hour, 30 * hour);
  return { fromMs: startMs, toMs, share: 0.4, sentBeforeMs: Math.floor(calmMs / day) * day };
};

/** Often over just when the day is merged. */
const outageOf = (chance: Chance, startMs: number, calmMs: number): Outage => {
  const dayMs = Math.ceil(calmMs / day) * day + limits.compactAfterMs;
  const toMs = chance.is(0.5) ? dayMs + chance.between(-minute, minute) : calmMs + chance.between(hour, 50 * hour);
  return { fromMs: chance.between(startMs, calmMs), toMs, share: 1, sentBeforeMs: Number.POSITIVE_INFINITY };
};

const midnightOf = (chance: Chance): number => Date.UTC(2026, 5, 1) + chance.between(0, 300) * day;

/** Often just before an hour or a day ends. */
const startOf = (chance: Chance): number => {
  const baseMs = midnightOf(chance);
  const edge = chance.pick(['none', 'hour', 'day'] as const);
  if (edge === 'none') return onGrid(baseMs + chance.between(0, day));
  const edgeMs = edge === 'day' ? baseMs : baseMs + chance.between(1, 23) * hour;
  return onGrid(edgeMs - chance.between(0, 9 * minute));
};

const smallLimitsOf = (chance: Chance): SmallLimits => ({
  ...(chance.is(0.5) && { messageBytes: chance.between(400, 1_200) }),
  ...(chance.is(0.3) && { segmentBytes: chance.between(300, 1_000) }),
  ...(chance.is(0.5) && { blockCells: chance.between(60, 400) }),
  ...(chance.is(0.5) && { cellsPerSample: chance.between(1, 4) }),
  ...(chance.is(0.25) && { chunkSetsMin: 1, chunkSetsMax: chance.between(4, 12) }),
  ...(chance.is(0.5) && { sendBatchMessages: chance.between(1, 2) }),
  ...(chance.is(0.5) && { chunksRemembered: chance.between(2, 20) }),
  // Sources that share a shard, so that mergers meet.
  ...(chance.is(0.5) && { blockShards: chance.between(1, 2) }),
  // Segments in groups, and blocks in stripes, of the few series that there are.
  ...(chance.is(0.5) && { groupedSlots: 1, segmentGroups: chance.between(2, 4) }),
  ...(chance.is(0.3) && { stripeSetsMin: 1, stripeSetsMax: chance.between(1, 4) }),
});

type Made = {
  readonly producer: Producer;
  readonly keyed: boolean;
  readonly series: readonly LabelSet[];
  readonly timed: boolean;
};

const producersOf = (chance: Chance): Made[] => {
  const made: Made[] = [];
  const count = chance.between(3, 4);
  for (let number = 0; number < count; number += 1) {
    const door = chance.pick(doors);
    const twin = made.at(-1);
    // Two producers under one identity: what they say of one series at one time is a conflict.
    const source =
      twin !== undefined && chance.is(0.25)
        ? { job: twin.producer.job, instance: twin.producer.instance }
        : { job: `job-${number}`, instance: door === 'group' || chance.is(0.8) ? `host-${number}:80` : '' };
    const mixed = (door === 'text' || door === 'openmetrics') && chance.is(0.4);
    const producer = { door, packed: chance.pick(['', '', 'gzip', 'zstd'] as const), ...source, mixed };
    const series = Array.from({ length: chance.between(6, 27) }, (_, index) => seriesOf(chance, producer, index));
    made.push({ producer, keyed: chance.is(0.6), series, timed: door !== 'group' && chance.is(0.6) });
  }
  return made;
};

const oddValues = ['', 'a"b\\c\nd', 'ümläut 💡', '__proto__', '{}', ' '];

const seriesOf = (chance: Chance, { job, instance, mixed }: Producer, index: number): LabelSet =>
  labelSetOf([
    ['__name__', `m_${index % 7}`],
    ['n', String(index)],
    ['odd', chance.is(0.2) ? chance.pick(oddValues) : ''],
    ['job', job],
    ['instance', mixed && index % 2 === 1 ? `${instance}-other` : instance],
  ]);

const pushesOf = (
  chance: Chance,
  values: Values,
  { producer, keyed, series, timed }: Made,
  startMs: number,
  calmMs: number,
): Happening[] => {
  const pushes: Happening[] = [];
  const intervalMs = gridMs * chance.between(4, 9);
  let count = 0;
  for (let atMs = onGrid(startMs + chance.between(0, intervalMs)); atMs < calmMs; atMs += intervalMs) {
    count += 1;
    const times = timed ? timesOf(chance, atMs) : [undefined];
    const samples: PlannedSample[] = [];
    for (const labels of series) {
      if (chance.is(0.1)) continue;
      for (const timestampMs of times) {
        if (timestampMs !== undefined && chance.is(0.1)) continue;
        const sample = (): PlannedSample => ({
          labels,
          ...(timestampMs !== undefined && { timestampMs }),
          bits: values.next(chance, producer.door),
        });
        samples.push(sample());
        // Said twice in one push: the last one counts.
        if (producer.door !== 'bits' && chance.is(0.01)) samples.push(sample());
      }
    }
    // A key that counts: two producers of one source may well give the same one to different pushes.
    pushes.push({
      kind: 'push',
      atMs,
      producer,
      key: keyed ? String(count) : undefined,
      samples: chance.shuffled(samples),
    });
  }
  return pushes;
};

const timesOf = (chance: Chance, atMs: number): number[] => {
  const newestMs = atMs + (chance.is(0.1) ? chance.between(1, 60) * gridMs : 0);
  const apartMs = gridMs * chance.between(1, 4);
  return Array.from({ length: chance.between(2, 5) }, (_, index) => newestMs - index * apartMs);
};
