import { describe, expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import type { LateSegment, Manifest } from '../../core/segment/stored.ts';
import type { Blocks, Series } from '../../io/ports.ts';

/** What the blocks port promises, together with the series port, whose late segments it reads. */
export const blocksContract = (
  name: string,
  make: () => { readonly blocks: Blocks; readonly series: Series; readonly nowMs: number },
): void => {
  describe(`blocks on ${name}`, () => {
    const day = Math.floor(Date.UTC(2026, 6, 1) / limits.catalogSpanMs);
    const object = { key: 'raw/1/2/x', resolution: 'raw', indexBytes: 7, bytes: 9 } as const;
    const manifest = (version: number, hourMs?: number): Manifest => ({
      day,
      shard: 3,
      ...(hourMs !== undefined && { hourMs }),
      version,
      objects: [object],
      unmerged: ['a'],
      applied: ['k'],
      ...(hourMs === undefined && { tail: [object] }),
    });

    test('a manifest is swapped only where what was seen still stands', async () => {
      const { blocks } = make();
      const hourMs = day * limits.catalogSpanMs;
      expect(await blocks.swap(undefined, manifest(1))).toBe(true);
      expect(await blocks.swap(undefined, manifest(1))).toBe(false);
      expect(await blocks.swap(manifest(2), manifest(3))).toBe(false);
      expect(await blocks.swap(manifest(1), manifest(2))).toBe(true);
      expect(await blocks.swap(undefined, manifest(1, hourMs))).toBe(true);
      const byHour = (all: readonly Manifest[]) => all.toSorted((a, b) => (a.hourMs ?? 0) - (b.hourMs ?? 0));
      expect(byHour(await blocks.manifestsOn(day))).toEqual([manifest(2), manifest(1, hourMs)]);
      expect(byHour(await blocks.manifestsOn(day, 3))).toEqual([manifest(2), manifest(1, hourMs)]);
      expect(await blocks.manifestsOn(day, 4)).toEqual([]);
      expect(await blocks.manifestsOn(day + 1)).toEqual([]);
      expect(await blocks.drop([manifest(7, hourMs)])).toBe(false);
      expect(await blocks.manifestsOn(day)).toHaveLength(2);
      expect(await blocks.drop([manifest(1, hourMs)])).toBe(true);
      expect(await blocks.drop([manifest(1, hourMs)])).toBe(true);
      expect(await blocks.manifestsOn(day)).toEqual([manifest(2)]);
    });

    test('a shard’s hours come before its day, so that what goes from there is seen here', async () => {
      const { blocks } = make();
      const hourMs = day * limits.catalogSpanMs;
      for (const each of [manifest(1), manifest(1, hourMs)]) await blocks.swap(undefined, { ...each, shard: 11 });
      expect((await blocks.manifestsOn(day, 11)).map(each => each.hourMs)).toEqual([hourMs, undefined]);
    });

    test('an object is read whole or in part; one that is not there is nothing', async () => {
      const { blocks } = make();
      const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => at & 0xff);
      await blocks.put('raw/1/1/one', bytes);
      await blocks.put('raw/1/1/one', bytes);
      expect(Buffer.from((await blocks.get('raw/1/1/one', 0, bytes.length))!).equals(bytes)).toBe(true);
      expect([...(await blocks.get('raw/1/1/one', 99_990, 99_993))!]).toEqual([150, 151, 152]);
      expect(await blocks.get('raw/1/1/none', 0, 10)).toBeUndefined();
    });

    test('late segments are found by day, shard and source, until they are dropped', async () => {
      const { blocks, series } = make();
      const late = (sourceId: string, key: string): LateSegment => ({
        day,
        shard: 5,
        sourceId,
        hourMs: day * limits.catalogSpanMs,
        key,
        bytes: new Uint8Array([1, 2]),
      });
      await series.addLate([late('source-a', 'x'), late('source-b', 'y')]);
      await series.addLate([late('source-a', 'x')]);
      const keysOf = async (sourceId?: string) =>
        (await blocks.lateOn(day, 5, sourceId)).map(({ key, bytes }) => `${key}${bytes.join()}`).toSorted();
      expect(await keysOf()).toEqual(['x1,2', 'y1,2']);
      expect(await keysOf('source-b')).toEqual(['y1,2']);
      expect(await blocks.lateOn(day, 6)).toEqual([]);
      await blocks.dropLate([late('source-a', 'x')]);
      expect(await keysOf()).toEqual(['y1,2']);
    });

    test('a mark goes only while nothing new has come', async () => {
      const { blocks, series } = make();
      const late = { day, shard: 9, sourceId: 's', hourMs: day * limits.catalogSpanMs, bytes: new Uint8Array([1]) };
      const own = async () => (await blocks.lateMarks()).find(({ shard }) => shard === 9);
      await series.addLate([{ ...late, key: 'one' }]);
      const seen = await own();
      await series.addLate([{ ...late, key: 'two' }]);
      await blocks.dropMark(seen!);
      const now = await own();
      expect(now?.token).not.toBe(seen!.token);
      await blocks.dropMark(now!);
      expect(await own()).toBeUndefined();
    });

    test('the merged instant moves on from what was seen alone', async () => {
      const { blocks } = make();
      const seen = await blocks.mergedUntil();
      await blocks.moveMergedUntil(seen, 1_000);
      await blocks.moveMergedUntil(seen, 2_000);
      expect(await blocks.mergedUntil()).toBe(1_000);
      await blocks.moveMergedUntil(1_000, 3_000);
      expect(await blocks.mergedUntil()).toBe(3_000);
    });
  });
};
