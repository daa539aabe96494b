import { type Source, sourceIdOf } from '../core/batch.ts';
import type { Columns } from '../core/columns.ts';
import { Fault } from '../core/fault.ts';
import { limits } from '../core/limits.ts';
import { mergedOf } from '../core/segment/merge.ts';
import type { BlockObject, LateSegment, Manifest } from '../core/segment/stored.ts';
import type { Ports } from '../io/ports.ts';
import { MergedObjects, Pile } from './merged-objects.ts';

/** The code of a fault that means: somebody else did it, or changed what it was to be done to. */
export const overtaken = 'overtaken';

/** The steps of merging; each may be broken off anywhere and made again. */
export class Merger {
  readonly #ports: Pick<Ports, 'series' | 'blocks'>;
  readonly #objects: MergedObjects;

  constructor(ports: Pick<Ports, 'log' | 'series' | 'blocks'>) {
    this.#ports = ports;
    this.#objects = new MergedObjects(ports);
  }

  /** One shard's hour: all segments of its sources into one object. */
  async mergeHour(day: number, shard: number, hourMs: number, found: readonly Source[]): Promise<void> {
    const pile = new Pile();
    const unmerged: string[] = [];
    for (const source of found) {
      const sourceId = sourceIdOf(source);
      const segments = (await this.#ports.series.ofHour(sourceId, hourMs)).map(({ bytes }) => bytes);
      if (segments.length === 0) continue;
      const { columns, isWhole } = await this.#objects.decoded(segments, `${sourceId} ${hourMs}`);
      if (!isWhole) unmerged.push(sourceId);
      if (columns.length > 0) pile.add(mergedOf(source, columns));
    }
    const objects = await this.#objects.put('raw', { day, shard }, pile);
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
      const tail = [...(whole?.tail ?? []), ...(hours.find(({ hourMs }) => hourMs === lastHourOf(day))?.objects ?? [])];
      const raw = [whole, ...hours]
        .flatMap(each => each?.objects ?? [])
        .filter(({ resolution }) => resolution === 'raw');
      const unmerged = [whole, ...hours].flatMap(each => each?.unmerged ?? []);
      const before = await this.#tailBefore(day, shard);
      const isSwapped = await blocks.swap(whole, {
        day,
        shard,
        version: (whole?.version ?? 0) + 1,
        objects: await this.#objects.rolledUp({ day, shard }, raw, before),
        unmerged: [...new Set(unmerged)],
        applied: whole?.applied ?? [],
        ...(tail.length > 0 && { tail }),
      });
      if (!isSwapped) continue;
      await this.#rollUpAfter(before, day, shard);
      // The next day may be rolled up already, where this one's last hour came late.
      if (hours.some(({ hourMs }) => hourMs === lastHourOf(day))) await this.#rollUpAfter(undefined, day + 1, shard);
      if (await blocks.drop(hours)) return;
    }
    throw new Fault(overtaken, `hours of shard ${shard} of day ${day} do not stay as they are`, { retryable: true });
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
      const done = own.filter(({ key }) => applied.includes(key));
      const isTail = seen.hourMs === undefined && done.some(({ hourMs }) => hourMs === lastHourOf(day));
      const before = await this.#tailBefore(day, shard);
      if (keys.length > 0)
        await this.#swap(seen === none ? undefined : seen, {
          ...(await this.#withPile(seen, pile, isTail, before)),
          applied,
        });
      if (seen.hourMs === undefined && done.length > 0)
        await this.#rollUpAfter(keys.length > 0 ? before : undefined, day, shard);
      // What the next day's counters have grown from is another sample now.
      if (isTail) await this.#rollUpAfter(undefined, day + 1, shard);
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
        const read = await this.#objects.decoded([bytes], `${sourceId} late on ${day}`);
        if (!read.isWhole) continue;
        columns.push(...read.columns);
        keys.push(key);
      }
      if (source !== undefined && columns.length > 0) pile.add(mergedOf(source, columns));
    }
    return { pile, keys };
  }

  /** The manifest that also lists an object of this pile; when it lists many, or a day's, one object of all. */
  async #withPile(seen: Manifest, pile: Pile, isTail: boolean, before: readonly BlockObject[]): Promise<Manifest> {
    const { day, shard, hourMs } = seen;
    const late = await this.#objects.put('raw', { day, shard }, pile);
    const raw = [...rawOf(seen), ...late];
    const version = seen.version + 1;
    if (hourMs !== undefined)
      return { ...seen, version, objects: raw.length > limits.blockParts ? await this.#objects.union(seen, raw) : raw };
    const objects = await this.#objects.rolledUp(seen, raw, before);
    if (!isTail) return { ...seen, version, objects };
    const tail = [...(seen.tail ?? []), ...late];
    return {
      ...seen,
      version,
      objects,
      tail: tail.length > limits.blockParts ? await this.#objects.union(seen, tail) : tail,
    };
  }

  /**
   * Rolls a day up once more, if it is merged, where the last samples of the day before are others than when it was rolled up
   * (undefined: not known). Asked after each swap: whoever changes them looks at this day after that, so one of the two sees it.
   */
  async #rollUpAfter(tail: readonly BlockObject[] | undefined, day: number, shard: number): Promise<void> {
    for (let rolledUp = tail; ; ) {
      const before = await this.#tailBefore(day, shard);
      if (rolledUp !== undefined && namesOf(rolledUp) === namesOf(before)) return;
      const seen = (await this.#ports.blocks.manifestsOn(day, shard)).find(({ hourMs }) => hourMs === undefined);
      if (seen === undefined) return;
      const objects = await this.#objects.rolledUp(seen, rawOf(seen), before);
      await this.#swap(seen, { ...seen, version: seen.version + 1, objects });
      rolledUp = before;
    }
  }

  async #sourcesOn(day: number): Promise<ReadonlyMap<string, Source>> {
    return new Map((await this.#ports.series.catalogOn(day)).map(({ source }) => [sourceIdOf(source), source]));
  }

  /** The last samples of the day before: what the day's first ones have grown from. */
  async #tailBefore(day: number, shard: number): Promise<readonly BlockObject[]> {
    const before = await this.#ports.blocks.manifestsOn(day - 1, shard);
    return before.find(({ hourMs }) => hourMs === undefined)?.tail ?? [];
  }

  async #swap(seen: Manifest | undefined, next: Manifest): Promise<void> {
    if (await this.#ports.blocks.swap(seen, next)) return;
    throw new Fault(overtaken, `somebody else merged shard ${next.shard} of day ${next.day}`, { retryable: true });
  }
}

const lastHourOf = (day: number): number => (day + 1) * limits.catalogSpanMs - limits.segmentSpanMs;

const namesOf = (objects: readonly BlockObject[]): string => objects.map(({ key }) => key).join(' ');

const rawOf = ({ objects }: Manifest): BlockObject[] => objects.filter(({ resolution }) => resolution === 'raw');
