import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type LabelSet, metricNameOf } from '../../core/labels.ts';
import type { Happening, PlannedSample } from './plan.ts';
import { numberOfBits } from './values.ts';

type Push = Extract<Happening, { kind: 'push' }>;

export type Request = {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

const textOf = (value: number): string =>
  Object.is(value, -0)
    ? '-0'
    : value === Number.POSITIVE_INFINITY
      ? '+Inf'
      : value === Number.NEGATIVE_INFINITY
        ? '-Inf'
        : String(value);

const escaped = (text: string): string => text.replace(/[\\"\n]/g, char => (char === '\n' ? '\\n' : `\\${char}`));

const isNamed = (name: string, mixed: boolean): boolean =>
  name !== '__name__' && (mixed || (name !== 'job' && name !== 'instance'));

const line = ({ labels, bits, timestampMs }: PlannedSample, mixed: boolean, time: (ms: number) => string): string => {
  const inside = labels.filter(([name]) => isNamed(name, mixed)).map(([name, value]) => `${name}="${escaped(value)}"`);
  const at = timestampMs === undefined ? '' : ` ${time(timestampMs)}`;
  return `${metricNameOf(labels)}{${inside.join(',')}} ${textOf(numberOfBits(bits))}${at}\n`;
};

const jsonOf = ({ producer, samples }: Push): string =>
  // By hand, because JSON.stringify writes -0 as 0.
  `{"job":${JSON.stringify(producer.job)},"instance":${JSON.stringify(producer.instance)},"metrics":[${samples
    .map(({ labels, bits, timestampMs }) => {
      const value = numberOfBits(bits);
      const written = Number.isFinite(value) ? textOf(value) : JSON.stringify(textOf(value));
      const at = timestampMs === undefined ? '' : `,"timestampMs":${timestampMs}`;
      return `{"name":"${metricNameOf(labels)}","type":"gauge","value":${written},"labels":${ownLabels(labels)}${at}}`;
    })
    .join(',')}]}`;

const ownLabels = (labels: LabelSet): string =>
  `{${labels
    .filter(([name]) => isNamed(name, false))
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join(',')}}`;

const types = {
  text: 'text/plain; version=0.0.4',
  openmetrics: 'application/openmetrics-text; version=1.0.0',
  json: 'application/json',
  group: 'text/plain',
} as const;

/** The samples that a push has in it: a group that has a series twice would be refused, so of those it has the last. */
export const samplesIn = ({ producer, samples }: Push): readonly PlannedSample[] =>
  producer.door === 'group' ? [...new Map(samples.map(each => [JSON.stringify(each.labels), each])).values()] : samples;

const written = new WeakMap<Push, Request>();

/** The HTTP request that says what was planned, in the words of its door: the same one at every try. */
export const requestOf = (push: Push): Request => {
  const before = written.get(push);
  if (before !== undefined) return before;
  const request = write(push);
  written.set(push, request);
  return request;
};

const write = (push: Push): Request => {
  const { producer, key } = push;
  const samples = samplesIn(push);
  const { door, mixed, job, instance, packed } = producer;
  if (door === 'bits') throw new Error('bits do not go over HTTP yet');
  const text =
    door === 'json'
      ? jsonOf(push)
      : samples
          .map(sample => line(sample, mixed, door === 'openmetrics' ? ms => (ms / 1_000).toFixed(3) : String))
          .join('') + (door === 'openmetrics' ? '# EOF\n' : '');
  const bytes = new TextEncoder().encode(text);
  const isGroup = door === 'group';
  return {
    method: 'POST',
    path: isGroup
      ? `/metrics/job/${job}${instance === '' ? '' : `/instance/${encodeURIComponent(instance)}`}`
      : '/v1/push',
    query: isGroup || mixed || door === 'json' ? {} : { job, instance },
    headers: {
      'content-type': types[door],
      ...(packed !== '' && { 'content-encoding': packed }),
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: packed === 'gzip' ? gzipSync(bytes) : packed === 'zstd' ? zstdCompressSync(bytes) : bytes,
  };
};
