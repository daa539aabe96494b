import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../core/batch.ts';
import { type LabelSet, labelSetOf, metricNameOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { groupsOf } from '../../../core/segment/base.ts';
import { segmentsOf } from '../../../core/segment/gather.ts';
import { decodeHour } from '../../../core/segment/hour.ts';
import { decodeSegment } from '../../../core/segment/segment.ts';
import { openSegment } from '../../../core/segment/segment-open.ts';
import type { SchemaChunk } from '../../../core/segment/stored.ts';
import { baseMs, bitsOf, columnOf } from './generate.ts';

const source = labelSetOf([['job', 'j']]) as unknown as Batch['source'];

/** A page a slot of so many metrics of four series, of which some are missing: what chunks change by. */
const batchOf = (round: number, slots: number, metrics: number, missing: ReadonlySet<number>): Batch => {
  const timestampsMs = Array.from({ length: slots }, (_, slot) => baseMs + round * 120_000 + slot * 15_000);
  const series = Array.from({ length: metrics * 4 }, (_, at) => at).filter(at => !missing.has(at));
  return {
    id: `r${round}`,
    via: 'pull',
    source,
    acceptedAtMs: baseMs,
    columns: {
      timestampsMs,
      pages: new Set(timestampsMs.keys()),
      series: series.map(at => ({
        labels: labelSetOf([
          ['__name__', `m${String(at >> 2).padStart(3, '0')}`],
          ['l', String(at % 4)],
        ]),
        column: columnOf(timestampsMs.map((_, slot) => [0x40000000 + at, (at % 3) * (round * 8 + slot) * at] as const)),
      })),
    },
  };
};

const stored = (batches: readonly Batch[]) => {
  const chunks = new Map<string, SchemaChunk>();
  let base: ReturnType<typeof segmentsOf>['ends'][number]['base'] | undefined;
  let root: typeof base;
  const segments = batches.map(batch => {
    const writes = segmentsOf([{ batch, part: 0 }], { baseFor: () => base });
    for (const chunk of writes.chunks) chunks.set(chunk.id, chunk);
    const end = writes.ends[0]!.base;
    // As a warm writer does: the root serves again.
    if (end.depth === 0) root = end;
    base = end.depth < limits.segmentDepth ? end : root;
    return writes.segments[0]!.bytes;
  });
  return { segments, chunkOf: (id: string) => chunks.get(id)?.sets };
};

const cellsOf = (columns: readonly Batch['columns'][], isWanted: (labels: LabelSet) => boolean): string[] =>
  columns
    .flatMap(({ timestampsMs, series }) =>
      series
        .filter(({ labels }) => isWanted(labels))
        .flatMap(({ labels, column }) =>
          bitsOf(column).flatMap((cell, slot) =>
            cell === undefined ? [] : [`${JSON.stringify(labels)} ${timestampsMs[slot]} ${cell}`],
          ),
        ),
    )
    .sort();

describe('groups of a segment', () => {
  const steady = Array.from({ length: 20 }, (_, round) => batchOf(round, 8, 150, new Set()));

  test('are there where a segment builds on another and has enough times', () => {
    const { segments } = stored(steady);
    expect(segments.map(bytes => openSegment(bytes).isGrouped)).toEqual([false, ...new Array(19).fill(true)]);
    const short = stored(Array.from({ length: 3 }, (_, round) => batchOf(round, 7, 150, new Set())));
    expect(short.segments.some(bytes => openSegment(bytes).isGrouped)).toBe(false);
  });

  test('cost little', () => {
    const usual = limits.groupedSlots;
    const bytes = (): number => stored(steady).segments.reduce((sum, { length }) => sum + length, 0);
    const grouped = bytes();
    Object.assign(limits, { groupedSlots: 1_000 });
    const whole = bytes();
    Object.assign(limits, { groupedSlots: usual });
    // Five bytes a group, five groups in nineteen segments.
    expect(grouped - whole).toBeLessThan(19 * 5 * 8);
  });

  test('are read by what is wanted, whichever chunks come and go', () => {
    const missing = fc.array(fc.uniqueArray(fc.nat(599), { maxLength: 3 }), { minLength: 3, maxLength: 8 });
    const slots = fc.constantFrom(3, 8);
    const wanted = fc.uniqueArray(fc.nat(149), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(missing, fc.array(slots, { minLength: 8, maxLength: 8 }), wanted, (gone, lengths, metrics) => {
        const batches = gone.map((each, round) => batchOf(round, lengths[round]!, 150, new Set(each)));
        const { segments, chunkOf } = stored(batches);
        const names = new Set(metrics.map(each => `m${String(each).padStart(3, '0')}`));
        const isWanted = (labels: LabelSet): boolean => names.has(metricNameOf(labels));
        const fromMs = baseMs + 120_000;
        const sent = batches.map(({ columns }) => columns);
        const read = decodeHour(segments, chunkOf, { isWanted, fromMs, toMs: Number.MAX_SAFE_INTEGER });
        expect(read.rejects).toEqual([]);
        expect(cellsOf(read.columns, () => true)).toEqual(cellsOf(sent.slice(1), isWanted));
        const whole = decodeHour(segments, chunkOf);
        expect(cellsOf(whole.columns, () => true)).toEqual(cellsOf(sent, () => true));
      }),
      { numRuns: 8 },
    );
  });

  test('with any byte changed are refused', () => {
    const { segments, chunkOf } = stored(steady.slice(0, 2));
    const first = decodeSegment(segments[0]!, { chunkOf, endAs: openSegment(segments[1]!).base });
    if (!first.ok) throw new Error('the root is not read');
    const lookup = { chunkOf, baseOf: () => first.end };
    expect(decodeSegment(segments[1]!, lookup).ok).toBe(true);
    for (let at = 0; at < segments[1]!.length; at += 1) {
      const broken = segments[1]!.slice();
      broken[at]! ^= 0x21;
      expect(decodeSegment(broken, lookup).ok).toBe(false);
    }
  });

  test.each([
    { chunks: 0, isGrouped: false, groups: [[0, 0]] },
    { chunks: 3, isGrouped: false, groups: [[0, 3]] },
    {
      chunks: 3,
      isGrouped: true,
      groups: [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
    },
    { chunks: 8, isGrouped: true, groups: Array.from({ length: 8 }, (_, at) => [at, at + 1]) },
    {
      chunks: 9,
      isGrouped: true,
      groups: [
        [0, 2],
        [2, 4],
        [4, 6],
        [6, 8],
        [8, 9],
      ],
    }, // One more than there are groups.
  ])('of $chunks chunks are $groups', ({ chunks, isGrouped, groups }) => {
    const refs = Array.from({ length: chunks }, (_, at) => ({ id: `c${at}`, count: at + 1 }));
    const cut = groupsOf(refs, isGrouped);
    expect(cut.map(({ firstChunk, endChunk }) => [firstChunk, endChunk])).toEqual(groups);
    expect(cut.reduce((sum, { count }) => sum + count, 0)).toBe((chunks * (chunks + 1)) / 2);
  });
});
