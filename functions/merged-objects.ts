import type { Source } from '../core/batch.ts';
import type { Columns } from '../core/columns.ts';
import { Fault } from '../core/fault.ts';
import type { LabelSet } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { type BlockIndex, type Cell, decodeBlockIndex, encodeBlock, type Frame } from '../core/segment/block.ts';
import { type PlacedCell, selected } from '../core/segment/block-cells.ts';
import { columnsOfFrame } from '../core/segment/block-columns.ts';
import { decodeLabelSets } from '../core/segment/chunk.ts';
import { chunksNeeded, decodeHour } from '../core/segment/hour.ts';
import { type Merged, mergedOf, rolledUpOf } from '../core/segment/merge.ts';
import { nameOf } from '../core/segment/segment-open.ts';
import type { BlockObject, Resolution, SchemaChunk } from '../core/segment/stored.ts';
import type { Ports } from '../io/ports.ts';

/** An object in memory, and where its cells are. */
type Loaded = { readonly key: string; readonly whole: Uint8Array; readonly index: BlockIndex };

const fiveMinutesMs = 5 * 60_000;
const hourMsLong = 60 * 60_000;

/** Frames and cells on their way into one object, and the schema chunks they follow. */
export class Pile {
  readonly frames: Frame[] = [];
  readonly cells: Cell[] = [];
  readonly chunks = new Map<string, SchemaChunk>();

  add({ frames, cells, chunks }: Merged): void {
    for (const frame of frames) this.frames.push(frame);
    for (const cell of cells) this.cells.push(cell);
    for (const chunk of chunks) this.chunks.set(chunk.id, chunk);
  }
}

/** Which shard of which day. */
type Place = { readonly day: number; readonly shard: number };

/** What segments and objects are made into: objects that count once a manifest lists them. */
export class MergedObjects {
  readonly #ports: Pick<Ports, 'log' | 'series' | 'blocks'>;
  readonly #chunks = new Map<string, readonly LabelSet[]>();

  constructor(ports: Pick<Ports, 'log' | 'series' | 'blocks'>) {
    this.#ports = ports;
  }

  /** These raw objects as one. */
  union(place: Place, objects: readonly BlockObject[]): Promise<BlockObject[]> {
    return this.#united(place, objects, undefined);
  }

  /** These raw objects of a day as one, and their rollups; `tail` are the last samples of the day before. */
  rolledUp(place: Place, objects: readonly BlockObject[], tail: readonly BlockObject[]): Promise<BlockObject[]> {
    return this.#united(place, objects, tail);
  }

  /** Source after source, so that no more than one is in memory unpacked. */
  async #united(
    place: Place,
    objects: readonly BlockObject[],
    tail: readonly BlockObject[] | undefined,
  ): Promise<BlockObject[]> {
    const loaded = await Promise.all(objects.map(object => this.#load(object)));
    // A tail that has expired leaves the first increase unknown, as before a source's first sample; one that is only out of reach just
    // now does not.
    const before = await Promise.all(
      (tail ?? []).map(object =>
        this.#load(object).catch((error: Fault) => {
          if (error.code === 'gone') return undefined;
          throw error;
        }),
      ),
    );
    const sources = new Map<string, Source>();
    for (const { index } of loaded) for (const { source, sourceId } of index.frames) sources.set(sourceId, source);
    const [raw, fiveMinutes, hours] = [new Pile(), new Pile(), new Pile()];
    for (const [sourceId, source] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const columns = (await Promise.all(loaded.map(each => this.#columnsOf(each, sourceId)))).flat();
      raw.add(mergedOf(source, columns));
      if (tail === undefined) continue;
      const tails = before.filter(each => each !== undefined).map(each => this.#columnsOf(each, sourceId));
      const earlier = (await Promise.all(tails)).flat();
      fiveMinutes.add(rolledUpOf(source, columns, earlier, fiveMinutesMs));
      hours.add(rolledUpOf(source, columns, earlier, hourMsLong));
    }
    return [
      ...(await this.put('raw', place, raw)),
      ...(await this.put('5m', place, fiveMinutes)),
      ...(await this.put('1h', place, hours)),
    ];
  }

  /**
   * Stores an object. Raw ones refer to schema chunks in the table; a union of segments may be cut into chunks that none of
   * them had, and those are written before the object counts. Rollups outlive the table's chunks and carry their own.
   */
  async put(resolution: Resolution, { day, shard }: Place, { frames, cells, chunks }: Pile): Promise<BlockObject[]> {
    if (frames.length === 0) return [];
    const missing = [...chunks.values()].filter(({ id }) => resolution === 'raw' && !this.#chunks.has(id));
    if (missing.length > 0) await this.#ports.series.add({ chunks: missing, catalog: [], segments: [] });
    const { bytes, indexBytes } = encodeBlock(frames, cells, id => chunks.get(id)!, resolution !== 'raw');
    const key = `${resolution}/${day}/${shard}/${nameOf(bytes)}`;
    await this.#ports.blocks.put(key, bytes);
    return [{ key, resolution, indexBytes, bytes: bytes.length }];
  }

  async #load({ key, bytes, indexBytes }: BlockObject): Promise<Loaded> {
    const whole = await this.#ports.blocks.get(key, 0, bytes);
    if (whole === undefined) throw new Fault('gone', `object ${key} is gone`, { retryable: true });
    const index = decodeBlockIndex(whole.subarray(0, indexBytes));
    if (!index.ok) throw new Fault('unreadable', `object ${key}: ${index.reject.reason}`, { retryable: false });
    return { key, whole, index };
  }

  async #columnsOf({ key, whole, index }: Loaded, sourceId: string): Promise<readonly Columns[]> {
    const { frames, cells } = selected(index, {
      isFrame: frame => frame.sourceId === sourceId,
      isStripe: () => true,
    });
    const chunks = await this.#chunksOf([...new Set(cells.map(({ chunk }) => chunk.id))]);
    return frames.flatMap(frame => {
      const own = cells.filter(cell => cell.frame === frame).map(cell => opened(cell, whole, chunks));
      const { columns, rejects } = columnsOfFrame(frame, own, () => true);
      if (rejects[0] === undefined) return columns;
      const reason = `object ${key} has a cell that cannot be read: ${rejects[0].reason}`;
      throw new Fault('unreadable', reason, { retryable: false });
    });
  }

  /** What segments hold, and whether all of them could be read. */
  async decoded(
    segments: readonly Uint8Array[],
    place: string,
  ): Promise<{ columns: readonly Columns[]; isWhole: boolean }> {
    const chunks = await this.#chunksOf(chunksNeeded(segments));
    const { columns, rejects } = decodeHour(segments, id => chunks.get(id));
    for (const { name, reject } of rejects)
      this.#ports.log.write('error', 'segment not merged', { place, name, reason: reject.reason });
    return { columns, isWhole: rejects.length === 0 };
  }

  /** These chunks, of which unknown ones are missing; what is forgotten to make room is not taken from them. */
  async #chunksOf(ids: readonly string[]): Promise<ReadonlyMap<string, readonly LabelSet[]>> {
    const found = new Map<string, readonly LabelSet[]>();
    for (const id of ids) {
      const known = this.#chunks.get(id);
      if (known !== undefined) found.set(id, known);
    }
    const missing = ids.filter(id => !found.has(id));
    if (missing.length === 0) return found;
    const read = await this.#ports.series.chunks(missing);
    if (this.#chunks.size + read.size > limits.chunksRemembered) this.#chunks.clear();
    for (const [id, bytes] of read) {
      const decoded = decodeLabelSets(bytes);
      if (!decoded.ok) continue;
      found.set(id, decoded.sets);
      this.#chunks.set(id, decoded.sets);
    }
    return found;
  }
}

const opened = (
  { chunk, stripe, from, sizes }: PlacedCell,
  whole: Uint8Array,
  chunks: ReadonlyMap<string, readonly LabelSet[]>,
) => ({
  chunkId: chunk.id,
  stripe,
  sets: chunks.get(chunk.id),
  parts: [whole.subarray(from, from + (sizes[0] ?? 0))],
});
