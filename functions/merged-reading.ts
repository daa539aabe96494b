import { type Source, sourceIdOf } from '../core/batch.ts';
import type { Columns } from '../core/columns.ts';
import { limits } from '../core/limits.ts';
import { columnsOfFrame } from '../core/segment/block-columns.ts';
import { fingerprintOf } from '../core/segment/catalog.ts';
import { hourOf, isLateAt } from '../core/segment/gather.ts';
import { chunksNeeded, decodeHour } from '../core/segment/hour.ts';
import { shardOf } from '../core/segment/merge.ts';
import type { BlockObject, LateSegment, Manifest } from '../core/segment/stored.ts';
import type { Ports } from '../io/ports.ts';
import { BlockReader } from './block-reading.ts';
import type { ChunkMemory } from './chunk-memory.ts';
import { inParallel } from './parallel.ts';
import { daysOf, type Wanted, wantedOf } from './wanted.ts';

/** Columns out of blocks and late segments, and which hours of a source are in them. */
export type Merged = {
  readonly columns: ReadonlyMap<string, Columns[]>;
  readonly isMerged: (sourceId: string, hourMs: number) => boolean;
};

/** Reads what was merged, and what came too late for it. */
export class MergedReader {
  readonly #blocks: Ports['blocks'];
  readonly #clock: Ports['clock'];
  readonly #cells: BlockReader;
  readonly #chunks: ChunkMemory;

  constructor(ports: Pick<Ports, 'blocks' | 'clock'>, chunks: ChunkMemory) {
    this.#blocks = ports.blocks;
    this.#clock = ports.clock;
    this.#cells = new BlockReader(ports);
    this.#chunks = chunks;
  }

  /** Columns out of blocks and late segments, and which hours of a source are in them. */
  async read(
    sources: readonly Source[],
    wanted: Wanted,
    fromMs: number,
    toMs: number,
    warnings: string[],
  ): Promise<Merged> {
    const ids = new Set(sources.map(sourceIdOf));
    const shards = [...new Set([...ids].map(shardOf))];
    const columns = new Map<string, Columns[]>();
    const manifests = new Map<string, Manifest>();
    const nowMs = this.#clock.nowMs();
    const days = daysOf(fromMs, toMs).filter(day => isLateAt(day * limits.catalogSpanMs, nowMs));
    await inParallel(days, limits.queryParallel, async day => {
      // Late segments first: what is gone from there is in the manifests that are read afterwards.
      const late = await this.#lateOn(day, shards, ids);
      const own = await this.#manifestsOn(day, shards);
      for (const manifest of own) manifests.set(`${day} ${manifest.shard} ${manifest.hourMs ?? '-'}`, manifest);
      await this.#decode(late, columns, warnings);
      const objects = own.flatMap(manifest => (touches(manifest, fromMs, toMs) ? rawOf(manifest) : []));
      const gone = await this.#decodeCells(objects, ids, wanted, fromMs, toMs, columns, warnings);
      if (gone.length === 0) return;
      // Merged anew in between: what is listed now is there.
      const again = await this.#manifestsOn(day, shards);
      const fresh = again.flatMap(rawOf).filter(({ key }) => objects.every(object => object.key !== key));
      for (const key of await this.#decodeCells(fresh, ids, wanted, fromMs, toMs, columns, warnings))
        warnings.push(`object ${key} is gone`);
      if (fresh.length === 0) for (const key of gone) warnings.push(`object ${key} is gone`);
    });
    const isMerged = (sourceId: string, hourMs: number): boolean => {
      const [day, shard] = [Math.floor(hourMs / limits.catalogSpanMs), shardOf(sourceId)];
      const manifest = manifests.get(`${day} ${shard} -`) ?? manifests.get(`${day} ${shard} ${hourMs}`);
      return manifest !== undefined && !manifest.unmerged.includes(sourceId);
    };
    return { columns, isMerged };
  }

  /** A few sources are asked for one by one, many by their shards. */
  async #lateOn(day: number, shards: readonly number[], ids: ReadonlySet<string>): Promise<LateSegment[]> {
    const asks =
      ids.size <= shards.length
        ? [...ids].map(id => this.#blocks.lateOn(day, shardOf(id), id))
        : shards.map(shard => this.#blocks.lateOn(day, shard));
    return (await Promise.all(asks)).flat().filter(({ sourceId }) => ids.has(sourceId));
  }

  async #manifestsOn(day: number, shards: readonly number[]): Promise<readonly Manifest[]> {
    if (shards.length > limits.blockShards / 4) return this.#blocks.manifestsOn(day);
    return (await Promise.all(shards.map(shard => this.#blocks.manifestsOn(day, shard)))).flat();
  }

  /** Decodes wanted cells into `columns`. Answers the objects that are gone. */
  async #decodeCells(
    objects: readonly BlockObject[],
    ids: ReadonlySet<string>,
    wanted: Wanted,
    fromMs: number,
    toMs: number,
    columns: Map<string, Columns[]>,
    warnings: string[],
  ): Promise<readonly string[]> {
    const name = wanted.name === undefined ? undefined : fingerprintOf(wanted.name);
    const read = await this.#cells.frames(objects, {
      // Whole hours: what increments add up to is asked of all that came in one.
      isFrame: ({ sourceId, fromMs: ownMs }) =>
        ids.has(sourceId) && ownMs <= toMs && hourOf(ownMs) + limits.segmentSpanMs > fromMs,
      isStripe: names => name === undefined || names.includes(name),
    });
    warnings.push(...read.warnings);
    const chunks = await this.#chunks.load(read.frames.flatMap(({ cells }) => cells.map(({ chunkId }) => chunkId)));
    for (const { frame, cells } of read.frames) {
      const { source, sourceId } = frame;
      const own = cells.map(cell => ({ ...cell, sets: chunks.get(cell.chunkId) }));
      const found = columnsOfFrame(frame, own, wantedOf(wanted, source));
      keep(columns, sourceId, found.columns);
      for (const { reason } of found.rejects) warnings.push(`a part of a block was left out: ${reason}`);
    }
    return read.gone;
  }

  async #decode(
    segments: readonly { readonly sourceId: string; readonly bytes: Uint8Array }[],
    columns: Map<string, Columns[]>,
    warnings: string[],
  ): Promise<void> {
    const chunks = await this.#chunks.load(chunksNeeded(segments.map(({ bytes }) => bytes)));
    for (const { sourceId, bytes } of segments) {
      const read = decodeHour([bytes], id => chunks.get(id));
      keep(columns, sourceId, read.columns);
      for (const { name, reject } of read.rejects) warnings.push(`segment ${name} was left out: ${reject.reason}`);
    }
  }
}

const keep = (columns: Map<string, Columns[]>, sourceId: string, more: readonly Columns[]): void => {
  const own = columns.get(sourceId) ?? [];
  columns.set(sourceId, own);
  own.push(...more);
};

const touches = ({ day, hourMs }: Manifest, fromMs: number, toMs: number): boolean => {
  const startMs = hourMs ?? day * limits.catalogSpanMs;
  return startMs <= toMs && startMs + (hourMs === undefined ? limits.catalogSpanMs : limits.segmentSpanMs) > fromMs;
};

const rawOf = ({ objects }: Manifest): BlockObject[] => objects.filter(({ resolution }) => resolution === 'raw');
