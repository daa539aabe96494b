import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Batch, sourceIdOf, sourceOf } from '../../../core/batch.ts';
import type { Columns } from '../../../core/columns.ts';
import { labelSetOf, metricNameOf } from '../../../core/labels.ts';
import { segmentsOf } from '../../../core/segment/gather.ts';
import { seriesIn } from '../../../core/segment/read.ts';
import { decodeSegment } from '../../../core/segment/segment.ts';
import type { SeriesWrites } from '../../../core/segment/stored.ts';
import { baseMs, batches, bitsOf, columnOf } from './generate.ts';

/** The columns that a reader of these writes decodes. */
const columnsOf = (writes: readonly SeriesWrites[]): Columns[] => {
  const sets = new Map(writes.flatMap(({ chunks }) => chunks).map(({ id, sets: own }) => [id, own]));
  const segments = new Map(
    writes.flatMap(({ segments: own }) => own).map(segment => [`${segment.hourMs} ${segment.key}`, segment]),
  );
  return [...segments.values()].map(({ bytes }) => {
    const decoded = decodeSegment(bytes, { chunkOf: id => sets.get(id) });
    if (!decoded.ok) throw new Error(decoded.reject.reason);
    return decoded.columns;
  });
};

const readOf = (writes: readonly SeriesWrites[], source: Batch['source']) =>
  seriesIn(columnsOf(writes), source, () => true, 0, Number.MAX_SAFE_INTEGER).toSorted((a, b) =>
    JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1,
  );

const whole = (all: readonly Batch[]) => segmentsOf(all.map(batch => ({ batch, part: 0 })));

test('the same messages in any order, some of them twice, store the very same', () => {
  fc.assert(
    fc.property(batches, fc.infiniteStream(fc.nat(100)), (all, random) => {
      const shuffled = [...all, ...all.filter(() => (random.next().value ?? 0) % 2 === 0)]
        .map(batch => ({ batch, at: random.next().value ?? 0 }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ batch }) => batch);
      expect(whole(shuffled)).toEqual(whole(all));
    }),
  );
});

test('any grouping of the messages, overlapping ones too, reads the same', () => {
  fc.assert(
    fc.property(batches, fc.array(fc.nat(5), { minLength: 12, maxLength: 12 }), (all, groups) => {
      const source = all[0]!.source;
      const ingests = new Map<number, Batch[]>();
      for (const [index, batch] of [...all, ...all].entries())
        ingests.set(groups[index]!, [...(ingests.get(groups[index]!) ?? []), batch]);
      expect(readOf([...ingests.values()].map(whole), source)).toEqual(readOf([whole(all)], source));
    }),
  );
});

test('every sample that was sent is there, and no other', () => {
  fc.assert(
    fc.property(batches, all => {
      const cells = new Map<string, Set<string>>();
      for (const { columns } of all) {
        for (const { labels, column } of columns.series) {
          for (const [slot, bits] of bitsOf(column).entries()) {
            if (bits === undefined) continue;
            const name = `${metricNameOf(labels)}@${columns.timestampsMs[slot]}`;
            cells.set(name, (cells.get(name) ?? new Set()).add(bits));
          }
        }
      }
      const stored = columnsOf([whole(all)]).flatMap(({ timestampsMs, series }) =>
        series.flatMap(({ labels, column }) =>
          bitsOf(column).flatMap((bits, slot) =>
            bits === undefined ? [] : [[`${metricNameOf(labels)}@${timestampsMs[slot]}`, bits] as const],
          ),
        ),
      );
      expect(stored.map(([name]) => name).toSorted()).toEqual([...cells.keys()].toSorted());
      for (const [name, bits] of stored) expect(cells.get(name)?.has(bits)).toBe(true);
    }),
  );
});

test('no segment crosses an hour, and each says in which day its chunks are found', () => {
  const source = sourceOf(labelSetOf([['job', 'j']]));
  const midnight = Date.UTC(2026, 0, 2);
  const batch: Batch = {
    id: 'a',
    via: 'push',
    source,
    acceptedAtMs: 0,
    columns: {
      timestampsMs: [midnight - 1, midnight],
      pages: new Set(),
      series: [
        {
          labels: labelSetOf([['__name__', 'm']]),
          column: columnOf([
            [0, 1],
            [0, 2],
          ]),
        },
      ],
    },
  };
  const { segments, catalog } = whole([batch]);
  expect(segments.map(({ hourMs, sourceId }) => [hourMs, sourceId])).toEqual([
    [midnight - 3_600_000, sourceIdOf(source)],
    [midnight, sourceIdOf(source)],
  ]);
  expect(catalog.map(({ day }) => day)).toEqual([midnight / 86_400_000 - 1, midnight / 86_400_000]);
});

describe('staleness', () => {
  const source = sourceOf(labelSetOf([['job', 'j']]));
  const at = (slot: number) => baseMs + slot * 15_000;
  const page = (slot: number, names: readonly string[], isPage = true): Batch => ({
    id: `${slot}${isPage}`,
    via: isPage ? 'pull' : 'push',
    source,
    acceptedAtMs: at(slot),
    columns: {
      timestampsMs: [at(slot)],
      pages: new Set(isPage ? [0] : []),
      series: names.map(name => ({ labels: labelSetOf([['__name__', name]]), column: columnOf([[0x40000000, slot]]) })),
    },
  });
  const slotsOf = (all: readonly Batch[], name: string): string =>
    readOf(
      all.map(batch => whole([batch])),
      source,
    )
      .filter(({ labels }) => metricNameOf(labels) === name)
      .flatMap(({ samples }) =>
        samples.map(({ timestampMs, stale }) => `${(timestampMs - baseMs) / 15_000}${stale ? ' stale' : ''}`),
      )
      .join(', ');

  test('a series missing from the next page ends there, once', () => {
    expect(slotsOf([page(0, ['a', 'b']), page(1, ['b']), page(2, ['b']), page(3, ['a', 'b'])], 'a')).toBe(
      '0, 1 stale, 3',
    );
  });

  test('a series still on the pages goes on', () => {
    expect(slotsOf([page(0, ['a']), page(1, ['a'])], 'a')).toBe('0, 1');
  });

  test('what was pushed is not ended by a page of the same source', () => {
    expect(slotsOf([page(0, ['pushed'], false), page(1, ['b']), page(2, ['pushed'], false)], 'pushed')).toBe('0, 2');
  });

  test('a missing slot is no page and ends nothing', () => {
    expect(slotsOf([page(0, ['a']), page(5, ['a'])], 'a')).toBe('0, 5');
  });
});
