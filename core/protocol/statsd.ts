import { keyOf, type LabelSet, metricNameOf } from '../labels.ts';
import { limits } from '../limits.ts';
import type { GatheredSample } from './gather.ts';
import { classicSamples } from './histogram.ts';
import { limitedLabels } from './label-limits.ts';
import { type Line, lineReading, lineRefusal, linesOf } from './lines.ts';
import { plainLabels } from './plain-names.ts';
import { type Protocol, Refusals } from './request.ts';
import { Samples, TooMuch } from './samples.ts';
import { readServiceCheck } from './statsd-check.ts';
import { readStatsdLine, type StatsdEvent } from './statsd-line.ts';

/** Bounds of every timer, histogram and distribution: a millisecond to a million, whatever the unit is. */
const bounds = [-3, -2, -1, 0, 1, 2, 3, 4, 5].flatMap(power => [1, 2.5, 5].map(step => step * 10 ** power)).concat(1e6);

type Gauge = {
  readonly labels: LabelSet;
  set: number | undefined;
  moved: number;
  readonly timestampMs: number | undefined;
};
type Observed = {
  readonly labels: LabelSet;
  readonly counts: number[];
  count: number;
  sum: number;
  readonly timestampMs: number | undefined;
};

/**
 * Adds the lines of one push up, as a StatsD server does between two flushes, so that it does not matter how a producer
 * gathers its lines. What only a server of many pushes could know is left to reading: counts and observations are
 * increments, and so is what moves a gauge that was not set before in the same push.
 */
class Gathering {
  readonly #acceptedAtMs: number;
  #kept = 0;
  readonly #counters = new Map<string, GatheredSample>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #sets = new Map<string, { readonly labels: LabelSet; readonly members: Set<string> }>();
  readonly #observed = new Map<string, Observed>();

  constructor(acceptedAtMs: number) {
    this.#acceptedAtMs = acceptedAtMs;
  }

  /** What a line adds is kept until the push is read: as many things as a push may have samples, a histogram being many. */
  #keep(samples = 1): void {
    this.#kept += samples;
    if (this.#kept > limits.pushSamples)
      throw new TooMuch(`more than ${limits.pushSamples} samples, send fewer at once`);
  }

  add(event: StatsdEvent, labels: LabelSet): void {
    const { kind, value, times, member = '' } = event;
    const timestampMs = this.#timeOf(event);
    const key = `${timestampMs ?? ''} ${keyOf(labels)}`;
    if (kind === 'counter') {
      const before = this.#counters.get(key)?.value;
      if (before === undefined) this.#keep();
      this.#counters.set(key, { labels, value: (before ?? 0) + value, increment: {}, ...timed(timestampMs) });
    } else if (kind === 'gauge') {
      if (!this.#gauges.has(key)) this.#keep();
      const gauge = this.#gauges.get(key) ?? { labels, set: undefined, moved: 0, timestampMs };
      this.#gauges.set(key, gauge);
      if (event.isMove !== true) Object.assign(gauge, { set: value, moved: 0 });
      else gauge.moved += value;
    } else if (kind === 'set') {
      const set = this.#sets.get(key) ?? { labels, members: new Set() };
      this.#sets.set(key, set);
      if (!set.members.has(member)) this.#keep();
      set.members.add(member);
    } else {
      if (!this.#observed.has(key)) this.#keep(bounds.length);
      const each = this.#observed.get(key) ?? { labels, counts: bounds.map(() => 0), count: 0, sum: 0, timestampMs };
      this.#observed.set(key, each);
      for (const [at, bound] of bounds.entries()) if (value <= bound) each.counts[at]! += times;
      each.count += times;
      each.sum += value * times;
    }
  }

  /** A time that is out of bounds is left aside, as statsd_exporter leaves all of them aside. */
  #timeOf({ atSeconds }: StatsdEvent): number | undefined {
    const timestampMs = atSeconds === undefined ? undefined : atSeconds * 1_000;
    if (timestampMs === undefined) return undefined;
    const aheadMs = timestampMs - this.#acceptedAtMs;
    return aheadMs >= -limits.timestampBehindMs && aheadMs <= limits.timestampAheadMs ? timestampMs : undefined;
  }

  *samples(): Generator<GatheredSample> {
    yield* this.#counters.values();
    for (const { labels, set, moved, timestampMs } of this.#gauges.values())
      yield { labels, value: (set ?? 0) + moved, ...(set === undefined && { increment: {} }), ...timed(timestampMs) };
    for (const { labels, members } of this.#sets.values()) yield { labels, value: members.size };
    for (const { labels, counts, count, sum, timestampMs } of this.#observed.values()) {
      const name = metricNameOf(labels);
      const buckets = [
        ...bounds.map((le, at) => ({ le, count: counts[at]! })),
        { le: Number.POSITIVE_INFINITY, count },
      ];
      yield* classicSamples(name, labels, { buckets, count, sum }, { increment: {}, ...timed(timestampMs) });
    }
  }
}

const timed = (timestampMs: number | undefined): { readonly timestampMs?: number } =>
  timestampMs === undefined ? {} : { timestampMs };

/** StatsD and DogStatsD lines over HTTP. Service checks are signs of life of the job they name. */
export const statsd: Protocol = {
  name: 'statsd',
  read: (request, body) => {
    const refusals = new Refusals();
    const gathering = new Gathering(request.acceptedAtMs);
    const checks: GatheredSample[] = [];
    const alive: LabelSet[] = [];
    for (const line of linesOf(body, refusals)) {
      if (line.text.startsWith('_sc|')) {
        const check = readServiceCheck(line.text);
        if (typeof check === 'string') refuse(refusals, line, check);
        else {
          checks.push(check.sample);
          if (check.source !== undefined) alive.push(check.source);
        }
        continue;
      }
      if (line.text.startsWith('_e{')) {
        refuse(refusals, line, 'events are not stored here');
        continue;
      }
      const events = readStatsdLine(line.text);
      if (typeof events === 'string') {
        refuse(refusals, line, events);
        continue;
      }
      for (const event of events) {
        const limited = limitedLabels(plainLabels(event.name, event.tags), event.name);
        if ('reject' in limited) refusals.add({ ...limited.reject, place: { line: line.number } });
        else gathering.add(event, limited.labels);
      }
    }
    const samples = new Samples();
    for (const sample of gathering.samples()) samples.add(sample);
    for (const check of checks) samples.add(check);
    return lineReading(request, samples.all, refusals, alive);
  },
  refusal: lineRefusal,
};

const refuse = (refusals: Refusals, { number }: Line, reason: string): undefined =>
  refusals.add({ code: 'bad_line', place: { line: number }, reason });
