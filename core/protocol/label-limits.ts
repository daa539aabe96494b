import { type Label, type LabelSet, labelSetOf, metricNameLabel } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Reject } from '../reject.ts';

/** UTF-8 has at most three bytes for a UTF-16 code unit: short texts need not be measured. */
const isOver = (text: string, bytes: number): boolean => text.length * 3 > bytes && Buffer.byteLength(text) > bytes;

const nameOf = (labels: readonly Label[]): string =>
  labels.find(([name]) => name === metricNameLabel)?.[1] ?? 'a series';

/** What is too much about a series' labels, or too little: a metric name it must have, and no name twice. */
export const labelsReject = (labels: readonly Label[], path: string): Reject | undefined => {
  const reject = (code: string, reason: string): Reject => ({ code, place: { path }, reason });
  if (labels.length > limits.labelCount)
    return reject('label_limit', `${labels.length} labels on ${nameOf(labels)}, the limit is ${limits.labelCount}`);
  const names = new Set<string>();
  for (const [name, value] of labels) {
    if (name === '') return reject('bad_name', 'a label has no name');
    if (names.has(name)) return reject('repeated_label', `label ${JSON.stringify(name)} stands twice`);
    names.add(name);
    if (!name.isWellFormed() || !value.isWellFormed())
      return reject('bad_utf8', `label ${JSON.stringify(name)} is not valid UTF-8`);
    if (isOver(name, limits.labelNameBytes))
      return reject(
        'label_name_limit',
        `a label name of ${Buffer.byteLength(name)} bytes, the limit is ${limits.labelNameBytes}`,
      );
    if (isOver(value, limits.labelValueBytes))
      return reject(
        'label_value_limit',
        `${Buffer.byteLength(value)} bytes in ${name}, the limit is ${limits.labelValueBytes}`,
      );
  }
  if (!labels.some(([name, value]) => name === metricNameLabel && value !== ''))
    return reject('no_name', `no metric name (${metricNameLabel})`);
  return undefined;
};

/** The set, or why there is none. */
export const limitedLabels = (
  labels: readonly Label[],
  path: string,
): { readonly labels: LabelSet } | { readonly reject: Reject } => {
  const reject = labelsReject(labels, path);
  return reject === undefined ? { labels: labelSetOf(labels) } : { reject };
};
