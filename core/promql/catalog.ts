import { type LabelSet, labelOf } from '../labels.ts';
import type { Read } from '../reject.ts';
import { compareLabels } from './label-sets.ts';

/** Each label set once, in the order of their labels: the answer of /api/v1/series. */
export const seriesIn = (sets: Iterable<LabelSet>): LabelSet[] => {
  const sorted = [...sets].sort(compareLabels);
  return sorted.filter((labels, at) => at === 0 || compareLabels(sorted[at - 1]!, labels) !== 0);
};

/** Every label name, sorted: /api/v1/labels. */
export const labelNamesIn = (sets: Iterable<LabelSet>): string[] => {
  const names = new Set<string>();
  for (const labels of sets) for (const [name] of labels) names.add(name);
  return [...names].sort();
};

/** Every value of one label, sorted, absent ones left out: /api/v1/label/<name>/values. */
export const labelValuesIn = (sets: Iterable<LabelSet>, name: string): string[] => {
  const values = new Set<string>();
  for (const labels of sets) values.add(labelOf(labels, name));
  values.delete('');
  return [...values].sort();
};

/** The name in /api/v1/label/<name>/values. */
export const readLabelName = (text: string): Read<string | undefined> =>
  /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(text)
    ? { value: text, rejects: [] }
    : { value: undefined, rejects: [{ code: 'bad_data', reason: `invalid label name: ${JSON.stringify(text)}` }] };
