import { writeSeries } from '../exposition/write.ts';
import { type LabelSet, labelSetOf, metricNameOf } from '../labels.ts';
import { compareLabels } from './label-sets.ts';
import { writeGeneral } from './numbers.ts';
import type { SeriesColumns } from './series.ts';

/** A series' newest sample; undefined where it has ended or has none. */
const newestOf = ({ timesMs, values, stale }: SeriesColumns): readonly [value: number, timeMs: number] | undefined => {
  const last = timesMs.length - 1;
  return last < 0 || stale?.[last] === 1 ? undefined : [values[last]!, timesMs[last]!];
};

/** Every series has an instance there, be it empty, so that who federates does not put its own in that place (web/federate.go). */
const writeWithInstance = (labels: LabelSet): string => {
  const text = writeSeries(labels);
  if (labels.some(([name]) => name === 'instance')) return text;
  return text.endsWith('}') ? `${text.slice(0, -1)},instance=""}` : `${text}{instance=""}`;
};

/**
 * The newest sample of each series in text 0.0.4 with its time, as Prometheus's /federate gives it: by metric and labels, each
 * metric untyped. Series that several selectors gave stand once.
 */
export const writeFederation = (series: Iterable<SeriesColumns>): string => {
  const sorted = [...series].sort((a, b) => compareLabels(a.labels, b.labels));
  const lines: string[] = [];
  let before: LabelSet | undefined;
  let metric: string | undefined;
  for (const each of sorted) {
    const newest = newestOf(each);
    if (newest === undefined || (before !== undefined && compareLabels(before, each.labels) === 0)) continue;
    before = each.labels;
    const name = metricNameOf(each.labels);
    if (name !== metric) lines.push(`# TYPE ${writeSeries(labelSetOf([['__name__', name]]))} untyped\n`);
    metric = name;
    lines.push(`${writeWithInstance(each.labels)} ${writeGeneral(newest[0])} ${newest[1]}\n`);
  }
  return lines.join('');
};
