import { type Exemplar, eachOnce } from '../exemplars.ts';
import { keyOf, type LabelSet } from '../labels.ts';
import type { Read, Reject } from '../reject.ts';
import { compareLabels } from './label-sets.ts';
import type { Matcher } from './matchers.ts';
import { writeValue } from './numbers.ts';
import { planOf, readQuery } from './query.ts';

/** The matchers of each selector of an expression (promql/parser, ExtractSelectors). */
export const readSelectors = (text: string): Read<readonly (readonly Matcher[])[] | undefined> => {
  const { value, rejects } = readQuery(
    text,
    { steps: { startMs: 0, stepMs: 1, count: 1 }, endMs: 0, isInstant: true },
    1,
  );
  if (value === undefined) return { value: undefined, rejects: rejects.map(placed) };
  return { value: [...planOf(value).reads.values()].map(({ matchers }) => matchers), rejects: [] };
};

/** As Prometheus says it of this parameter: without its name. */
const placed = ({ place, reason, ...rest }: Reject): Reject => ({
  ...rest,
  reason: place?.line === undefined ? reason : `${place.line}:${place.column}: ${reason}`,
});

/** The data of /api/v1/query_exemplars: series by their labels, of each its exemplars, the oldest first. */
export const exemplarsBody = (exemplars: readonly Exemplar[]): readonly object[] => {
  const found = new Map<string, { readonly labels: LabelSet; readonly own: Exemplar[] }>();
  for (const exemplar of eachOnce(exemplars)) {
    const key = keyOf(exemplar.series);
    const known = found.get(key) ?? { labels: exemplar.series, own: [] };
    found.set(key, known);
    known.own.push(exemplar);
  }
  return [...found.values()]
    .sort((a, b) => compareLabels(a.labels, b.labels))
    .map(({ labels, own }) => ({
      seriesLabels: Object.fromEntries(labels),
      exemplars: own.map(each => ({
        labels: Object.fromEntries(each.labels),
        value: writeValue(each.value),
        timestamp: each.timestampMs / 1_000,
      })),
    }));
};
