import { keyOf, type LabelSet, metricNameLabel, metricNameOf } from '../labels.ts';

/** A label set with what it is ordered by, worked out once. */
type Ordered = {
  readonly labels: LabelSet;
  readonly key: string;
  readonly family: string;
  readonly others: string;
  readonly part: number;
  readonly bound: number;
};

const parts = ['_bucket', '_count', '_sum'] as const;

/** A metric name without what tells the parts of a histogram or summary apart. */
const familyIn = (name: string, part: number): string => (part === -1 ? name : name.slice(0, -parts[part]!.length));

const partOf = (name: string): number => parts.findIndex(suffix => name.endsWith(suffix));

/** What a series is ordered by first. */
export const familyOf = (labels: LabelSet): string => {
  const name = metricNameOf(labels);
  return familyIn(name, partOf(name));
};

/**
 * Orders series so that those that move alike stand together: by family, then by their other labels, then buckets by
 * rising bound, count, sum. Each bucket so has its lower neighbour above it, and the count the last bucket.
 */
export const orderedOf = (labels: LabelSet, key = keyOf(labels)): Ordered => {
  let name = '';
  let le: string | undefined;
  let others = '';
  for (const [label, value] of labels) {
    if (label === metricNameLabel) name = value;
    else if (label === 'le') le = value;
    else others += `${label}\u0001${value}\u0001`;
  }
  const part = partOf(name);
  return {
    labels,
    key,
    family: familyIn(name, part),
    others,
    part,
    bound: le === undefined ? 0 : le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le) || 0,
  };
};

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A total order: label sets that tie in all else are told apart by their keys. */
export const compareOrdered = (a: Ordered, b: Ordered): number =>
  byText(a.family, b.family) ||
  byText(a.others, b.others) ||
  a.part - b.part ||
  (a.bound === b.bound ? 0 : a.bound - b.bound) ||
  byText(a.key, b.key);
