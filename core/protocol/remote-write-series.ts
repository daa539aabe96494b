import type { Family, FamilyType } from '../batch.ts';
import type { Label } from '../labels.ts';
import { limitedLabels } from './label-limits.ts';
import { histogramSamples, type WireHistogram } from './remote-write-histogram.ts';
import type { Accepted, Refusals } from './request.ts';
import type { Samples } from './samples.ts';
import { backfillReject } from './window.ts';
import { type Bits, doubleOf, isStaleBits } from './wire-values.ts';

/** A series of either version, as it came; `problem` says why nothing of it can be taken. */
export type WireSeries = {
  readonly labels: readonly Label[];
  readonly samples: readonly { readonly bits: Bits; readonly timestampMs: number }[];
  readonly histograms: readonly WireHistogram[];
  readonly problem?: string;
};

/** Hears what a request says of a family. */
export type Tell = (family: Family) => void;

/** Both versions count types alike: prompb.MetricMetadata, io.prometheus.write.v2.Metadata. */
const types: readonly FamilyType[] = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
];

/** Version 2 says it of each series: of those that a histogram or summary is made of, the family is meant. */
export const tellFamily = (name: string, typeNumber: number, help: string, tell: Tell): void => {
  const type = types[typeNumber] ?? 'unknown';
  const isMany = type.endsWith('histogram') || type === 'summary';
  const family = isMany ? name.replace(/_(bucket|sum|count)$/, '') : name;
  if (family !== '' && (type !== 'unknown' || help !== '')) tell({ name: family, type, ...(help !== '' && { help }) });
};

/** What was taken of a request, in the protocol's own counts. Exemplars are read and not kept: of those nothing is written. */
export type Written = { samples: number; histograms: number };

/** Takes what is good of a series and says of the rest why not. */
export const takeSeries = (
  series: WireSeries,
  path: string,
  accepted: Accepted,
  into: Samples,
  refusals: Refusals,
): Written => {
  const { samples, histograms, problem } = series;
  const written: Written = { samples: 0, histograms: 0 };
  const all = samples.length + histograms.length;
  if (problem !== undefined) {
    refusals.add({ code: 'bad_series', place: { path }, reason: problem }, all);
    return written;
  }
  const limited = limitedLabels(series.labels, path);
  if ('reject' in limited) {
    refusals.add(limited.reject, all);
    return written;
  }
  for (const [index, { bits, timestampMs }] of samples.entries()) {
    const reject = backfillReject(timestampMs, accepted, `${path}.samples[${index}]`);
    if (reject !== undefined) refusals.add(reject);
    else {
      const stale = isStaleBits(bits);
      into.add({ labels: limited.labels, value: stale ? 0 : doubleOf(bits), timestampMs, ...(stale && { stale }) });
      written.samples += 1;
    }
  }
  for (const [index, histogram] of histograms.entries()) {
    const place = `${path}.histograms[${index}]`;
    const reject = backfillReject(histogram.timestampMs, accepted, place);
    const made = reject === undefined ? histogramSamples(series.labels, histogram) : [];
    if (reject !== undefined) refusals.add(reject);
    else if (typeof made === 'string') refusals.add({ code: 'bad_histogram', place: { path: place }, reason: made });
    else {
      for (const sample of made) into.add(sample);
      written.histograms += 1;
    }
  }
  return written;
};
