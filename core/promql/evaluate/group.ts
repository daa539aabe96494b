import { keyOf, type LabelSet, labelOf, labelSetOf, metricNameLabel, pick } from '../../labels.ts';
import type { Grouping, Matching } from '../ast.ts';

/** Which group a series belongs to, and the labels that all of the group have. */
export type Grouper = {
  readonly keyOf: (labels: LabelSet) => string;
  readonly labelsOf: (labels: LabelSet) => LabelSet;
};

const byLabels = (names: readonly string[]): Grouper => {
  const sorted = [...new Set(names)].sort();
  if (sorted.length === 0) return { keyOf: () => '', labelsOf: () => labelSetOf([]) };
  const [only] = sorted;
  const key = (labels: LabelSet): string => {
    let text = '';
    for (const name of sorted) {
      const value = labelOf(labels, name);
      text += `${value.length}:${value}`;
    }
    return text;
  };
  return {
    keyOf: sorted.length === 1 ? labels => labelOf(labels, only!) : key,
    labelsOf: labels => labelSetOf(sorted.map(name => [name, labelOf(labels, name)] as const)),
  };
};

const withoutLabels = (names: readonly string[]): Grouper => {
  const left = new Set([...names, metricNameLabel]);
  const labelsOf = (labels: LabelSet): LabelSet => pick(labels, name => !left.has(name));
  return { labelsOf, keyOf: labels => keyOf(labelsOf(labels)) };
};

export const grouperOf = ({ without, labels }: Grouping): Grouper =>
  without ? withoutLabels(labels) : byLabels(labels);

/** The groups whose members match each other in a binary operation. */
export const matcherOf = ({ on, labels }: Pick<Matching, 'on' | 'labels'>): Grouper =>
  on ? byLabels(labels) : withoutLabels(labels);
