import { afterEach, describe, expect, test } from 'vitest';
import { type Batch, sourceIdOf } from '../../core/batch.ts';
import { type LabelSet, labelSetOf, metricNameOf } from '../../core/labels.ts';
import { limits } from '../../core/limits.ts';
import { Column } from '../../core/sample.ts';
import { encodeBatch } from '../../core/segment/batch-message.ts';
import { compact } from '../../functions/compact.ts';
import { ingest } from '../../functions/ingest.ts';
import { Merger } from '../../functions/merging.ts';
import { SeriesReader } from '../../functions/reading.ts';
import { RollupReader } from '../../functions/rollup-reading.ts';
import type { Strike } from '../../io/memory/faults.ts';
import { memoryPorts } from '../../io/memory/ports.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const startMs = Date.UTC(2026, 5, 1);
const usual = { ...limits };
afterEach(() => Object.assign(limits, usual));

const sourceOfName = (name: string) =>
  labelSetOf([
    ['job', 'shop'],
    ['instance', name],
  ]) as unknown as Batch['source'];

const batchOf = (
  name: string,
  timesMs: readonly number[],
  valueAt: (timestampMs: number) => number,
  metrics: readonly string[] = ['requests_total', 'temperature'],
): Batch => ({
  id: `${name}@${timesMs[0]}`,
  via: 'pull',
  source: sourceOfName(name),
  acceptedAtMs: timesMs[0]!,
  columns: {
    timestampsMs: timesMs,
    pages: new Set(timesMs.keys()),
    series: metrics.map((metric, at) => {
      const column = new Column(timesMs.length);
      for (const [slot, timestampMs] of timesMs.entries())
        column.set(slot, valueAt(timestampMs) * (at === 0 ? 1 : -0.5));
      return { labels: labelSetOf([['__name__', metric]]), column };
    }),
  },
});

type Faults = (place: string) => Strike;

/** A house in memory in which ingest and compact run as they ship. */
const house = (faults: { now: Faults } = { now: () => 'none' }) => {
  const ports = memoryPorts({ startMs, faults: place => faults.now(place) });
  const context = {} as never;
  const store = ingest(ports);
  return {
    ports,
    store: async (...batches: Batch[]) => {
      const Records = batches.flatMap(encodeBatch).map((body, at) => ({ messageId: String(at), body }));
      const { batchItemFailures } = (await store({ Records } as never, context)) as { batchItemFailures: unknown[] };
      expect(batchItemFailures).toEqual([]);
    },
    // Each run is a new function: nothing is remembered from the one before.
    merge: () => compact(ports)({} as never, context),
    read: async (fromMs: number, toMs: number, reader = new SeriesReader(ports)) => {
      const { series, warnings } = await reader.read({ matches: () => true, job: 'shop' }, fromMs, toMs);
      expect(warnings).toEqual([]);
      const read: Record<string, string> = {};
      for (const { labels, samples } of series)
        read[nameOf(labels)] = samples
          .map(({ timestampMs, value, stale }) => `${timestampMs - startMs}:${stale ? 'stale' : value}`)
          .join(' ');
      return read;
    },
  };
};

const requests = {
  matches: (labels: LabelSet) => metricNameOf(labels) === 'requests_total',
  name: 'requests_total',
};

const nameOf = (labels: LabelSet): string => labels.map(([, value]) => value).join(' ');

const pass = (own: ReturnType<typeof house>, durationMs: number): Promise<void> =>
  own.ports.clock.moveTo(own.ports.clock.nowMs() + durationMs);

const fill = async (
  own: ReturnType<typeof house>,
  names: readonly string[],
  fromMs: number,
  toMs: number,
  everyMs = 10 * minute,
) => {
  for (let atMs = fromMs; atMs < toMs; atMs += everyMs) {
    await pass(own, Math.max(0, atMs + minute - own.ports.clock.nowMs()));
    await own.store(
      ...names.map(name =>
        batchOf(
          name,
          [0, 15_000, 30_000, 45_000].map(offset => atMs + offset),
          ms => (ms - startMs) / 1_000,
        ),
      ),
    );
  }
};

describe('hours', () => {
  test('are merged once they are over for long enough, and read the same', async () => {
    const own = house();
    await fill(own, ['a', 'b', 'c'], startMs, startMs + 2 * hour);
    const before = await own.read(startMs, startMs + 3 * hour);
    expect(Object.keys(before)).toHaveLength(6);
    await pass(own, startMs + hour + limits.compactAfterMs - 1 - own.ports.clock.nowMs());
    await own.merge();
    expect(own.ports.blocks.manifests.size).toBe(0);
    await pass(own, 1);
    await own.merge();
    expect([...own.ports.blocks.manifests.values()].every(({ hourMs }) => hourMs === startMs)).toBe(true);
    expect(await own.read(startMs, startMs + 3 * hour)).toEqual(before);
    await pass(own, hour);
    await own.merge();
    expect(await own.read(startMs, startMs + 3 * hour)).toEqual(before);
  });

  test('that are merged are read from objects alone', async () => {
    const own = house();
    await fill(own, ['a'], startMs, startMs + hour);
    const before = await own.read(startMs, startMs + hour);
    await pass(own, 4 * hour);
    await own.merge();
    own.ports.series.segments.clear();
    expect(await own.read(startMs, startMs + hour)).toEqual(before);
  });

  test('say that a series has ended also where the page that says so has nothing of its metric', async () => {
    const own = house();
    const lastMs = startMs + hour - 15_000;
    await pass(own, hour + minute);
    await own.store(batchOf('a', [lastMs], () => 1));
    await own.store(batchOf('a', [startMs + hour], () => 2, ['other']));
    const ended = { timestampMs: startMs + hour, value: Number.NaN, stale: true };
    for (const hours of [0, 4, 30]) {
      await pass(own, hours * hour);
      await own.merge();
      const { series } = await new SeriesReader(own.ports).read(requests, startMs, startMs + 2 * hour);
      expect(series.map(({ samples }) => samples.at(-1))).toEqual([ended]);
    }
  });

  test('with a broken segment are merged without it, and the rest of it is told on reading', async () => {
    const own = house();
    await fill(own, ['a'], startMs, startMs + hour);
    const [[key, segment] = []] = [...own.ports.series.segments];
    const bytes = segment!.bytes.slice();
    bytes[30]! ^= 1;
    own.ports.series.segments.set(key!, { ...segment!, bytes });
    await pass(own, 4 * hour);
    await own.merge();
    const { series, warnings } = await new SeriesReader(own.ports).read(
      { matches: () => true },
      startMs,
      startMs + hour,
    );
    expect(warnings.join()).toMatch(/left out/);
    expect(series.length).toBeGreaterThanOrEqual(0);
  });
});

describe('what is merged stays within what a reader takes', () => {
  test('of times and series together', async () => {
    const own = house();
    await fill(own, ['a'], startMs + 20 * hour, startMs + day, 5 * minute);
    const before = await own.read(startMs, startMs + day);
    // An hour has 48 times of two series, a day 192, and 48 buckets of five minutes.
    Object.assign(limits, { blockCells: 30 });
    await pass(own, 4 * hour);
    await own.merge();
    own.ports.series.segments.clear();
    expect(await own.read(startMs, startMs + day)).toEqual(before);
    const { series, warnings } = await new RollupReader(own.ports).read(requests, '5m', startMs, startMs + day);
    expect(warnings).toEqual([]);
    expect(series[0]!.buckets).toHaveLength(48);
  });

  test('with a memory for chunks that is too small for all of them', async () => {
    const own = house();
    const storeAt = (atMs: number, ...metrics: string[]) => own.store(batchOf('a', [atMs], () => 1, metrics));
    await storeAt(startMs, 'one');
    await storeAt(startMs + hour, 'one');
    await storeAt(startMs + hour + 1, 'two');
    const before = await own.read(startMs, startMs + 2 * hour);
    await pass(own, 4 * hour);
    Object.assign(limits, { chunksRemembered: 1 });
    await own.merge();
    expect([...own.ports.blocks.manifests.values()].flatMap(({ unmerged }) => unmerged)).toEqual([]);
    own.ports.series.segments.clear();
    expect(await own.read(startMs, startMs + 2 * hour)).toEqual(before);
  });
});

describe('late samples', () => {
  const late = (own: ReturnType<typeof house>) => own.store(batchOf('a', [startMs + 5 * minute], () => 4_711));

  test('are read at once, merged, and gone from where they were', async () => {
    const own = house();
    await fill(own, ['a', 'b'], startMs, startMs + hour);
    await pass(own, 4 * hour);
    await own.merge();
    await late(own);
    const before = await own.read(startMs, startMs + hour);
    expect(before['a shop requests_total'] ?? before['requests_total a shop']).toContain(`${5 * minute}:4711`);
    const marks = await own.ports.blocks.lateMarks();
    expect(marks).toHaveLength(1);
    await own.merge();
    expect(await own.ports.blocks.lateMarks()).toEqual([]);
    expect(await own.ports.blocks.lateOn(marks[0]!.day, marks[0]!.shard)).toEqual([]);
    expect(await own.read(startMs, startMs + hour)).toEqual(before);
  });

  test('of an hour that is not merged yet wait for it', async () => {
    const own = house();
    await fill(own, ['a'], startMs, startMs + hour);
    await pass(own, 4 * hour);
    await late(own);
    const before = await own.read(startMs, startMs + hour);
    await own.merge();
    expect(await own.read(startMs, startMs + hour)).toEqual(before);
    await own.merge();
    expect(await own.ports.blocks.lateMarks()).toEqual([]);
    expect(await own.read(startMs, startMs + hour)).toEqual(before);
  });

  test('are merged although others beside them cannot be read', async () => {
    const own = house();
    await fill(own, ['a'], startMs, startMs + hour);
    await pass(own, startMs + day + 3 * hour - own.ports.clock.nowMs());
    await own.merge();
    await late(own);
    const [mark] = await own.ports.blocks.lateMarks();
    const [good] = await own.ports.blocks.lateOn(mark!.day, mark!.shard);
    const bytes = good!.bytes.slice();
    bytes[30]! ^= 1;
    await own.ports.series.addLate([{ ...good!, key: 'broken', bytes }]);
    await own.merge();
    const left = await own.ports.blocks.lateOn(mark!.day, mark!.shard);
    expect(left.map(({ key }) => key)).toEqual(['broken']);
    expect(await own.ports.blocks.lateMarks()).toHaveLength(1);
    const { series, warnings } = await new SeriesReader(own.ports).read(requests, startMs, startMs + hour);
    expect(series[0]!.samples.some(({ value }) => value === 4_711)).toBe(true);
    expect(warnings).toEqual([expect.stringMatching(/left out/)]);
  });

  test('of many batches are merged a few at a time', async () => {
    const own = house();
    await fill(own, ['a'], startMs, startMs + hour);
    await pass(own, startMs + day + 3 * hour - own.ports.clock.nowMs());
    await own.merge();
    for (let at = 1; at < 8; at += 1) await own.store(batchOf('a', [startMs + at], () => at));
    const before = await own.read(startMs, startMs + hour);
    Object.assign(limits, { lateMerged: 3 });
    for (const applied of [3, 3, 1]) {
      await own.merge();
      expect([...own.ports.blocks.manifests.values()].map(each => each.applied.length)).toContain(applied);
      expect(await own.read(startMs, startMs + hour)).toEqual(before);
    }
    expect(await own.ports.blocks.lateMarks()).toEqual([]);
  });

  test('of a day that is merged change its rollups too', async () => {
    const own = house();
    await fill(own, ['a'], startMs, startMs + 2 * hour);
    await pass(own, startMs + day + 3 * hour - own.ports.clock.nowMs());
    await own.merge();
    await late(own);
    await own.merge();
    const { series } = await new RollupReader(own.ports).read(requests, '1h', startMs, startMs + day);
    expect(series).toHaveLength(1);
    expect(series[0]!.buckets[0]).toMatchObject({ timestampMs: startMs, count: 25, max: 4_711 });
  });
});

describe('days', () => {
  test('are merged with their last hour, read the same, and leave rollups', async () => {
    const own = house();
    await fill(own, ['a', 'b'], startMs + 20 * hour, startMs + 26 * hour);
    const before = await own.read(startMs, startMs + 2 * day);
    await pass(own, startMs + 2 * day + 3 * hour - own.ports.clock.nowMs());
    await own.merge();
    const manifests = [...own.ports.blocks.manifests.values()];
    expect(manifests.every(({ hourMs }) => hourMs === undefined || hourMs >= startMs + 2 * day)).toBe(true);
    own.ports.series.segments.clear();
    expect(await own.read(startMs, startMs + 2 * day)).toEqual(before);
    const read = await new RollupReader(own.ports).read(
      { matches: () => true, job: 'shop' },
      '1h',
      startMs,
      startMs + 2 * day,
    );
    expect(read.warnings).toEqual([]);
    const requests = read.series.find(({ labels }) => nameOf(labels).includes('requests_total'))!;
    expect(requests.buckets.map(({ timestampMs }) => (timestampMs - startMs) / hour)).toEqual([20, 21, 22, 23, 24, 25]);
    // The counter is the seconds since the start: each hour grows by 3,600, over midnight too, the first by what was seen.
    expect(requests.buckets.map(({ increase }) => increase)).toEqual([3_045, 3_600, 3_600, 3_600, 3_600, 3_600]);
    expect(requests.buckets[1]).toMatchObject({ count: 24, min: 75_600, max: 75_600 + 3_045 });
  });

  test('count on from late samples of the day before', async () => {
    const own = house();
    await fill(own, ['a'], startMs + 23 * hour, startMs + 25 * hour);
    await pass(own, startMs + day + limits.compactAfterMs - own.ports.clock.nowMs());
    const increases = async () => {
      const { series } = await new RollupReader(own.ports).read(requests, '1h', startMs, startMs + 2 * day);
      return series[0]!.buckets.map(({ increase }) => increase);
    };
    await own.merge();
    expect(await increases()).toEqual([3_045]);
    // Late in its last hour, before the next day is merged, and after.
    await own.store(batchOf('a', [startMs + day - 5], ms => (ms - startMs) / 1_000));
    await own.merge();
    await pass(own, day);
    await own.merge();
    expect((await increases()).map(Math.round)).toEqual([3_600, 3_045]);
    await own.store(batchOf('a', [startMs + day - 1], () => 86_410));
    await own.merge();
    // It fell to 86,400 then, as a counter does that starts again.
    expect((await increases()).map(Math.round)).toEqual([3_610, 89_445]);
  });

  test('past their retention are not read, expired or not', async () => {
    const own = house();
    await fill(own, ['a'], startMs, startMs + hour);
    await pass(own, day + 4 * hour);
    await own.merge();
    await pass(own, startMs + limits.rawRetentionMs + 30 * minute + 1 - own.ports.clock.nowMs());
    const read = await own.read(startMs, startMs + hour);
    for (const samples of Object.values(read))
      expect(samples.split(' ')[0]).toBe(`${30.25 * minute}:${1_815 * (samples.includes('-') ? -0.5 : 1)}`);
    const rolled = await new RollupReader(own.ports).read({ matches: () => true }, '5m', startMs, startMs + hour);
    expect(rolled.series).toHaveLength(2);
  });
});

describe('a crash or a rival at any call', () => {
  /** The calls of one run, as they come. */
  const scenario = async (own: ReturnType<typeof house>) => {
    await fill(own, ['a', 'b'], startMs + 22 * hour, startMs + day + hour, 30 * minute);
    await pass(own, startMs + day + 4 * hour - own.ports.clock.nowMs());
    await own.store(batchOf('a', [startMs + 22 * hour + 5 * minute], () => 4_711));
  };

  test('loses and doubles nothing, and readers see no hole at any time', { timeout: 240_000 }, async () => {
    const counting = house();
    await scenario(counting);
    const places: string[] = [];
    const whole = await counting.read(startMs, startMs + 2 * day);
    const faults: { now: Faults } = {
      now: place => {
        places.push(place);
        return 'none';
      },
    };
    const counted = house(faults);
    await scenario(counted);
    places.length = 0;
    await counted.merge();
    await counted.merge();
    const calls = places.length;
    expect(calls).toBeGreaterThan(40);
    for (let broken = 0; broken < calls; broken += 1) {
      for (const strike of ['before', 'after'] as const) {
        const striking: { now: Faults } = { now: () => 'none' };
        const own = house(striking);
        await scenario(own);
        let at = 0;
        // The process dies at this call: every call after it fails as well.
        striking.now = () => {
          at += 1;
          return at - 1 < broken ? 'none' : at - 1 === broken ? strike : 'before';
        };
        await own.merge().catch(() => undefined);
        await own.merge().catch(() => undefined);
        striking.now = () => 'none';
        expect(await own.read(startMs, startMs + 2 * day), `${strike} call ${broken}, ${places[broken]}`).toEqual(
          whole,
        );
        await own.merge();
        await own.merge();
        expect(await own.read(startMs, startMs + 2 * day), `after ${strike} call ${broken}`).toEqual(whole);
        expect(await own.ports.blocks.lateMarks()).toEqual([]);
      }
    }
  });

  test('two mergers at once get on with hours and days like one', async () => {
    const own = house();
    await scenario(own);
    await Promise.all([own.merge(), own.merge()]);
    expect(await own.ports.blocks.mergedUntil()).toBe(startMs + day + 2 * hour);
    expect([...own.ports.blocks.manifests.values()].filter(each => each.day * day === startMs)).toHaveLength(2);
  });

  test('two mergers at once change nothing that is read', async () => {
    const own = house();
    await scenario(own);
    const whole = await own.read(startMs, startMs + 2 * day);
    const reads: Promise<unknown>[] = [];
    const merging = Promise.allSettled([own.merge(), own.merge(), own.merge()]);
    for (let each = 0; each < 40; each += 1) {
      reads.push(own.read(startMs, startMs + 2 * day));
      await Promise.resolve();
      await Promise.resolve();
    }
    for (const read of await Promise.all(reads)) expect(read).toEqual(whole);
    await merging;
    await own.merge();
    expect(await own.read(startMs, startMs + 2 * day)).toEqual(whole);
  });
});

test('late samples that are merged into an hour while its day is merged are in the day', async () => {
  const own = house();
  await fill(own, ['a'], startMs + 20 * hour, startMs + day, 30 * minute);
  await pass(own, startMs + day + limits.compactAfterMs - own.ports.clock.nowMs() - 1);
  await own.merge();
  await own.store(batchOf('a', [startMs + 20 * hour + 7 * minute], () => 4_711));
  const before = await own.read(startMs, startMs + day);
  const [{ day: dayOf, shard } = { day: 0, shard: 0 }] = await own.ports.blocks.lateMarks();
  const { blocks } = own.ports;
  const swap = blocks.swap.bind(blocks);
  let isFirst = true;
  blocks.swap = async (seen, next) => {
    if (next.hourMs === undefined && isFirst) {
      isFirst = false;
      await new Merger(own.ports).mergeLate(dayOf, shard, false);
    }
    return swap(seen, next);
  };
  await pass(own, 1);
  // The late ones wait until the day is being merged.
  const marks = blocks.lateMarks.bind(blocks);
  blocks.lateMarks = async () => [];
  await own.merge();
  expect(isFirst).toBe(false);
  blocks.lateMarks = marks;
  await own.merge();
  await own.merge();
  expect([...blocks.manifests.values()].filter(({ day: each }) => each === dayOf)).toHaveLength(1);
  own.ports.series.segments.clear();
  expect(await own.read(startMs, startMs + day)).toEqual(before);
});

test('late samples that are cut otherwise than on time have their schema stored', async () => {
  const metrics = Array.from({ length: 300 }, (_, at) => `metric_${at}`);
  const first = batchOf('a', [startMs + 7 * minute], () => 0.1, metrics);
  const second = batchOf('a', [startMs + 8 * minute], Math.random, metrics);
  const trial = house();
  await trial.store(first);
  await trial.store(second);
  const sizes = [...trial.ports.series.segments.values()].map(({ bytes }) => bytes.length);
  const own = house();
  await pass(own, startMs + hour + limits.lateAfterMs - 1 - own.ports.clock.nowMs());
  await own.store(first);
  Object.assign(limits, { segmentBytes: sizes[1]! });
  const add = own.ports.series.add.bind(own.ports.series);
  own.ports.series.add = async writes => {
    await add(writes);
    await pass(own, 1);
  };
  await own.store(second);
  const [mark] = await own.ports.blocks.lateMarks();
  expect(await own.ports.blocks.lateOn(mark!.day, mark!.shard)).toHaveLength(2);
  await own.read(startMs, startMs + hour);
});

test('what is stored while its hour becomes late is found apart as well', async () => {
  const own = house();
  await fill(own, ['a'], startMs, startMs + hour);
  await pass(own, startMs + hour + limits.lateAfterMs - 1 - own.ports.clock.nowMs());
  const add = own.ports.series.add.bind(own.ports.series);
  own.ports.series.add = async writes => {
    await add(writes);
    await pass(own, 10);
  };
  await own.store(batchOf('a', [startMs + 7 * minute], () => 1));
  expect(await own.ports.blocks.lateMarks()).toHaveLength(1);
  const sourceId = sourceIdOf(sourceOfName('a'));
  const [mark] = await own.ports.blocks.lateMarks();
  expect(await own.ports.blocks.lateOn(mark!.day, mark!.shard, sourceId)).toHaveLength(1);
});
