import { type Label, metricNameLabel } from '../labels.ts';

/** Any text as a metric name of Prometheus: what cannot stand there becomes `_`, as statsd_exporter does it. */
export const plainMetricName = (text: string): string => {
  const made = text.replace(/[^a-zA-Z0-9_:]/gu, '_');
  return /^[0-9]/.test(made) ? `_${made}` : made;
};

/** Any text as a label name. */
const plainLabelName = (text: string): string => {
  const made = text.replace(/[^a-zA-Z0-9_]/gu, '_');
  return /^[0-9]/.test(made) ? `_${made}` : made;
};

/** Names and values as labels; of one name the last value, and none of it may name the metric. */
export const plainLabels = (name: string, pairs: Iterable<readonly [name: string, value: string]>): Label[] => {
  const labels = new Map<string, string>();
  for (const [key, value] of pairs) if (value !== '') labels.set(plainLabelName(key), value);
  labels.delete('');
  labels.set(metricNameLabel, name);
  return [...labels];
};

/** A finite decimal number as producers write it; undefined for anything else, hexadecimal and underscores included. */
export const readDecimal = (text: string): number | undefined => {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
};

/** `AWS/EC2`, `CPUUtilization`, `sum` → `aws_ec2_cpuutilization_sum`. */
export const cloudwatchName = (namespace: string, name: string, statistic: string): string =>
  plainMetricName(`${namespace}_${name}_${statistic}`.toLowerCase());
