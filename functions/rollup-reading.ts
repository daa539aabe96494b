import type { Source } from '../core/batch.ts';
import type { Columns } from '../core/columns.ts';
import { keyOf, type LabelSet, labelOf, merged } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import type { PlacedCell } from '../core/segment/block.ts';
import { fingerprintOf } from '../core/segment/catalog.ts';
import { decodeLabelSets } from '../core/segment/chunk.ts';
import { type Aggregate, aggregates } from '../core/segment/rollup.ts';
import { decodeSegment } from '../core/segment/segment.ts';
import type { Ports, Units } from '../io/ports.ts';
import { BlockReader, type CellBytes } from './block-reading.ts';
import { daysOf, type Wanted } from './reading.ts';
import { unitsSince, usedBy } from './units.ts';

/** What is kept of one series beyond its samples: for each bucket, where it begins and its aggregates. */
export type RolledSeries = {
  readonly labels: LabelSet;
  readonly buckets: readonly (Readonly<Record<Aggregate, number>> & { readonly timestampMs: number })[];
};

export type RollupsRead = {
  readonly series: readonly RolledSeries[];
  readonly warnings: readonly string[];
  readonly units: Units;
};

/** Reads what is kept of samples when they themselves are gone. */
export class RollupReader {
  readonly #blocks: Ports['blocks'];
  readonly #clock: Ports['clock'];
  readonly #cells: BlockReader;

  constructor(ports: Pick<Ports, 'blocks' | 'clock'>) {
    this.#blocks = ports.blocks;
    this.#clock = ports.clock;
    this.#cells = new BlockReader(ports);
  }

  /** What is kept for longer: buckets of five minutes or an hour that begin in [fromMs, toMs], of days that are over. */
  async read(wanted: Wanted, resolution: '5m' | '1h', fromMs: number, toMs: number): Promise<RollupsRead> {
    const before = usedBy(this.#blocks);
    const keptMs = resolution === '5m' ? limits.fiveMinuteRetentionMs : limits.hourRetentionMs;
    const oldestMs = Math.max(fromMs, this.#clock.nowMs() - keptMs);
    const name = wanted.name === undefined ? undefined : fingerprintOf(wanted.name);
    const warnings: string[] = [];
    const found = new Map<string, { readonly labels: LabelSet; readonly buckets: RolledSeries['buckets'][number][] }>();
    for (const day of daysOf(oldestMs, toMs)) {
      for (const { objects } of await this.#blocks.manifestsOn(day)) {
        // The last object that has a source speaks for it; there is one, as every merge rolls up the whole day.
        const own = objects.filter(object => object.resolution === resolution);
        const isWanted = ({ chunk, source }: PlacedCell): boolean =>
          (name === undefined || chunk.names.includes(name)) &&
          (wanted.job === undefined || labelOf(source, 'job') === wanted.job);
        const sources = new Map<string, Source>();
        const { cells, warnings: more } = await this.#cells.cells(own, cell => {
          if (isWanted(cell)) sources.set(cell.sourceId, cell.source);
          return isWanted(cell);
        });
        warnings.push(...more);
        for (const cell of cells)
          warnings.push(...addRolled(found, cell, sources.get(cell.sourceId)!, wanted, oldestMs, toMs));
      }
    }
    const series: RolledSeries[] = [...found.values()];
    for (const { buckets } of found.values()) buckets.sort((a, b) => a.timestampMs - b.timestampMs);
    return { series, warnings, units: unitsSince(before, usedBy(this.#blocks)) };
  }
}

/** Adds a cell of rollups to the series it belongs to. Answers warnings. */
const addRolled = (
  found: Map<string, { readonly labels: LabelSet; readonly buckets: RolledSeries['buckets'][number][] }>,
  { sets, parts }: CellBytes,
  source: Source,
  wanted: Wanted,
  fromMs: number,
  toMs: number,
): string[] => {
  const schema = decodeLabelSets(sets ?? new Uint8Array(0));
  if (!schema.ok) return [`a rollup was left out: ${schema.reject.reason}`];
  const blocks = parts.map(part => decodeSegment(part, { chunkOf: () => schema.sets }));
  for (const block of blocks) if (!block.ok) return [`a rollup was left out: ${block.reject.reason}`];
  const columnsOf = (at: number): Columns => {
    const block = blocks[at];
    if (block?.ok !== true) throw new Error(`a rollup of ${parts.length} aggregates`);
    return block.columns;
  };
  for (const [row, { labels: own }] of columnsOf(0).series.entries()) {
    const labels = merged(own, source);
    if (!wanted.matches(labels)) continue;
    const key = keyOf(labels);
    const each = found.get(key) ?? { labels, buckets: [] };
    found.set(key, each);
    for (const [slot, timestampMs] of columnsOf(0).timestampsMs.entries()) {
      if (timestampMs < fromMs || timestampMs > toMs || !columnsOf(0).series[row]!.column.has(slot)) continue;
      const values = aggregates.map((aggregate, at) => [aggregate, columnsOf(at).series[row]!.column.values[slot]!]);
      each.buckets.push({ timestampMs, ...(Object.fromEntries(values) as Record<Aggregate, number>) });
    }
  }
  return [];
};
