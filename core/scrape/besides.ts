import { type Batch, type Source, sourceOf } from '../batch.ts';
import type { Exemplar } from '../exemplars.ts';
import type { SampleColumns } from '../exposition/exposition.ts';
import { exemplarsOfPage } from '../exposition/page-exemplars.ts';
import { type LabelSet, labelSetOf } from '../labels.ts';
import { batchesOf, type GatheredSample } from '../protocol/gather.ts';
import { labelsOf } from './labels.ts';
import type { Places } from './places.ts';
import type { Target } from './target.ts';

// What few pages say besides their samples.

type Page = { readonly columns: SampleColumns; readonly places: Places };

/** All labels a series of the page is stored under; undefined where it is not. */
const storedAs = (target: Target, { all }: Places): ((at: number) => LabelSet | undefined) => {
  const own: Source = sourceOf(labelsOf(target));
  return at => {
    const { labels, source } = all[at]!;
    return labels && labelSetOf([...labels, ...(source ?? own)]);
  };
};

export const exemplarsOf = (target: Target, { columns, places }: Page, slotMs: number): readonly Exemplar[] =>
  columns.extras === undefined ? [] : exemplarsOfPage(columns, slotMs, storedAs(target, places));

/**
 * A zero at the instant at which a counter began, where that was since the scrape before: what it grew to meanwhile then
 * counts for rate() and increase(). Text says such instants by `_created`, which are samples like others.
 */
export const beginningsOf = (target: Target, { columns, places }: Page, slotMs: number): Batch[] => {
  if (columns.extras === undefined) return [];
  const seriesOf = storedAs(target, places);
  const begun: GatheredSample[] = [];
  for (const [at, extra] of columns.extras.entries()) {
    const timestampMs = Math.round(extra?.createdMs ?? Number.NaN);
    if (!(timestampMs < slotMs && timestampMs > slotMs - target.intervalMs)) continue;
    const labels = seriesOf(at);
    if (labels !== undefined) begun.push({ labels, value: 0, timestampMs });
  }
  return batchesOf(begun, { id: `${target.id}@${slotMs}/created`, via: 'pull', acceptedAtMs: slotMs });
};
