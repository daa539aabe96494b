import { type Source, sourceIdOf } from '../batch.ts';
import { labelOf } from '../labels.ts';
import { limits } from '../limits.ts';
import { fingerprintOf } from '../segment/catalog.ts';
import type { CatalogEntry } from '../segment/stored.ts';
import { anyInstance, type HeartbeatKey } from './heartbeat.ts';

/** Metrics that every scraped source has, and that say nothing of who it is. */
const common = new Set(
  [
    'up',
    'scrape_duration_seconds',
    'scrape_samples_scraped',
    'scrape_samples_post_metric_relabeling',
    'scrape_series_added',
  ].map(fingerprintOf),
);

/** A source that has the fallen one's metrics, and how much of all that either has they share. */
export type LookAlike = { readonly source: Source; readonly sourceId: string; readonly share: number };

const isOf = (source: Source, { job, instance }: HeartbeatKey): boolean =>
  labelOf(source, 'job') === job && (instance === anyInstance || labelOf(source, 'instance') === instance);

/**
 * Sources in the catalogs of the days around the fall that may be the fallen one by another name: they have its metrics, as
 * far as limits.renamedShare, and are of no day before it fell (`before`). The most alike first.
 */
export const lookAlikes = (
  fallen: HeartbeatKey,
  around: readonly CatalogEntry[],
  before: readonly CatalogEntry[],
): readonly LookAlike[] => {
  const namesOf = new Map<string, { readonly source: Source; readonly names: Set<number> }>();
  const own = new Set<number>();
  for (const { source, chunks } of [...around, ...before]) {
    const isOwn = isOf(source, fallen);
    const sourceId = sourceIdOf(source);
    const names = isOwn ? own : (namesOf.get(sourceId)?.names ?? new Set<number>());
    for (const chunk of chunks) for (const name of chunk.names) if (!common.has(name)) names.add(name);
    if (!isOwn) namesOf.set(sourceId, { source, names });
  }
  for (const { source } of before) namesOf.delete(sourceIdOf(source));
  if (own.size === 0) return [];
  return [...namesOf]
    .map(([sourceId, { source, names }]) => {
      const shared = [...names].filter(name => own.has(name)).length;
      return { source, sourceId, share: shared / (own.size + names.size - shared) };
    })
    .filter(({ share }) => share >= limits.renamedShare)
    .sort((a, b) => b.share - a.share);
};

/** A source as a sentence names it. */
export const nameOfSource = (source: Source): string =>
  [labelOf(source, 'job'), labelOf(source, 'instance')].filter(each => each !== '').join(' ');
