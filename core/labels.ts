declare const labelSet: unique symbol;

/** One label: its name, its value. */
export type Label = readonly [name: string, value: string];

/**
 * Names and values of one series, metric name included as `__name__`.
 * Sorted by name (UTF-16 code units), names unique, no empty value: made only by `labelSetOf`.
 */
export type LabelSet = readonly Label[] & { readonly [labelSet]: true };

export const metricNameLabel = '__name__';

const byName = (a: Label, b: Label): number => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

/** Sorts, drops empty values (Prometheus: an empty label is an absent one) and lets the last of a repeated name win. */
export const labelSetOf = (labels: Iterable<Label>): LabelSet => {
  const sorted: Label[] = [];
  let ordered = true;
  let empty = false;
  let last = '';
  for (const label of labels) {
    const [name, value] = label;
    if (sorted.length > 0 && last >= name) ordered = false;
    if (value === '') empty = true;
    last = name;
    sorted.push(label);
  }
  const kept = ordered ? sorted : [...new Map(sorted.map(label => [label[0], label])).values()].sort(byName);
  return (empty ? kept.filter(([, value]) => value !== '') : kept) as readonly Label[] as LabelSet;
};

export const noLabels: LabelSet = labelSetOf([]);

/** The value of one label, or '' when it is absent, as matchers see it. */
export const labelOf = (labels: LabelSet, name: string): string => {
  for (const label of labels) if (label[0] === name) return label[1];
  return '';
};

export const metricNameOf = (labels: LabelSet): string => labelOf(labels, metricNameLabel);

/** Both sets together; where both name a label, `over` wins. */
export const merged = (under: LabelSet, over: LabelSet): LabelSet =>
  under.length === 0 ? over : over.length === 0 ? under : labelSetOf([...under, ...over]);

/** The labels that `keep` accepts. */
export const pick = (labels: LabelSet, keep: (name: string) => boolean): LabelSet =>
  labels.filter(([name]) => keep(name)) as readonly Label[] as LabelSet;

/** Equal label sets give equal keys and different ones different keys, whatever characters they hold. */
export const keyOf = (labels: LabelSet): string => {
  let key = '';
  for (const [name, value] of labels) key += `${name.length}:${name}${value.length}:${value}`;
  return key;
};
