import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Batch, type Source, sourceIdOf, sourceOf } from '../../../core/batch.ts';
import type { Columns } from '../../../core/columns.ts';
import { type LabelSet, labelSetOf, metricNameOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { decodeBlockIndex, encodeBlock } from '../../../core/segment/block.ts';
import { type Selection, selected, spansOf } from '../../../core/segment/block-cells.ts';
import { columnsOfFrame } from '../../../core/segment/block-columns.ts';
import { fingerprintOf } from '../../../core/segment/catalog.ts';
import { mergedOf } from '../../../core/segment/merge.ts';
import { stripesOf } from '../../../core/segment/stripes.ts';
import { baseMs, batches, bitsOf, columnOf } from './generate.ts';

const sourceAt = (place: number): Source =>
  sourceOf(
    labelSetOf([
      ['instance', `i${place}`],
      ['job', 'j'],
    ]),
  );

const all: Selection = { isFrame: () => true, isStripe: () => true };

/** An object of these sources' samples, and how it is read. */
const blockOf = (sources: readonly (readonly Columns[])[]) => {
  const made = sources.map((columns, place) => mergedOf(sourceAt(place), columns));
  const chunks = new Map(made.flatMap(each => each.chunks.map(chunk => [chunk.id, chunk] as const)));
  const frames = made.flatMap(each => each.frames);
  const cells = made.flatMap(each => each.cells);
  const { bytes, indexBytes } = encodeBlock(frames, cells, id => chunks.get(id)!, false);
  const read = (object: Uint8Array, selection: Selection, isWanted: (labels: LabelSet) => boolean) => {
    const index = decodeBlockIndex(object.subarray(0, indexBytes));
    if (!index.ok) return { columns: [], rejects: [index.reject], cells: [] };
    const found = selected(index, selection);
    const rejects = [];
    const columns: (Columns & { readonly sourceId: string })[] = [];
    for (const frame of found.frames) {
      const own = found.cells.filter(cell => cell.frame === frame);
      const open = own.map(({ chunk, stripe, from, sizes }) => ({
        chunkId: chunk.id,
        stripe,
        sets: chunks.get(chunk.id)?.sets,
        parts: [object.subarray(from, from + sizes[0]!)],
      }));
      const frameRead = columnsOfFrame(frame, open, isWanted);
      rejects.push(...frameRead.rejects);
      columns.push(...frameRead.columns.map(each => ({ ...each, sourceId: frame.sourceId })));
    }
    return { columns, rejects, cells: found.cells };
  };
  return { bytes, indexBytes, read };
};

/** Every sample as text; of one that stands twice the larger bits, as a union has it. */
const cellsOf = (columns: readonly Columns[]): Map<string, string> => {
  const cells = new Map<string, string>();
  const halves = (cell: string): bigint => {
    const [high, low] = cell.split(':');
    return BigInt(`0x${high}`) * 2n ** 32n + BigInt(`0x${low}`);
  };
  for (const { timestampsMs, series } of columns) {
    for (const { labels, column } of series) {
      for (const [slot, cell] of bitsOf(column).entries()) {
        const key = `${JSON.stringify(labels)} ${timestampsMs[slot]}`;
        const before = cells.get(key);
        if (cell !== undefined && (before === undefined || halves(cell) > halves(before))) cells.set(key, cell);
      }
    }
  }
  return cells;
};

const pagesOf = (columns: readonly Columns[]): Set<number> =>
  new Set(columns.flatMap(({ timestampsMs, pages }) => [...pages].map(slot => timestampsMs[slot]!)));

describe('a block', () => {
  test('holds what was merged, to the last bit, and its pages', () => {
    fc.assert(
      fc.property(batches, sent => {
        const columns = sent.map(batch => batch.columns);
        const block = blockOf([columns]);
        const read = block.read(block.bytes, all, () => true);
        expect(read.rejects).toEqual([]);
        expect(cellsOf(read.columns)).toEqual(cellsOf(columns));
        expect(pagesOf(read.columns)).toEqual(pagesOf(columns));
      }),
    );
  });

  /** Forty families of five series, two hours of them: both hours and several stripes. */
  const columnsAt = (place: number): Columns => {
    const timestampsMs = Array.from({ length: 60 }, (_, slot) => baseMs + slot * 120_000);
    const series = Array.from({ length: 200 }, (_, at) => ({
      labels: labelSetOf([
        ['__name__', `family${Math.floor(at / 5) + 10}`],
        ['path', `p${at % 5}`],
      ]),
      column: columnOf(timestampsMs.map((_, slot) => [0x40000000 + at + place, slot * at] as const)),
    }));
    return { timestampsMs, pages: new Set(timestampsMs.keys()), series };
  };
  const sent = [columnsAt(0), columnsAt(1), columnsAt(2)];
  const block = blockOf(sent.map(each => [each]));

  test('is read by hour and metric, decoding little more than was asked', () => {
    const name = 'family23';
    const sourceId = sourceIdOf(sourceAt(1));
    const read = block.read(
      block.bytes,
      {
        isFrame: frame => frame.sourceId === sourceId && frame.fromMs >= baseMs + limits.segmentSpanMs,
        isStripe: names => names.includes(fingerprintOf(name)),
      },
      labels => metricNameOf(labels) === name,
    );
    expect(read.rejects).toEqual([]);
    expect(read.cells).toHaveLength(1);
    expect(read.cells[0]!.stripe.count).toBeLessThanOrEqual(limits.stripeSetsMax);
    const wanted = [...cellsOf([sent[1]!])].filter(
      ([key]) => key.includes(name) && Number(key.split(' ').at(-1)) >= baseMs + limits.segmentSpanMs,
    );
    expect(wanted).toHaveLength(5 * 30);
    expect(cellsOf(read.columns)).toEqual(new Map(wanted));
  });

  test('has one metric of all sources in an hour side by side, and one of a source over the hours', () => {
    const isStripe = (names: readonly number[]): boolean => names.includes(fingerprintOf('family23'));
    const index = decodeBlockIndex(block.bytes.subarray(0, block.indexBytes));
    if (!index.ok) throw new Error('no index');
    const usual = limits.blockGapBytes;
    Object.assign(limits, { blockGapBytes: 0 });
    const hour = selected(index, { isFrame: ({ fromMs }) => fromMs === baseMs, isStripe });
    const own = selected(index, { isFrame: () => true, isStripe });
    const [spans, ownSpans] = [spansOf(hour.cells), spansOf(own.cells)];
    Object.assign(limits, { blockGapBytes: usual });
    expect(hour.cells).toHaveLength(3);
    expect(spans).toHaveLength(1);
    expect(own.cells).toHaveLength(6);
    expect(ownSpans).toHaveLength(1);
  });

  test('with any byte changed says so, or has what it had', () => {
    const small = blockOf([[{ ...sent[0]!, series: sent[0]!.series.slice(0, 40) }]]);
    const whole = cellsOf(small.read(small.bytes, all, () => true).columns);
    for (let at = 0; at < small.bytes.length; at += 1) {
      const broken = small.bytes.slice();
      broken[at]! ^= 0x41;
      const read = small.read(broken, all, () => true);
      expect(read.rejects.length).toBeGreaterThan(0);
      for (const [key, cell] of cellsOf(read.columns)) expect(whole.get(key)).toBe(cell);
    }
  });

  test('without a chunk leaves out what is under it, and says so', () => {
    const frame = { source: sourceAt(0), sourceId: 'x', fromMs: 0 };
    const cell = { chunkId: 'gone', stripe: { first: 0, count: 1 }, sets: undefined, parts: [] };
    expect(columnsOfFrame({ ...frame, times: new Uint8Array([0, 0, 0]) }, [cell], () => true).rejects).toHaveLength(1);
    expect(columnsOfFrame(frame, [cell], () => true).rejects).toHaveLength(1);
  });

  test('keeps a page on which there was nothing', () => {
    const empty: Batch['columns'] = { timestampsMs: [baseMs], pages: new Set([0]), series: [] };
    const { bytes, read } = blockOf([[empty]]);
    expect(pagesOf(read(bytes, all, () => true).columns)).toEqual(new Set([baseMs]));
  });
});

describe('stripes', () => {
  const setsOf = (families: readonly number[]): LabelSet[] =>
    families.flatMap((size, family) =>
      Array.from({ length: size }, (_, at) =>
        labelSetOf([
          ['__name__', `f${family}`],
          ['at', String(at)],
        ]),
      ),
    );

  test.each([
    { families: [], counts: [] },
    { families: [1], counts: [1] },
    { families: [8, 1], counts: [8, 1] }, // The least there may be, and its family is over.
    { families: [7, 1, 3], counts: [8, 3] },
    { families: [16, 2], counts: [16, 2] }, // The most there may be.
    { families: [17], counts: [16, 1] },
    { families: [7, 12], counts: [16, 3] }, // A family that is cut.
  ])('of families of $families are $counts', ({ families, counts }) => {
    expect(stripesOf(setsOf(families)).map(({ count }) => count)).toEqual(counts);
  });

  test('together are the list', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 }), families => {
        const sets = setsOf(families);
        let next = 0;
        for (const { first, count } of stripesOf(sets)) {
          expect(first).toBe(next);
          expect(count).toBeGreaterThan(0);
          expect(count).toBeLessThanOrEqual(limits.stripeSetsMax);
          next += count;
        }
        expect(next).toBe(sets.length);
      }),
    );
  });
});
