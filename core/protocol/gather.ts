import { type Batch, type Family, type Source, sourceIdOf, sourceOf, withoutSource } from '../batch.ts';
import type { Columns } from '../columns.ts';
import { boundedExemplars, type Exemplar, exemplarsOfSources } from '../exemplars.ts';
import { boundedFamilies } from '../families.ts';
import { keyOf, type LabelSet, labelOf, merged, noLabels } from '../labels.ts';
import { limits } from '../limits.ts';
import { Column } from '../sample.ts';
import { incrementColumnsOf, incrementSlots } from './gather-increments.ts';

/** A sample on its way into a batch; without a time it has the accept time. */
export type GatheredSample = {
  readonly labels: LabelSet;
  readonly value: number;
  readonly stale?: boolean;
  readonly timestampMs?: number;
  /**
   * The value is what is to be added to a counter. `span` names the stretch of time it is of, as the producer names it:
   * the same span of a series again is the same increment. Without one the delivery is what names it.
   */
  readonly increment?: { readonly span?: string };
};

export type Delivery = {
  /** Names the delivery for good: made again, it carries the same id. */
  readonly id: string;
  readonly via: Batch['via'];
  readonly acceptedAtMs: number;
  /** Labels forced on every sample, whatever it says of itself. */
  readonly sourceLabels?: LabelSet;
  /** Whether this is a whole page of each of its sources, read at the accept time. */
  readonly pages?: boolean;
  /** What it says about metric families, as far as it shall be kept: the first batch carries it. */
  readonly families?: readonly Family[];
  /** With all labels on their series but the forced ones: each source's first batch carries its own. */
  readonly exemplars?: readonly Exemplar[];
};

type Series = { readonly labels: LabelSet; readonly at: Map<number, GatheredSample> };
type Gathered = {
  readonly source: Source;
  readonly series: Map<string, Series>;
  /** With the labels that they are stored under. */
  readonly increments: GatheredSample[];
};

/**
 * One batch for each source of a delivery, and one more for its increments where it has any, sources and series in the order in which they come. Where a delivery gives a
 * series twice at one time, the last one is kept. With several batches each id ends in `/` and what sets it apart, the
 * same when the delivery is made again.
 *
 * A source whose series share hardly any times gets several batches: a batch has limits.cellsPerSample cells a sample at
 * most, so that no push costs more memory than its size allows, and limits.blockCells, which is all its readers take.
 */
export const batchesOf = (samples: Iterable<GatheredSample>, delivery: Delivery): Batch[] => {
  const { id, via, acceptedAtMs, pages = false, families = [] } = delivery;
  const sources = [...gather(samples, delivery)];
  const batches = sources.flatMap(({ source, series, increments }): Batch[] => {
    const sourceId = sources.length > 1 ? `${id}/${sourceIdOf(source)}` : id;
    const { slots, series: added } = incrementSlots(increments, delivery);
    const kinds = [
      {
        kindId: sourceId,
        blocks: blocksOf([...series.values()]),
        columns: columnsOf(pages ? acceptedAtMs : undefined),
      },
      { kindId: `${sourceId}+`, blocks: blocksOf(added), columns: incrementColumnsOf(slots) },
    ];
    return kinds.flatMap(({ kindId, blocks, columns }) =>
      blocks.map((block, index) => ({
        id: blocks.length > 1 ? `${kindId}/${index}` : kindId,
        via,
        source,
        acceptedAtMs,
        columns: columns(block),
      })),
    );
  });
  const all = withExemplars(batches, delivery);
  const [first, ...others] = all;
  return first === undefined || families.length === 0
    ? all
    : [{ ...first, families: boundedFamilies(families) }, ...others];
};

/** The same batches, the first of each source with its exemplars; a source of which nothing else is said gets an empty one. */
const withExemplars = (
  batches: readonly Batch[],
  { id, via, acceptedAtMs, exemplars = [], sourceLabels = noLabels }: Delivery,
): Batch[] => {
  const told = new Map(
    exemplarsOfSources(exemplars, sourceLabels).map(({ source, exemplars: own }) => [
      sourceIdOf(source),
      { source, exemplars: boundedExemplars(own) },
    ]),
  );
  const all = batches.map(batch => {
    const own = told.get(sourceIdOf(batch.source));
    told.delete(sourceIdOf(batch.source));
    return own === undefined ? batch : { ...batch, exemplars: own.exemplars };
  });
  const empty = { timestampsMs: [], pages: new Set<number>(), series: [] };
  for (const [sourceId, own] of told) all.push({ id: `${id}/${sourceId}~`, via, acceptedAtMs, columns: empty, ...own });
  return all;
};

const gather = (
  samples: Iterable<GatheredSample>,
  { acceptedAtMs, sourceLabels = noLabels }: Delivery,
): Iterable<Gathered> => {
  const jobs = new Map<string, Map<string, Gathered>>();
  const inOrder: Gathered[] = [];
  for (const sample of samples) {
    const labels = merged(sample.labels, sourceLabels);
    const job = labelOf(labels, 'job');
    const instance = labelOf(labels, 'instance');
    const instances = jobs.get(job) ?? new Map<string, Gathered>();
    jobs.set(job, instances);
    let gathered = instances.get(instance);
    if (gathered === undefined) {
      gathered = { source: sourceOf(labels), series: new Map(), increments: [] };
      instances.set(instance, gathered);
      inOrder.push(gathered);
    }
    const shared = withoutSource(labels);
    if (sample.increment !== undefined) {
      gathered.increments.push({ ...sample, labels: shared });
      continue;
    }
    const key = keyOf(shared);
    let series = gathered.series.get(key);
    if (series === undefined) {
      series = { labels: shared, at: new Map() };
      gathered.series.set(key, series);
    }
    series.at.set(sample.timestampMs ?? acceptedAtMs, sample);
  }
  return inOrder;
};

/** Cuts series into runs, in their order, so that series times timestamps stays near the number of samples. */
const blocksOf = (all: readonly Series[]): (readonly Series[])[] => {
  const blocks: Series[][] = [];
  let block: Series[] = [];
  let times = new Set<number>();
  let samples = 0;
  for (const series of all) {
    for (const timestampMs of series.at.keys()) times.add(timestampMs);
    samples += series.at.size;
    const most = Math.min(limits.cellsPerSample * samples, limits.blockCells);
    if (block.length > 0 && (block.length + 1) * times.size > most) {
      blocks.push(block);
      block = [];
      times = new Set(series.at.keys());
      samples = series.at.size;
    }
    block.push(series);
  }
  if (block.length > 0) blocks.push(block);
  return blocks;
};

const columnsOf =
  (pageMs: number | undefined) =>
  (block: readonly Series[]): Columns => {
    const times = new Set(pageMs === undefined ? [] : [pageMs]);
    for (const { at } of block) for (const timestampMs of at.keys()) times.add(timestampMs);
    const timestampsMs = [...times].sort((a, b) => a - b);
    const slotOf = new Map(timestampsMs.map((timestampMs, slot) => [timestampMs, slot]));
    const series = block.map(({ labels, at }) => {
      const column = new Column(timestampsMs.length);
      for (const [timestampMs, { value, stale = false }] of at) {
        const slot = slotOf.get(timestampMs)!;
        if (stale) column.setStale(slot);
        else column.set(slot, value);
      }
      return { labels, column };
    });
    return { timestampsMs, pages: new Set(pageMs === undefined ? [] : [slotOf.get(pageMs)!]), series };
  };
