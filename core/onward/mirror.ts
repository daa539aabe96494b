import type { Batch } from '../batch.ts';
import { keyOf, type LabelSet, labelOf, merged, metricNameOf, pick } from '../labels.ts';

/** Which series to show elsewhere: all of a metric whose labels have these values. */
export type Mirrored = { readonly metric: string; readonly labels?: Readonly<Record<string, string>> };

/** Values of several metrics of the same labels at the same time. `labels` are without the metric's name. */
export type Reflection = {
  readonly timestampMs: number;
  readonly labels: LabelSet;
  readonly values: Readonly<Record<string, number>>;
};

/**
 * What of some batches is to be shown, each value once. NaNs, staleness markers among them, and infinities are left out:
 * CloudWatch refuses them.
 */
export const reflectionsOf = (batches: readonly Batch[], chosen: readonly Mirrored[]): Reflection[] => {
  const found = new Map<string, { timestampMs: number; labels: LabelSet; values: Record<string, number> }>();
  for (const { source, columns } of batches) {
    // What increments add up to is known to who has all of them.
    if (columns.tags !== undefined) continue;
    for (const { labels, column } of columns.series) {
      const metric = metricNameOf(labels);
      // Most series are told off by their name, before anything is built for them.
      if (!chosen.some(each => each.metric === metric)) continue;
      const whole = merged(labels, source);
      if (!chosen.some(each => each.metric === metric && has(whole, each.labels))) continue;
      const rest = pick(whole, name => name !== '__name__');
      const key = keyOf(rest);
      columns.timestampsMs.forEach((timestampMs, slot) => {
        const value = column.values[slot]!;
        if (!column.has(slot) || !Number.isFinite(value)) return;
        const reflection = found.get(`${timestampMs} ${key}`) ?? { timestampMs, labels: rest, values: {} };
        reflection.values[metric] = value;
        found.set(`${timestampMs} ${key}`, reflection);
      });
    }
  }
  return [...found.values()];
};

const has = (labels: LabelSet, wanted: Readonly<Record<string, string>> = {}): boolean =>
  Object.entries(wanted).every(([name, value]) => labelOf(labels, name) === value);
