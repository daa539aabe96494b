import type { LabelSet } from '../../labels.ts';

const plain = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Labels as Prometheus's messages have them: `{__name__="up", job="j"}`. */
export const writeLabels = (labels: LabelSet): string =>
  `{${labels.map(([name, value]) => `${plain.test(name) ? name : JSON.stringify(name)}=${JSON.stringify(value)}`).join(', ')}}`;
