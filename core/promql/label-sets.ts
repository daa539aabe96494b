import type { LabelSet } from '../labels.ts';

/** Name by name, value by value; where one set ends first, it comes first. */
export const compareLabels = (a: LabelSet, b: LabelSet): number => {
  for (let at = 0; at < a.length && at < b.length; at += 1) {
    for (const part of [0, 1] as const) {
      if (a[at]![part] < b[at]![part]) return -1;
      if (a[at]![part] > b[at]![part]) return 1;
    }
  }
  return a.length - b.length;
};

const plain = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Labels as Prometheus's messages have them: `{__name__="up", job="j"}`. */
export const writeLabels = (labels: LabelSet): string =>
  `{${labels.map(([name, value]) => `${plain.test(name) ? name : JSON.stringify(name)}=${JSON.stringify(value)}`).join(', ')}}`;
