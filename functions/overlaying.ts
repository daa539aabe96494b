import { keyOf } from '../core/labels.ts';
import { type Matcher, selects } from '../core/promql/matchers.ts';
import type { SeriesColumns } from '../core/promql/series.ts';

/**
 * What was read, and of `more` what the matchers select in [fromMs, toMs], which nobody can read yet. Of two samples at one time the
 * one in `more` counts.
 */
export const overlaid = (
  read: readonly SeriesColumns[],
  more: readonly SeriesColumns[],
  matchers: readonly Matcher[],
  fromMs: number,
  toMs: number,
): readonly SeriesColumns[] => {
  const wanted = more.filter(({ labels }) => selects(matchers, labels));
  if (wanted.length === 0) return read;
  const all = new Map(read.map(series => [keyOf(series.labels), series]));
  for (const series of wanted) {
    const key = keyOf(series.labels);
    const joined = joinedWith(all.get(key), series, fromMs, toMs);
    if (joined.timesMs.length > 0) all.set(key, joined);
  }
  return [...all.values()];
};

const joinedWith = (
  read: SeriesColumns | undefined,
  more: SeriesColumns,
  fromMs: number,
  toMs: number,
): SeriesColumns => {
  const at = new Map<number, readonly [value: number, stale: number]>();
  for (const { timesMs, values, stale } of read === undefined ? [more] : [read, more])
    for (const [place, timeMs] of timesMs.entries())
      if (timeMs >= fromMs && timeMs <= toMs) at.set(timeMs, [values[place]!, stale?.[place] ?? 0]);
  const times = [...at.keys()].sort((a, b) => a - b);
  return {
    labels: more.labels,
    timesMs: Float64Array.from(times),
    values: Float64Array.from(times, timeMs => at.get(timeMs)![0]),
    stale: Uint8Array.from(times, timeMs => at.get(timeMs)![1]),
  };
};
