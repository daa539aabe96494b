import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Batch } from '../../../core/batch.ts';
import { labelSetOf, merged } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { writeRequestsOf } from '../../../core/onward/write-request.ts';
import { batches as anyBatches, baseMs, columnOf } from '../segment/generate.ts';
import { readWriteRequest } from './requests.ts';

const hex = (half: number): string => half.toString(16).padStart(8, '0');

/** What must arrive: of every series and time the largest bits. */
const expected = (batches: readonly Batch[]): Map<string, string> => {
  const all = new Map<string, string>();
  for (const { source, columns } of batches) {
    for (const { labels, column } of columns.series) {
      const series = JSON.stringify(merged(labels, source));
      columns.timestampsMs.forEach((timestampMs, slot) => {
        if (!column.has(slot)) return;
        const key = `${series} ${timestampMs}`;
        const bits = hex(column.high(slot)) + hex(column.low(slot));
        if (bits > (all.get(key) ?? '')) all.set(key, bits);
      });
    }
  }
  return all;
};

test('everything arrives, once, in order, to the last bit', () => {
  fc.assert(
    fc.property(anyBatches, batches => {
      const arrived = new Map<string, string>();
      for (const body of writeRequestsOf(batches)) {
        for (const { labels, samples } of readWriteRequest(body)) {
          expect(Object.keys(labels)).toEqual(Object.keys(labels).sort());
          const times = samples.map(({ timestampMs }) => timestampMs);
          expect(times).toEqual([...new Set(times)].sort((one, other) => one - other));
          for (const { timestampMs, bits } of samples) {
            const key = `${JSON.stringify(Object.entries(labels))} ${timestampMs}`;
            expect(arrived.has(key)).toBe(false);
            arrived.set(key, bits);
          }
        }
      }
      expect(arrived).toEqual(expected(batches));
    }),
  );
});

const batchOf = (series: number, times: number): Batch => ({
  id: 'b',
  via: 'push',
  source: labelSetOf([['job', 'j']]) as Batch['source'],
  acceptedAtMs: baseMs,
  columns: {
    timestampsMs: Array.from({ length: times }, (_, index) => baseMs + index),
    pages: new Set(),
    series: Array.from({ length: series }, (_, index) => ({
      labels: labelSetOf([['__name__', `metric_${index}`]]),
      column: columnOf(Array.from({ length: times }, () => [0x40000000, 0] as const)),
    })),
  },
});

test.each([
  { series: 0, times: 0, sizes: [] },
  { series: 1, times: 1, sizes: [1] },
  { series: limits.onwardSamples, times: 1, sizes: [limits.onwardSamples] },
  { series: limits.onwardSamples + 1, times: 1, sizes: [limits.onwardSamples, 1] },
  // One series goes on in the next request.
  { series: 1, times: 2 * limits.onwardSamples + 1, sizes: [limits.onwardSamples, limits.onwardSamples, 1] },
  { series: 3, times: 700, sizes: [limits.onwardSamples, limits.onwardSamples, 100] },
])('$series series of $times samples are cut into $sizes', ({ series, times, sizes }) => {
  const requests = writeRequestsOf([batchOf(series, times)]).map(readWriteRequest);
  expect(requests.map(sent => sent.reduce((sum, { samples }) => sum + samples.length, 0))).toEqual(sizes);
});
