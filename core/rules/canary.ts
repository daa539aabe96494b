import { type Batch, sourceOf } from '../batch.ts';
import { columnsOfRows } from '../columns.ts';
import { labelSetOf } from '../labels.ts';
import { matcherOf } from '../promql/matchers.ts';

// A sample that is sent where rules are evaluated, the way that all samples go; who stores it writes into it how long that took.

const metric = 'sluice_ingest_delay_seconds';
const source = sourceOf(
  labelSetOf([
    ['instance', 'rules'],
    ['job', 'sluice'],
  ]),
);
const idPrefix = 'rules-canary@';

export const canaryMatchers = [
  matcherOf('__name__', '=', metric),
  ...source.map(([name, value]) => matcherOf(name, '=', value)),
];

const batchOf = (sentMs: number, seconds: number): Batch => ({
  id: `${idPrefix}${sentMs}`,
  via: 'push',
  source,
  acceptedAtMs: sentMs,
  columns: columnsOfRows([sentMs], [false], {
    labels: [labelSetOf([['__name__', metric]])],
    values: [Float64Array.of(seconds)],
  }),
});

export const canaryAt = (sentMs: number): Batch => batchOf(sentMs, 0);

/** A canary as it is stored: with the time it took. Any other batch as it is. */
export const arrived = (batch: Batch, nowMs: number): Batch =>
  batch.id.startsWith(idPrefix) ? batchOf(batch.acceptedAtMs, Math.max(0, nowMs - batch.acceptedAtMs) / 1_000) : batch;
