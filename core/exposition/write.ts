import type { Family, FamilyType } from '../batch.ts';
import { type LabelSet, metricNameLabel, metricNameOf } from '../labels.ts';

/** One line to write: a label set with its metric name. */
export type WrittenSample = { readonly labels: LabelSet; readonly value: number; readonly timestampMs?: number };

const plainName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const plainLabelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const special = /[\\\n"]/g;

const escaped = (text: string): string => text.replace(special, char => (char === '\n' ? '\\n' : `\\${char}`));

const quoted = (text: string): string => `"${escaped(text)}"`;

/** `name{a="b"}`; names beyond the old alphabet stand quoted, the metric name then inside the braces. */
export const writeSeries = (labels: LabelSet): string => {
  const name = metricNameOf(labels);
  const plain = plainName.test(name);
  const inside = plain ? [] : [quoted(name)];
  for (const [label, value] of labels) {
    if (label !== metricNameLabel)
      inside.push(`${plainLabelName.test(label) ? label : quoted(label)}=${quoted(value)}`);
  }
  return `${plain ? name : ''}${inside.length > 0 ? `{${inside.join(',')}}` : ''}`;
};

/** The shortest text that reads back as the same double; `+Inf`, `-Inf` and `NaN` by name. */
const writeNumber = (value: number): string => {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
};

/** What text 0.0.4 calls each type; those it does not know are untyped there. */
const typeNames: Readonly<Record<FamilyType, string>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  summary: 'summary',
  gaugehistogram: 'untyped',
  info: 'untyped',
  stateset: 'untyped',
  unknown: 'untyped',
};

/** Which names belong to a family beside its own. */
const suffixes: Readonly<Partial<Record<FamilyType, readonly string[]>>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['_sum', '_count'],
};

const writeFamily = ({ name, type, help }: Family): string => {
  const written = plainName.test(name) ? name : quoted(name);
  // Quotes stay bare in a help text (expfmt, escapeString without quotes).
  const about =
    help === undefined
      ? ''
      : `# HELP ${written} ${help.replace(/[\\\n]/g, char => (char === '\n' ? '\\n' : '\\\\'))}\n`;
  return `${about}# TYPE ${written} ${typeNames[type]}\n`;
};

/**
 * Text 0.0.4 of these samples: families in the order in which their first sample comes, each in one group under its
 * HELP and TYPE, samples in the order given. Families without a sample are left out. Reading it back gives the same.
 */
export const writeText = (samples: Iterable<WrittenSample>, families: Iterable<Family> = []): string => {
  const familyOf = new Map<string, Family>();
  for (const family of families) {
    for (const suffix of ['', ...(suffixes[family.type] ?? [])]) {
      if (suffix === '' || !familyOf.has(family.name + suffix)) familyOf.set(family.name + suffix, family);
    }
  }
  const groups = new Map<string, string[]>();
  for (const { labels, value, timestampMs } of samples) {
    const name = metricNameOf(labels);
    const family = familyOf.get(name);
    const key = family?.name ?? name;
    const group = groups.get(key) ?? [family === undefined ? '' : writeFamily(family)];
    groups.set(key, group);
    group.push(`${writeSeries(labels)} ${writeNumber(value)}${timestampMs === undefined ? '' : ` ${timestampMs}`}\n`);
  }
  return [...groups.values()].flat().join('');
};
