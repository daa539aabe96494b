import { type Label, type LabelSet, labelOf, labelSetOf, metricNameLabel } from '../labels.ts';
import type { Target } from './target.ts';

/** The target's own labels: job, instance and those of its row. */
export const labelsOf = ({ job, instance, labels }: Target): LabelSet =>
  labelSetOf([...labels, ['job', job], ['instance', instance]]);

/**
 * A scraped sample's labels under the target's: on a clash the scraped one is kept as `exported_<name>`, the prefix
 * repeated until it is free, so that no page can pass for another target (Prometheus, honor_labels: false).
 */
export const targetLabelsOver = (scraped: LabelSet, target: LabelSet): LabelSet => {
  const own = new Set(target.map(([name]) => name));
  const clashing = scraped.filter(([name]) => own.has(name));
  if (clashing.length === 0) return labelSetOf([...scraped, ...target]);
  const taken = new Set([...own, ...scraped.map(([name]) => name)]);
  // Shortest first, as Prometheus does it: exported_a must not depend on the order of the page.
  const renamed = clashing
    .toSorted((a, b) => a[0].length - b[0].length)
    .map(([name, value]): Label => {
      let free = `exported_${name}`;
      while (taken.has(free)) free = `exported_${free}`;
      taken.add(free);
      return [free, value];
    });
  return labelSetOf([...scraped.filter(([name]) => !own.has(name)), ...renamed, ...target]);
};

/** Stands for a label that a page says is empty, which label sets cannot say. In no text: XML's and C's odd one out. */
const emptyMark = '\u0001';

/** The other way round (honor_labels: true): the target's labels only fill what the page leaves open; see `markedEmpty`. */
export const targetLabelsUnder = (scraped: LabelSet, target: LabelSet): LabelSet => {
  const missing = target.filter(([name]) => labelOf(scraped, name) === '');
  const said = scraped.some(([, value]) => value === emptyMark)
    ? scraped.filter(([, value]) => value !== emptyMark)
    : scraped;
  return missing.length === 0 && said === scraped ? scraped : labelSetOf([...said, ...missing]);
};

/**
 * The page of text with a mark in those of the target's labels that it gives as empty, as a Pushgateway does: `instance=""` says
 * that there is no instance, and the target's is not to be filled in. What stands in comments stays as it is.
 */
export const markedEmpty = (page: Uint8Array, target: LabelSet): Uint8Array => {
  const bytes = Buffer.from(page.buffer, page.byteOffset, page.byteLength);
  if (!bytes.includes('""')) return page;
  // Other names stand in quotes, or are none.
  const names = target.map(([name]) => name).filter(name => /^\w+$/.test(name) && bytes.includes(name));
  if (names.length === 0) return page;
  const pattern = new RegExp(`^[ \\t]*#[^\\n]*|([{, \\t](?:${names.join('|')})[ \\t]*=[ \\t]*")"`, 'gm');
  const marked = bytes
    .toString('latin1')
    .replace(pattern, (found, label?: string) => (label === undefined ? found : `${label}${emptyMark}"`));
  return Buffer.from(marked, 'latin1');
};

/** What a scrape says of itself, beside the page: how many tries it took only where there may be several. */
export const reportNamesOf = ({ retries }: Target): readonly string[] => [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
  ...(retries > 0 ? ['scrape_attempts'] : []),
];

/** Labels of a reported series, those of the source left out. */
export const reportLabels = ({ labels }: Target, name: string, more: readonly Label[] = []): LabelSet =>
  labelSetOf([...labels, ...more, [metricNameLabel, name]]);
