import { type Source, sourceIdOf } from '../core/batch.ts';
import type { Columns } from '../core/columns.ts';
import { Fault } from '../core/fault.ts';
import type { LabelSet } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { type Cell, decodeBlockIndex, encodeBlock, type PlacedCell } from '../core/segment/block.ts';
import { decodeLabelSets } from '../core/segment/chunk.ts';
import { chunksNeeded, decodeHour } from '../core/segment/hour.ts';
import { type Merged, mergedOf, rolledUpOf } from '../core/segment/merge.ts';
import { nameOf } from '../core/segment/segment.ts';
import type { BlockObject, LateSegment, Manifest, Resolution, SchemaChunk } from '../core/segment/stored.ts';
import type { Ports } from '../io/ports.ts';

/** An object in memory, and where its cells are. */
type Loaded = { readonly key: string; readonly whole: Uint8Array; readonly cells: readonly PlacedCell[] };

type MergePorts = Pick<Ports, 'log' | 'series' | 'blocks'>;

const fiveMinutesMs = 5 * 60_000;
const hourMsLong = 60 * 60_000;

/** Cells on their way into one object, and the schema chunks they follow. */
class Pile {
  readonly cells: Cell[] = [];
  readonly chunks = new Map<string, SchemaChunk>();

  add({ cells, chunks }: Merged): void {
    this.cells.push(...cells);
    for (const chunk of chunks) this.chunks.set(chunk.id, chunk);
  }
}

/** The steps of merging; each may be broken off anywhere and made again. */
export class Merger {
  readonly #ports: MergePorts;
  readonly #chunks = new Map<string, readonly LabelSet[]>();

  constructor(ports: MergePorts) {
    this.#ports = ports;
  }

  /** One shard's hour: all segments of its sources into one object. */
  async mergeHour(day: number, shard: number, hourMs: number, found: readonly Source[]): Promise<void> {
    const pile = new Pile();
    const unmerged: string[] = [];
    for (const source of found) {
      const sourceId = sourceIdOf(source);
      const segments = (await this.#ports.series.ofHour(sourceId, hourMs)).map(({ bytes }) => bytes);
      if (segments.length === 0) continue;
      const { columns, isWhole } = await this.#decoded(segments, `${sourceId} ${hourMs}`);
      if (!isWhole) unmerged.push(sourceId);
      if (columns.length > 0) pile.add(mergedOf(source, columns));
    }
    const objects = await this.#put('raw', day, shard, pile);
    // Where there was nothing the manifest says so, and no reader looks for segments there. Where somebody was faster, it is done.
    await this.#ports.blocks.swap(undefined, { day, shard, hourMs, version: 1, objects, unmerged, applied: [] });
  }

  /**
   * One shard's day: its hours into one object, and what is kept for longer. Then the hours' manifests go, if they are as
   * they were merged: to one of them late samples may have come meanwhile, and it is merged again.
   */
  async mergeDay(day: number, shard: number): Promise<void> {
    const { blocks } = this.#ports;
    for (let round = 0; round < limits.serviceTries; round += 1) {
      const all = await blocks.manifestsOn(day, shard);
      const whole = all.find(({ hourMs }) => hourMs === undefined);
      const hours = all.filter(({ hourMs }) => hourMs !== undefined);
      if (hours.length === 0) return;
      const lastHourMs = (day + 1) * limits.catalogSpanMs - limits.segmentSpanMs;
      const tail = hours.find(({ hourMs }) => hourMs === lastHourMs)?.objects[0] ?? whole?.tail;
      const raw = [whole, ...hours]
        .flatMap(each => each?.objects ?? [])
        .filter(({ resolution }) => resolution === 'raw');
      const unmerged = [whole, ...hours].flatMap(each => each?.unmerged ?? []);
      const isSwapped = await blocks.swap(whole, {
        day,
        shard,
        version: (whole?.version ?? 0) + 1,
        objects: await this.#mergeObjects(day, shard, raw, await this.#tailBefore(day, shard)),
        unmerged: [...new Set(unmerged)],
        applied: whole?.applied ?? [],
        ...(tail !== undefined && { tail }),
      });
      if (isSwapped && (await blocks.drop(hours))) return;
    }
    throw new Fault('overtaken', `hours of shard ${shard} of day ${day} do not stay as they are`, { retryable: true });
  }

  /**
   * Late segments of one shard's day: beside what was merged, then gone. Answers whether that was all of them: those of
   * hours that are not merged yet wait, as do those that cannot be read, and those beyond limits.lateMerged.
   * `isOver`: every hour of the day was merged, so who has no manifest gets one.
   */
  async mergeLate(day: number, shard: number, isOver: boolean): Promise<boolean> {
    const { blocks } = this.#ports;
    const late = await blocks.lateOn(day, shard);
    const manifests = await blocks.manifestsOn(day, shard);
    const whole = manifests.find(({ hourMs }) => hourMs === undefined);
    const none: Manifest = { day, shard, version: 0, objects: [], unmerged: [], applied: [] };
    let left = late.length;
    for (const seen of whole !== undefined ? [whole] : isOver ? [none] : manifests) {
      const own = late.filter(({ hourMs }) => seen.hourMs === undefined || hourMs === seen.hourMs);
      const fresh = own.filter(({ key }) => !seen.applied.includes(key)).slice(0, limits.lateMerged);
      const { pile, keys } = await this.#pileOf(day, fresh);
      // Who is applied and still there was not deleted in time. Of who is gone the manifest need not know any more.
      const applied = [...seen.applied.filter(key => own.some(each => each.key === key)), ...keys];
      if (keys.length > 0)
        await this.#swap(seen === none ? undefined : seen, await this.#withPile(seen, pile, applied));
      const done = own.filter(({ key }) => applied.includes(key));
      await blocks.dropLate(done);
      left -= done.length;
    }
    return left === 0;
  }

  /** What can be read of late segments, and their keys. The others stay where they are: readers tell them. */
  async #pileOf(day: number, late: readonly LateSegment[]): Promise<{ pile: Pile; keys: readonly string[] }> {
    const pile = new Pile();
    const keys: string[] = [];
    const sources = late.length === 0 ? new Map<string, Source>() : await this.#sourcesOn(day);
    for (const sourceId of new Set(late.map(each => each.sourceId))) {
      const source = sources.get(sourceId);
      const columns: Columns[] = [];
      for (const { key, bytes, sourceId: id } of source === undefined ? [] : late) {
        if (id !== sourceId) continue;
        const read = await this.#decoded([bytes], `${sourceId} late on ${day}`);
        if (!read.isWhole) continue;
        columns.push(...read.columns);
        keys.push(key);
      }
      if (source !== undefined && columns.length > 0) pile.add(mergedOf(source, columns));
    }
    return { pile, keys };
  }

  /** The manifest that also lists an object of this pile; when it lists many, or a day's, one object of all. */
  async #withPile(seen: Manifest, pile: Pile, applied: readonly string[]): Promise<Manifest> {
    const { day, shard } = seen;
    const isDay = seen.hourMs === undefined;
    let objects = [...seen.objects, ...(await this.#put('raw', day, shard, pile))];
    const raw = objects.filter(({ resolution }) => resolution === 'raw');
    if (isDay || raw.length > limits.blockParts)
      objects = await this.#mergeObjects(
        day,
        shard,
        raw,
        isDay ? await this.#tailBefore(day, shard) : undefined,
        isDay,
      );
    return { ...seen, version: seen.version + 1, objects, applied };
  }

  async #sourcesOn(day: number): Promise<ReadonlyMap<string, Source>> {
    return new Map((await this.#ports.series.catalogOn(day)).map(({ source }) => [sourceIdOf(source), source]));
  }

  /** The last hour of the day before: its samples are what the day's first ones have grown from. */
  async #tailBefore(day: number, shard: number): Promise<BlockObject | undefined> {
    return (await this.#ports.blocks.manifestsOn(day - 1, shard)).find(({ hourMs }) => hourMs === undefined)?.tail;
  }

  /** Source after source, so that no more than one is in memory unpacked. */
  async #mergeObjects(
    day: number,
    shard: number,
    objects: readonly BlockObject[],
    tail: BlockObject | undefined,
    withRollups = true,
  ): Promise<BlockObject[]> {
    const loaded = await Promise.all(objects.map(object => this.#load(object)));
    // A tail that has expired leaves the first increase unknown, as before a source's first sample.
    const before = tail === undefined ? undefined : await this.#load(tail).catch(() => undefined);
    const sources = new Map<string, Source>();
    for (const { cells } of loaded) for (const { source, sourceId } of cells) sources.set(sourceId, source);
    const [raw, fiveMinutes, hours] = [new Pile(), new Pile(), new Pile()];
    for (const [sourceId, source] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const columns = (await Promise.all(loaded.map(each => this.#columnsOf(each, sourceId)))).flat();
      const earlier = before === undefined ? [] : await this.#columnsOf(before, sourceId);
      raw.add(mergedOf(source, columns));
      if (!withRollups) continue;
      fiveMinutes.add(rolledUpOf(source, columns, earlier, fiveMinutesMs));
      hours.add(rolledUpOf(source, columns, earlier, hourMsLong));
    }
    return [
      ...(await this.#put('raw', day, shard, raw)),
      ...(await this.#put('5m', day, shard, fiveMinutes)),
      ...(await this.#put('1h', day, shard, hours)),
    ];
  }

  /**
   * Stores an object. Raw ones refer to schema chunks in the table; a union of segments may be cut into chunks that none of
   * them had, and those are written before the object counts. Rollups outlive the table's chunks and carry their own.
   */
  async #put(resolution: Resolution, day: number, shard: number, { cells, chunks }: Pile): Promise<BlockObject[]> {
    if (cells.length === 0) return [];
    const missing = [...chunks.values()].filter(({ id }) => resolution === 'raw' && !this.#chunks.has(id));
    if (missing.length > 0) await this.#ports.series.add({ chunks: missing, catalog: [], segments: [] });
    const { bytes, indexBytes } = encodeBlock(cells, id => chunks.get(id)!, resolution !== 'raw');
    const key = `${resolution}/${day}/${shard}/${nameOf(bytes)}`;
    await this.#ports.blocks.put(key, bytes);
    return [{ key, resolution, indexBytes, bytes: bytes.length }];
  }

  async #swap(seen: Manifest | undefined, next: Manifest): Promise<void> {
    if (await this.#ports.blocks.swap(seen, next)) return;
    throw new Fault('overtaken', `somebody else merged shard ${next.shard} of day ${next.day}`, { retryable: true });
  }

  async #load({ key, bytes, indexBytes }: BlockObject): Promise<Loaded> {
    const whole = await this.#ports.blocks.get(key, 0, bytes);
    if (whole === undefined) throw new Fault('gone', `object ${key} is gone`, { retryable: true });
    const index = decodeBlockIndex(whole.subarray(0, indexBytes));
    if (!index.ok) throw new Fault('unreadable', `object ${key}: ${index.reject.reason}`, { retryable: false });
    return { key, whole, cells: index.cells };
  }

  async #columnsOf({ key, whole, cells }: Loaded, sourceId: string): Promise<readonly Columns[]> {
    const own = cells.filter(cell => cell.sourceId === sourceId);
    const parts = own.map(({ from, sizes }) => whole.subarray(from, from + (sizes[0] ?? 0)));
    const { columns, isWhole } = await this.#decoded(parts, key);
    if (!isWhole) throw new Fault('unreadable', `object ${key} has a cell that cannot be read`, { retryable: false });
    return columns;
  }

  async #decoded(
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
