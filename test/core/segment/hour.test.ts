import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../core/batch.ts';
import { keyOf, type LabelSet, labelSetOf, metricNameOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { type End, segmentsOf } from '../../../core/segment/gather.ts';
import { chunksNeeded, decodeHour } from '../../../core/segment/hour.ts';
import type { SchemaChunk } from '../../../core/segment/stored.ts';
import { baseMs, bits, bitsOf, columnOf } from './generate.ts';

const source = labelSetOf([['job', 'j']]) as unknown as Batch['source'];
type Row = { readonly name: string; readonly cells: readonly (readonly [number, number] | undefined)[] };

/** Rounds of one source inside an hour; series come and go. */
const rounds = fc.array(
  fc.uniqueArray(
    fc.record({
      name: fc.integer({ min: 0, max: 9 }).map(each => `m${each}`),
      cells: fc.array(fc.option(bits, { nil: undefined }), { minLength: 3, maxLength: 3 }),
    }),
    { minLength: 1, selector: ({ name }) => name },
  ),
  { minLength: 1, maxLength: 14 },
);

const batchOf = (rows: readonly Row[], round: number): Batch => ({
  id: `r${round}`,
  via: 'pull',
  source,
  acceptedAtMs: baseMs,
  columns: {
    timestampsMs: [0, 1, 2].map(slot => baseMs + round * 60_000 + slot * 15_000),
    pages: new Set([0, 1, 2]),
    series: rows.map(({ name, cells }) => ({ labels: labelSetOf([['__name__', name]]), column: columnOf(cells) })),
  },
});

/** Stores each round building on the one before, as a warm writer does. */
const chained = (all: readonly Batch[]) => {
  let last: End | undefined;
  const chunks = new Map<string, SchemaChunk>();
  const segments = all.map(batch => {
    const writes = segmentsOf([{ batch, part: 0 }], { baseFor: () => last?.base });
    last = writes.ends[0];
    for (const chunk of writes.chunks) chunks.set(chunk.id, chunk);
    return { bytes: writes.segments[0]!.bytes, key: writes.segments[0]!.key, depth: last!.base.depth };
  });
  return { segments, chunkOf: (id: string) => chunks.get(id)?.sets };
};

const cellsOf = (columns: readonly Batch['columns'][]): string[] =>
  columns
    .flatMap(({ timestampsMs, series }) =>
      series.flatMap(({ labels, column }) =>
        bitsOf(column).flatMap((cell, slot) =>
          cell === undefined ? [] : [`${metricNameOf(labels)} ${timestampsMs[slot]} ${cell}`],
        ),
      ),
    )
    .sort();

test('segments that build on each other read the same as what was sent, in whatever order they come', () => {
  fc.assert(
    fc.property(rounds, fc.infiniteStream(fc.nat(1_000)), (all, random) => {
      const batches = all.map(batchOf);
      const { segments, chunkOf } = chained(batches);
      const shuffled = segments
        .map(({ bytes }) => ({ bytes, at: random.next().value ?? 0 }))
        .sort((a, b) => a.at - b.at)
        .map(({ bytes }) => bytes);
      const read = decodeHour(shuffled, chunkOf);
      expect(read.rejects).toEqual([]);
      expect(cellsOf(read.columns)).toEqual(cellsOf(batches.map(({ columns }) => columns)));
    }),
  );
});

test('of what is wanted in a span nothing is missing, whatever it builds on', () => {
  const span = fc.tuple(fc.integer({ min: -2, max: 60 }), fc.integer({ min: -2, max: 60 }));
  const chosen = fc.uniqueArray(fc.integer({ min: 0, max: 11 }), { maxLength: 4 });
  fc.assert(
    fc.property(rounds, span, chosen, (all, [from, to], numbers) => {
      const batches = all.map(batchOf);
      const { segments, chunkOf } = chained(batches);
      const parts = segments.map(({ bytes }) => bytes);
      const [fromMs, toMs] = [baseMs + Math.min(from, to) * 15_000, baseMs + Math.max(from, to) * 15_000];
      const names = new Set(numbers.map(each => `m${each}`));
      const isWanted = (labels: LabelSet): boolean => names.has(metricNameOf(labels));
      const read = decodeHour(parts, chunkOf, { isWanted, fromMs, toMs });
      const isAsked = (cell: string): boolean => {
        const [name, timestampMs] = cell.split(' ');
        return names.has(name!) && Number(timestampMs) >= fromMs && Number(timestampMs) <= toMs;
      };
      expect(read.rejects).toEqual([]);
      const found = cellsOf(read.columns);
      expect(found.filter(isAsked)).toEqual(cellsOf(batches.map(({ columns }) => columns)).filter(isAsked));
      expect(found.every(cell => names.has(cell.split(' ')[0]!))).toBe(true);
      // Pages end series, also those that have nothing else there.
      const pagesOf = (blocks: readonly Batch['columns'][]) =>
        blocks.flatMap(({ timestampsMs, pages }) =>
          [...pages].map(slot => timestampsMs[slot]!).filter(timeMs => timeMs >= fromMs && timeMs <= toMs),
        );
      expect(new Set(pagesOf(read.columns))).toEqual(new Set(pagesOf(batches.map(({ columns }) => columns))));
    }),
  );
});

describe('a chain', () => {
  const chain = limits.segmentDepth + 1;
  const rows = (round: number): Row[] =>
    Array.from({ length: 40 }, (_, at) => ({
      name: `m${at}`,
      cells: [0, 1, 2].map(slot => [0x40000000 + at, (round * 3 + slot) * (at % 4)] as const),
    }));
  const batches = Array.from({ length: 20 }, (_, round) => batchOf(rows(round), round));
  const { segments, chunkOf } = chained(batches);

  test('ends at its limit, and begins anew', () => {
    expect(segments.map(({ depth }) => depth)).toEqual(Array.from({ length: 20 }, (_, at) => at % chain));
    expect(segments.map(({ key }) => key[0])).toEqual(segments.map(({ depth }) => (depth === 0 ? 'a' : 'b')));
  });

  test('names its schema once', () => {
    expect(chunksNeeded([segments[0]!.bytes])).toHaveLength(1);
    expect(chunksNeeded([segments[1]!.bytes])).toEqual([]);
  });

  test.each([0, 3, chain - 1, chain])(
    'with segment %i missing loses what builds on it and nothing else, and says so',
    missing => {
      const read = decodeHour(
        segments.filter((_, at) => at !== missing).map(({ bytes }) => bytes),
        chunkOf,
      );
      const lost = segments.filter(
        (_, at) => at >= missing && Math.floor(at / chain) === Math.floor(missing / chain),
      ).length;
      expect(read.columns).toHaveLength(segments.length - lost);
      expect(read.rejects.map(({ reject }) => reject.code)).toEqual(Array(lost - 1).fill('bad_segment'));
      for (const { reject } of read.rejects) expect(reject.reason).toMatch(/builds on, is missing/);
    },
  );

  test('with a bit of its first segment turned is refused as a whole, not misread', () => {
    const broken = segments[0]!.bytes.slice();
    broken[40]! ^= 4;
    const read = decodeHour([broken, ...segments.slice(1, chain).map(({ bytes }) => bytes)], chunkOf);
    expect(read.columns).toEqual([]);
    expect(read.rejects).toHaveLength(chain);
  });

  test('takes a fraction of the bytes of segments alone', () => {
    const alone = segmentsOf([{ batch: batches[1]!, part: 0 }]).segments[0]!.bytes.length;
    expect(segments[1]!.bytes.length).toBeLessThan(alone * 0.6);
  });
});

test('a base that knows few of the series is not built on', () => {
  const first = segmentsOf([{ batch: batchOf([{ name: 'a', cells: [[0, 1]] }], 0), part: 0 }]);
  const names = ['a', 'b', 'c'].map(name => ({ name, cells: [[0, 1] as const] }));
  const { ends } = segmentsOf([{ batch: batchOf(names, 1), part: 0 }], { baseFor: () => first.ends[0]!.base });
  expect(ends[0]!.base.depth).toBe(0);
  expect(ends[0]!.base.sets.map(keyOf)).toHaveLength(3);
});
