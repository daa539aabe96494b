import { keyOf } from '../../core/labels.ts';
import { limits } from '../../core/limits.ts';
import type { SeriesSamples } from '../../core/segment/read.ts';
import { RollupReader } from '../../functions/rollup-reading.ts';
import type { World } from './world.ts';

const resolutions = { '5m': 5 * 60_000, '1h': 60 * 60_000 } as const;
const aggregates = ['count', 'sum', 'min', 'max', 'increase'] as const;

type Bucket = { readonly [name in (typeof aggregates)[number]]: number } & { readonly timestampMs: number };

/** Holds the buckets of all days that are over against buckets made of the samples that were read, by another reckoning. */
export const auditRollups = async (world: World, held: readonly SeriesSamples[]): Promise<void> => {
  const { startMs, calmMs } = world.plan;
  const reader = new RollupReader(world.ports());
  for (const [resolution, bucketMs] of Object.entries(resolutions)) {
    const { series, warnings } = await reader.read(
      { matches: () => true },
      resolution as keyof typeof resolutions,
      startMs - limits.catalogSpanMs,
      calmMs + limits.catalogSpanMs,
    );
    for (const warning of warnings) world.breach('unreadable', warning);
    const kept = new Map(series.map(({ labels, buckets }) => [keyOf(labels), buckets]));
    for (const { labels, samples } of held) {
      const what = `${resolution} of ${JSON.stringify(labels)}`;
      const buckets = kept.get(keyOf(labels)) ?? [];
      const wanted = bucketsOf(samples, bucketMs);
      if (buckets.length !== wanted.length)
        world.breach('rollup', `${what} has ${buckets.length} buckets, not ${wanted.length}`);
      for (const [at, bucket] of wanted.entries()) {
        const wrong = ['timestampMs' as const, ...aggregates].find(
          name => !Object.is(buckets[at]?.[name], bucket[name]),
        );
        if (wrong !== undefined)
          world.breach(
            'rollup',
            `${what} at ${bucket.timestampMs} has ${wrong} ${buckets[at]?.[wrong]}, not ${bucket[wrong]}`,
          );
      }
    }
  }
};

const bucketsOf = (samples: SeriesSamples['samples'], bucketMs: number): Bucket[] => {
  const buckets: Bucket[] = [];
  let last: number | undefined;
  const numbers = samples.filter(({ value, stale }) => !stale && !Number.isNaN(value));
  const begins = new Set(numbers.map(({ timestampMs }) => timestampMs - (timestampMs % bucketMs)));
  for (const timestampMs of begins) {
    const values = numbers.filter(each => each.timestampMs - (each.timestampMs % bucketMs) === timestampMs);
    const all = values.map(({ value }) => value);
    const grown = all.map((value, at) => {
      const before = all[at - 1] ?? last;
      return before === undefined ? 0 : value < before ? value : value - before;
    });
    last = all.at(-1);
    const summed = (each: readonly number[]): number => each.reduce((sum, value) => sum + value);
    buckets.push({
      timestampMs,
      count: all.length,
      sum: summed(all),
      min: Math.min(...all),
      max: Math.max(...all),
      increase: summed(grown),
    });
  }
  return buckets;
};
