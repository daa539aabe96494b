import type { Source } from '../batch.ts';
import type { Columns } from '../columns.ts';
import { keyOf, type LabelSet, merged, noLabels } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Sample } from '../sample.ts';
import { Column } from '../sample.ts';
import { seriesIn } from './read.ts';

// Increments become counters on the way out, hour by hour: a counter is zero at the start of each hour in which it has
// increments and then tells their sum at regular instants, as if a counter in memory had been scraped. So its value at an
// instant is a matter of that hour's increments alone, whatever else is asked, and rate() and increase() see the start of
// an hour as they see a restart.

const hourMs = limits.segmentSpanMs;
const hourOf = (timestampMs: number): number => Math.floor(timestampMs / hourMs) * hourMs;

type Event = { timestampMs: number; value: number };
type Hour = { readonly startMs: number; readonly byTag: Map<number, { timestampMs: number; readonly column: Column }> };

type IncrementSeries = { readonly labels: LabelSet; readonly hours: ReadonlyMap<number, readonly Event[]> };

/**
 * The wanted series of one source's blocks of increments, each increment once: where one came again it stands where it came
 * first. One that comes again in the next hour is not counted there; `blocks` reach back an hour before what is asked.
 */
export const incrementSeries = (
  blocks: readonly Columns[],
  source: Source,
  wanted: (labels: LabelSet) => boolean,
): IncrementSeries[] => {
  const found = new Map<string, { readonly labels: LabelSet; readonly hours: Map<number, Hour> }>();
  for (const { timestampsMs, tags = [], series } of blocks) {
    for (const { labels: own, column } of series) {
      const labels = merged(own, source);
      if (!wanted(labels)) continue;
      const each = found.get(keyOf(labels)) ?? { labels, hours: new Map() };
      found.set(keyOf(labels), each);
      for (const [slot, timestampMs] of timestampsMs.entries())
        if (column.has(slot)) keep(each.hours, timestampMs, tags[slot]!, column, slot);
    }
  }
  return [...found.values()].map(({ labels, hours }) => ({ labels, hours: eventsOf(hours) }));
};

const keep = (hours: Map<number, Hour>, timestampMs: number, tag: number, column: Column, slot: number): void => {
  const startMs = hourOf(timestampMs);
  const hour = hours.get(startMs) ?? { startMs, byTag: new Map() };
  hours.set(startMs, hour);
  const known = hour.byTag.get(tag);
  const kept = known?.column ?? new Column(1);
  kept.join(0, column, slot);
  hour.byTag.set(tag, { timestampMs: Math.min(timestampMs, known?.timestampMs ?? timestampMs), column: kept });
};

/** In the order in which they are added up, which is the same however they came: sums of fractions depend on it. */
const eventsOf = (hours: ReadonlyMap<number, Hour>): Map<number, Event[]> =>
  new Map(
    [...hours.values()].map(({ startMs, byTag }) => {
      const before = hours.get(startMs - hourMs)?.byTag;
      const ordered = [...byTag]
        .filter(([tag]) => before?.has(tag) !== true)
        .sort(([tagA, a], [tagB, b]) => a.timestampMs - b.timestampMs || tagA - tagB);
      return [startMs, ordered.map(([, { timestampMs, column }]) => ({ timestampMs, value: column.values[0]! }))];
    }),
  );

/**
 * A counter's samples in [fromMs, toMs], both included: zero at the hour, the sum so far at every limits.counterStepMs
 * after it until the hour ends, and past the last of these instants before toMs at the very times of what came since, so
 * that the newest is seen at once. Increments of the hour's own instant count just after it.
 */
export const counterSamples = (hours: IncrementSeries['hours'], fromMs: number, toMs: number): Sample[] => {
  const samples: Sample[] = [];
  const push = (timestampMs: number, value: number): void => {
    if (timestampMs >= fromMs && timestampMs <= toMs) samples.push({ timestampMs, value, stale: false });
  };
  for (const [startMs, events] of [...hours].sort(([a], [b]) => a - b)) {
    if (events.length === 0 || startMs > toMs || startMs + hourMs <= fromMs) continue;
    const sum = new Sum();
    let next = 0;
    const addUntil = (untilMs: number): void => {
      for (; next < events.length && timeOf(events[next]!, startMs) <= untilMs; next += 1) sum.add(events[next]!.value);
    };
    const endMs = Math.min(toMs, startMs + hourMs - 1);
    for (let atMs = startMs; atMs <= endMs; atMs += limits.counterStepMs) {
      addUntil(atMs);
      push(atMs, sum.value);
    }
    while (next < events.length && timeOf(events[next]!, startMs) <= endMs) {
      const atMs = timeOf(events[next]!, startMs);
      addUntil(atMs);
      push(atMs, sum.value);
    }
  }
  return samples;
};

/**
 * A sum that loses no small parts (Neumaier), and that never falls by adding what is not below zero: rate() would take the
 * last bit of a fraction for a restart.
 */
class Sum {
  #sum = 0;
  #lost = 0;
  value = 0;

  add(value: number): void {
    const next = this.#sum + value;
    if (Number.isFinite(next))
      this.#lost += Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - next + value : value - next + this.#sum;
    this.#sum = next;
    const total = Number.isFinite(next) ? next + this.#lost : next;
    this.value = value >= 0 ? Math.max(this.value, total) : total;
  }
}

const timeOf = ({ timestampMs }: Event, startMs: number): number => Math.max(timestampMs, startMs + 1);

/**
 * A gauge that is moved as well as set, in [fromMs, toMs]: from each value that was set on, what it was moved by since is added.
 * Each hour is told from what came in it and in the hour before, so that its values are the same whatever else is asked; an
 * hour that knows of no value that was set is told as a counter.
 */
export const movedSamples = (
  set: readonly Sample[],
  hours: IncrementSeries['hours'],
  fromMs: number,
  toMs: number,
): Sample[] => {
  const inHours = new Map<number, Sample[]>();
  for (const sample of set) {
    const startMs = hourOf(sample.timestampMs);
    const own = inHours.get(startMs);
    if (own === undefined) inHours.set(startMs, [sample]);
    else own.push(sample);
  }
  const told: Sample[] = [];
  const starts = [...new Set([...inHours.keys(), ...hours.keys()])].sort((a, b) => a - b);
  for (const startMs of starts) {
    if (startMs > toMs || startMs + hourMs <= fromMs) continue;
    const around = [startMs - hourMs, startMs];
    const own = around.flatMap(hour => inHours.get(hour) ?? []);
    const samples =
      own.length === 0
        ? counterSamples(new Map([[startMs, hours.get(startMs) ?? []]]), fromMs, toMs)
        : replayed(
            own,
            around.flatMap(hour => hours.get(hour) ?? []),
          );
    for (const sample of samples) {
      const { timestampMs } = sample;
      if (timestampMs >= Math.max(startMs, fromMs) && timestampMs <= Math.min(startMs + hourMs - 1, toMs))
        told.push(sample);
    }
  }
  return told;
};

/** Values as they are set and moved one after the other; at one instant the moves come after what was set. */
const replayed = (set: readonly Sample[], moves: readonly Event[]): Sample[] => {
  const samples: Sample[] = [];
  let value = 0;
  let [nextSet, nextMove] = [0, 0];
  while (nextSet < set.length || nextMove < moves.length) {
    const [setting, move] = [set[nextSet], moves[nextMove]];
    const isSet = setting !== undefined && (move === undefined || setting.timestampMs <= move.timestampMs);
    const { timestampMs } = isSet ? setting : move!;
    if (isSet) {
      samples.push(setting);
      value = setting.stale ? 0 : setting.value;
      nextSet += 1;
    } else {
      value += move!.value;
      if (samples.at(-1)?.timestampMs === timestampMs) samples.pop();
      samples.push({ timestampMs, value, stale: false });
      nextMove += 1;
    }
  }
  return samples;
};

/**
 * A source's blocks in [fromMs, toMs], increments being the counters, or the moves of gauges, that they are. `before` are its
 * blocks of the hour before the hour of fromMs: what came in it already is not counted again, and what a gauge was set to then
 * is moved on from. `isWanted` is asked of labels without the source's.
 */
export const countedIn = (
  blocks: readonly Columns[],
  before: readonly Columns[],
  isWanted: (labels: LabelSet) => boolean,
  fromMs: number,
  toMs: number,
): readonly Columns[] => {
  const isSample = (block: Columns): boolean => !isIncrement(block);
  const samples = blocks.filter(isSample);
  if (samples.length === blocks.length) return samples;
  const all = incrementSeries([...before, ...blocks].filter(isIncrement), noLabels, isWanted);
  const keys = new Set(all.map(({ labels }) => keyOf(labels)));
  const gauges = new Map(
    seriesIn(
      [...before.filter(isSample), ...samples],
      noLabels,
      labels => keys.has(keyOf(labels)),
      hourOf(fromMs) - hourMs,
      toMs,
    ).map(each => [keyOf(each.labels), each.samples]),
  );
  const made = all.map(({ labels, hours }) => ({
    labels,
    samples: movedSamples(gauges.get(keyOf(labels)) ?? [], hours, fromMs, toMs),
  }));
  // What was set is told together with what moved it: beside it, the larger of two values of one instant would win.
  const others = samples.map(block => ({
    ...block,
    series: block.series.filter(({ labels }) => !gauges.has(keyOf(labels))),
  }));
  return [...others, columnsOf(made)];
};

const columnsOf = (series: readonly { readonly labels: LabelSet; readonly samples: readonly Sample[] }[]): Columns => {
  const times = new Set(series.flatMap(({ samples }) => samples.map(({ timestampMs }) => timestampMs)));
  const timestampsMs = [...times].sort((a, b) => a - b);
  const slotOf = new Map(timestampsMs.map((timestampMs, slot) => [timestampMs, slot]));
  return {
    timestampsMs,
    pages: new Set(),
    series: series.map(({ labels, samples }) => {
      const column = new Column(timestampsMs.length);
      for (const { timestampMs, value, stale } of samples) {
        const slot = slotOf.get(timestampMs)!;
        if (stale) column.setStale(slot);
        else column.set(slot, value);
      }
      return { labels, column };
    }),
  };
};

export const isIncrement = ({ tags }: Columns): boolean => tags !== undefined;
