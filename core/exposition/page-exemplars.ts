import type { Exemplar } from '../exemplars.ts';
import type { LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import type { SampleColumns } from './exposition.ts';

/**
 * The exemplars of a page. One without a time has its sample's, and where that has none the page's; one whose time is far
 * from the page's is left out. `seriesOf`: under which labels a sample is stored; undefined where it is not.
 */
export const exemplarsOfPage = (
  { series, timestampsMs, extras }: SampleColumns,
  pageMs: number,
  seriesOf: (at: number) => LabelSet | undefined = at => series[at],
): Exemplar[] => {
  const exemplars: Exemplar[] = [];
  for (const [at, extra] of extras?.entries() ?? []) {
    const exemplar = extra?.exemplar;
    const labels = exemplar && seriesOf(at);
    if (exemplar === undefined || labels === undefined) continue;
    const sampleMs = timestampsMs?.[at] ?? Number.NaN;
    const timestampMs = exemplar.timestampMs ?? (Number.isNaN(sampleMs) ? pageMs : sampleMs);
    if (timestampMs < pageMs - limits.rawRetentionMs || timestampMs > pageMs + limits.timestampAheadMs) continue;
    exemplars.push({ series: labels, labels: exemplar.labels, value: exemplar.value, timestampMs });
  }
  return exemplars;
};
