import { describe, expect, test } from 'vitest';
import { sourceIdOf, sourceOf } from '../../core/batch.ts';
import { labelSetOf } from '../../core/labels.ts';
import { limits } from '../../core/limits.ts';
import type { Segment, SeriesWrites } from '../../core/segment/stored.ts';
import type { Series } from '../../io/ports.ts';

const hour = limits.segmentSpanMs;
const source = sourceOf(
  labelSetOf([
    ['job', 'node'],
    ['instance', 'a:9100'],
  ]),
);
const sourceId = sourceIdOf(source);

const segment = (hourMs: number, key: string, size = 10): Segment => ({
  sourceId,
  hourMs,
  key,
  bytes: new Uint8Array(size).fill(7),
});

/** What the series port promises. `nowMs` is the port's own clock. */
export const seriesContract = (name: string, make: () => { readonly port: Series; readonly nowMs: number }): void => {
  describe(`series on ${name}`, () => {
    test('what was added is found again, and adding it again changes nothing', async () => {
      const { port, nowMs } = make();
      const hourMs = Math.floor(nowMs / hour) * hour;
      const day = Math.floor(nowMs / limits.catalogSpanMs);
      const entry = { day, source, chunks: [{ id: 'AAAAAAAAAAAAAAAAAAAAAA', names: [3, 65_535] }] };
      const writes: SeriesWrites = {
        chunks: [{ id: 'chunk-one', bytes: new Uint8Array([1, 2, 3]), sets: [] }],
        catalog: [entry],
        segments: [segment(hourMs, '001'), segment(hourMs, '002', 390_000)],
      };
      await port.add(writes);
      await port.add(writes);
      expect(await port.catalogOn(day)).toEqual([entry]);
      expect(await port.catalogOn(day, 'node')).toEqual([entry]);
      expect(await port.catalogOn(day, 'nodes')).toEqual([]);
      expect(await port.catalogOn(day - 1)).toEqual([]);
      const chunks = await port.chunks(['chunk-one', 'unknown']);
      expect([...chunks].map(([id, bytes]) => [id, [...bytes]])).toEqual([['chunk-one', [1, 2, 3]]]);
      const found = await port.between(sourceId, nowMs, nowMs);
      expect(found.map(({ key, bytes }) => [key, bytes.length]).toSorted()).toEqual([
        ['001', 10],
        ['002', 390_000],
      ]);
    });

    test('segments are found by the hours a span touches, both ends included', async () => {
      const { port, nowMs } = make();
      const hourMs = Math.floor(nowMs / hour) * hour;
      const other = 'another-source-id-0000';
      const at = (offset: number) => ({ ...segment(hourMs - offset * hour, `h${offset}`), sourceId: other });
      await port.add({ chunks: [], catalog: [], segments: [at(0), at(1), at(2)] });
      const keys = async (fromMs: number, toMs: number) =>
        (await port.between(other, fromMs, toMs)).map(({ key }) => key).toSorted();
      expect(await keys(hourMs, hourMs)).toEqual(['h0']);
      expect(await keys(hourMs - 1, hourMs)).toEqual(['h0', 'h1']);
      expect(await keys(hourMs - 2 * hour, hourMs - hour - 1)).toEqual(['h2']);
    });

    test('the newest segment that builds on nothing is found', async () => {
      const { port, nowMs } = make();
      const hourMs = Math.floor(nowMs / hour) * hour;
      const other = { sourceId: 'a-source-with-chains-0' };
      const keys = ['a001x', 'a010x', 'b020x'];
      await port.add({ chunks: [], catalog: [], segments: keys.map(key => ({ ...segment(hourMs, key), ...other })) });
      expect((await port.newestAlone(other.sourceId, hourMs))?.key).toBe('a010x');
      expect(await port.newestAlone(other.sourceId, hourMs - hour)).toBeUndefined();
    });

    test('what is past its retention is not found, deleted or not', async () => {
      const { port, nowMs } = make();
      const oldMs = Math.floor((nowMs - limits.rawRetentionMs) / hour) * hour - 2 * hour;
      const old = { ...segment(oldMs, 'old'), sourceId: 'an-expired-source-0000' };
      await port.add({ chunks: [], catalog: [], segments: [old] });
      expect(await port.between(old.sourceId, oldMs, nowMs)).toEqual([]);
    });

    test('more than one call takes is added and read', async () => {
      const { port, nowMs } = make();
      const hourMs = Math.floor(nowMs / hour) * hour;
      const many = Array.from({ length: 60 }, (_, index) => ({
        ...segment(hourMs, `m${index}`, 30_000),
        sourceId: 'a-source-of-many-00000',
      }));
      const chunks = Array.from({ length: 130 }, (_, index) => ({
        id: `many-${index}`,
        bytes: new Uint8Array(2_000),
        sets: [],
      }));
      await port.add({ chunks, catalog: [], segments: many });
      expect(await port.between('a-source-of-many-00000', hourMs, hourMs)).toHaveLength(60);
      expect((await port.chunks(chunks.map(({ id }) => id))).size).toBe(130);
    });
  });
};
