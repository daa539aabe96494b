import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Batch, sourceIdOf } from '../../../core/batch.ts';
import { type Label, type LabelSet, labelSetOf, merged } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { batchesOf, type Delivery, type GatheredSample } from '../../../core/protocol/gather.ts';
import { decodeBatch, encodeBatch } from '../../../core/segment/batch-message.ts';

const acceptedAtMs = 1_700_000_000_000;
const delivery: Delivery = { id: 'd1', via: 'push', acceptedAtMs };
const set = (...labels: Label[]): LabelSet => labelSetOf(labels);
const named = (name: string, ...labels: Label[]): LabelSet => set(['__name__', name], ...labels);

/** Every value of the batches as [labels with the source's, time, value]. */
const cellsOf = (batches: readonly Batch[]): [labels: LabelSet, timestampMs: number, value: number | 'stale'][] =>
  batches.flatMap(({ source, columns: { timestampsMs, series } }) =>
    series.flatMap(({ labels, column }) =>
      timestampsMs.flatMap((timestampMs, slot): [LabelSet, number, number | 'stale'][] =>
        column.has(slot)
          ? [[merged(labels, source), timestampMs, column.isStale(slot) ? 'stale' : column.values[slot]!]]
          : [],
      ),
    ),
  );

describe('one source', () => {
  test('has one batch under the id of the delivery, times ascending, series without its labels', () => {
    const source: Label[] = [
      ['job', 'j'],
      ['instance', 'i'],
    ];
    const [batch, ...others] = batchesOf(
      [
        { labels: named('a', ...source), value: 1 },
        { labels: named('b', ...source), value: 2, timestampMs: acceptedAtMs - 5 },
        { labels: named('a', ...source), value: 3, timestampMs: acceptedAtMs - 9 },
      ],
      delivery,
    );
    expect(others).toEqual([]);
    expect(batch).toMatchObject({ id: 'd1', via: 'push', acceptedAtMs, source: set(...source) });
    expect(batch?.columns.timestampsMs).toEqual([acceptedAtMs - 9, acceptedAtMs - 5, acceptedAtMs]);
    expect(batch?.columns.series.map(({ labels }) => labels)).toEqual([named('a'), named('b')]);
    expect([...batch!.columns.pages]).toEqual([]);
  });

  test('keeps the last of two values at one time', () => {
    const twice = [1, 2].map(value => ({ labels: named('a'), value }));
    expect(cellsOf(batchesOf(twice, delivery))).toEqual([[named('a'), acceptedAtMs, 2]]);
  });

  test('keeps a staleness marker', () => {
    expect(cellsOf(batchesOf([{ labels: named('a'), value: 0, stale: true }], delivery))).toEqual([
      [named('a'), acceptedAtMs, 'stale'],
    ]);
  });

  test('of a scrape has its slot as a page, also where every sample has its own time', () => {
    const [batch] = batchesOf([{ labels: named('a'), value: 1, timestampMs: acceptedAtMs - 5 }], {
      ...delivery,
      via: 'pull',
      pages: true,
    });
    expect(batch?.columns.timestampsMs).toEqual([acceptedAtMs - 5, acceptedAtMs]);
    expect([...batch!.columns.pages]).toEqual([1]);
  });
});

test('several sources have batches of their own, with ids that the same delivery gives again', () => {
  const samples = ['a', 'b'].map(job => ({ labels: named('m', ['job', job]), value: 1 }));
  const ids = ['a', 'b'].map(job => `d1/${sourceIdOf(set(['job', job]))}`);
  expect(batchesOf(samples, delivery).map(({ id }) => id)).toEqual(ids);
  expect(batchesOf(samples, delivery).map(({ id }) => id)).toEqual(ids);
});

test('forced labels win over what a sample says of itself', () => {
  const [batch] = batchesOf([{ labels: named('m', ['job', 'evil'], ['zone', 'x']), value: 1 }], {
    ...delivery,
    sourceLabels: set(['job', 'good'], ['zone', 'y']),
  });
  expect(batch?.source).toEqual(set(['job', 'good']));
  expect(batch?.columns.series[0]?.labels).toEqual(named('m', ['zone', 'y']));
});

test('what a delivery says of families goes with its first batch, and nothing with the others', () => {
  const samples = ['a', 'b'].map(job => ({ labels: named('m', ['job', job]), value: 1 }));
  const families = [{ name: 'm', type: 'gauge' as const }];
  expect(batchesOf(samples, { ...delivery, families }).map(batch => batch.families)).toEqual([families, undefined]);
  expect(batchesOf(samples, { ...delivery, families: [] })).toEqual(batchesOf(samples, delivery));
});

test('no samples, no batches', () => {
  expect(batchesOf([], { ...delivery, pages: true })).toEqual([]);
});

test('series that share no times are cut into batches, so that cells stay near samples', () => {
  const count = 5_000;
  const samples = Array.from({ length: count }, (_, index) => ({
    labels: named(`m${index}`),
    value: index,
    timestampMs: acceptedAtMs - index,
  }));
  const batches = batchesOf(samples, delivery);
  const cells = batches.reduce(
    (sum, { columns: { timestampsMs, series } }) => sum + timestampsMs.length * series.length,
    0,
  );
  expect(cells).toBeLessThanOrEqual(limits.cellsPerSample * count);
  expect(new Set(batches.map(({ id }) => id)).size).toBe(batches.length);
  expect(cellsOf(batches)).toHaveLength(count);
});

test('a batch is never larger than what reads it takes, however many samples there are', () => {
  const [series, each, times] = [2_000, 35, 2_240];
  const samples = Array.from({ length: series * each }, (_, index) => ({
    labels: named('m', ['s', String(Math.floor(index / each))]),
    value: index,
    timestampMs: acceptedAtMs - (index % times),
  }));
  const read = batchesOf(samples, delivery).flatMap(encodeBatch).map(decodeBatch);
  expect(read.filter(({ ok }) => !ok)).toEqual([]);
  expect(cellsOf(read.flatMap(message => (message.ok ? [message.batch] : [])))).toHaveLength(series * each);
});

test('nothing is lost or made up', () => {
  const labels = fc
    .dictionary(fc.constantFrom('__name__', 'job', 'instance', 'a'), fc.constantFrom('', 'x', 'y'), { maxKeys: 4 })
    .map(each => labelSetOf(Object.entries(each)));
  const sample: fc.Arbitrary<GatheredSample> = fc.record(
    { labels, value: fc.integer(), timestampMs: fc.integer({ min: acceptedAtMs - 3, max: acceptedAtMs + 3 }) },
    { requiredKeys: ['labels', 'value'] },
  );
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 30 }), samples => {
      const expected = new Map(
        samples.map(each => [JSON.stringify([each.labels, each.timestampMs ?? acceptedAtMs]), each.value]),
      );
      const found = cellsOf(batchesOf(samples, delivery)).map(([set_, timestampMs, value]): [string, unknown] => [
        JSON.stringify([set_, timestampMs]),
        value,
      ]);
      expect(found).toHaveLength(expected.size);
      expect(new Map(found)).toEqual(expected);
    }),
  );
});
