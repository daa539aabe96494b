import type { Label } from '../labels.ts';
import { labelSetOf, metricNameLabel } from '../labels.ts';
import { limits } from '../limits.ts';
import type { GatheredSample } from './gather.ts';
import type { Attributes, Scope } from './otlp-model.ts';
import { labelNameOf, type Naming } from './otlp-names.ts';

/** Labels that a resource, and where asked for a scope, put on all of their points. */
export type Identity = readonly Label[];

const attribute = (attributes: Attributes, name: string): string => attributes.find(([key]) => key === name)?.[1] ?? '';

const identifying: ReadonlySet<string> = new Set(['service.name', 'service.namespace', 'service.instance.id']);

/** `job` is the service with its namespace, `instance` its instance id; what a resource does not say stays unsaid. */
export const identityOf = (resource: Attributes): Identity => {
  const service = attribute(resource, 'service.name');
  const namespace = attribute(resource, 'service.namespace');
  const job = namespace !== '' && service !== '' ? `${namespace}/${service}` : service;
  const instance = attribute(resource, 'service.instance.id');
  return [
    ...(job === '' ? [] : [['job', job] as const]),
    ...(instance === '' ? [] : [['instance', instance] as const]),
  ];
};

/** `otel_scope_*`, so that two libraries' metrics of one name stay apart. */
export const scopeLabels = ({ name, version, schemaUrl, attributes }: Scope, naming: Naming): Label[] => {
  const labels: Label[] = [];
  for (const [key, value] of attributes) {
    const label = labelNameOf(key, naming);
    if (label !== undefined) labels.push([`otel_scope_${label}`, value]);
  }
  return [...labels, ['otel_scope_name', name], ['otel_scope_version', version], ['otel_scope_schema_url', schemaUrl]];
};

/**
 * A point's attributes as labels, under those of its identity, or why one has no name. Attributes that come to one name
 * have their values joined by `;` in the order of their own names.
 */
export const labelsOf = (attributes: Attributes, identity: Identity, naming: Naming): readonly Label[] | string => {
  const labels = new Map<string, string>();
  const sorted = [...attributes].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  for (const [key, value] of sorted) {
    const name = labelNameOf(key, naming);
    if (name === undefined) return `nothing is left of attribute name ${JSON.stringify(key)}`;
    // The name of the metric is not the producer's to say here.
    if (name === metricNameLabel) return `attribute ${JSON.stringify(key)} would be the metric's name`;
    const before = labels.get(name);
    labels.set(name, before === undefined ? value : `${before};${value}`);
  }
  for (const [name, value] of identity) labels.set(name, value);
  return [...labels].filter(([, value]) => value !== '');
};

/**
 * `target_info`, 1, with whatever else the resource says of itself, from the first of its points to the last, often enough
 * to be seen by a query at any time in between. None where nothing identifies the resource, or nothing else is said.
 */
export const targetInfo = (resource: Attributes, timesMs: readonly number[], naming: Naming): GatheredSample[] => {
  const identity = identityOf(resource);
  const others = resource.filter(([name]) => !identifying.has(name));
  if (identity.length === 0 || others.length === 0 || timesMs.length === 0) return [];
  const read = labelsOf(
    others.filter(([name]) => labelNameOf(name, naming) !== undefined && labelNameOf(name, naming) !== metricNameLabel),
    identity,
    naming,
  ) as readonly Label[];
  // A resource of many words is known by the first of them: it must not cost the points themselves.
  const kept = read
    .filter(
      ([name, value]) =>
        Buffer.byteLength(name) <= limits.labelNameBytes &&
        Buffer.byteLength(value) <= limits.labelValueBytes &&
        value.isWellFormed(),
    )
    .sort(([a], [b]) => Number(isSource(b)) - Number(isSource(a)))
    .slice(0, limits.labelCount - 1);
  const labels = labelSetOf([...kept, [metricNameLabel, 'target_info']]);
  const firstMs = timesMs.reduce((least, atMs) => Math.min(least, atMs));
  const lastMs = timesMs.reduce((most, atMs) => Math.max(most, atMs));
  const samples: GatheredSample[] = [];
  const stepMs = limits.lookbackMs / 2;
  for (let atMs = firstMs; atMs < lastMs && samples.length < limits.targetInfoSamples; atMs += stepMs)
    samples.push({ labels, value: 1, timestampMs: atMs });
  return [...samples, { labels, value: 1, timestampMs: lastMs }];
};

const isSource = (name: string): boolean => name === 'job' || name === 'instance';
