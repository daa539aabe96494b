import { createHash } from 'node:crypto';
import type { Batch } from '../batch.ts';
import type { Columns } from '../columns.ts';
import { keyOf, type Label, type LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Column } from '../sample.ts';

/** One sample of a batch, by which to see whether the batch is stored: messages are stored whole, hour by hour. */
export type Witness = {
  readonly source: readonly Label[];
  /** The series, by a digest of its labels without the source's. */
  readonly series: string;
  readonly atMs: number;
  /** Its value's 64 bits in hex. */
  readonly bits: string;
  /** Of an increment: see core/segment/increments.ts. */
  readonly tag?: number;
};

/**
 * What became of a witness: `stored` is what it says, `merged` is there in the place of it what another delivery said (the
 * larger of two values of one time, or the same increment under an earlier time), `missing` is nothing of it.
 */
export type Fate = 'stored' | 'merged' | 'missing';

const seriesDigestOf = (labels: LabelSet): string =>
  createHash('sha256').update(keyOf(labels)).digest('base64url').slice(0, 12);

const bitsOf = (column: Column, slot: number): string =>
  column.high(slot).toString(16).padStart(8, '0') + column.low(slot).toString(16).padStart(8, '0');

/** One sample of the batch, and one more where it is in several messages or hours. */
export const witnessesOf = ({ source, columns }: Batch, messages: number): Witness[] => {
  const { timestampsMs, tags, series } = columns;
  const [first, last] = [series[0], series.at(-1)];
  if (first === undefined || last === undefined) return [];
  const witness = ({ labels, column }: (typeof series)[number], slot: number): Witness[] =>
    slot < 0
      ? []
      : [
          {
            source,
            series: seriesDigestOf(labels),
            atMs: timestampsMs[slot]!,
            bits: bitsOf(column, slot),
            ...(tags && { tag: tags[slot]! }),
          },
        ];
  const hourAt = (timestampMs = 0): number => Math.floor(timestampMs / limits.segmentSpanMs);
  const isApart = messages > 1 || hourAt(timestampsMs[0]) !== hourAt(timestampsMs.at(-1));
  return [
    ...witness(first, first.column.present.indexOf(1)),
    ...(isApart ? witness(last, last.column.present.lastIndexOf(1)) : []),
  ];
};

/** The span in which to read the source's columns before `fateOf` is asked. An increment may have been told an hour before. */
export const spanOf = ({ atMs, tag }: Witness): readonly [fromMs: number, toMs: number] => [
  tag === undefined ? atMs : atMs - limits.segmentSpanMs,
  atMs,
];

/** Looks for a witness in what is stored of its source, as it is stored. */
export const fateOf = (witness: Witness, stored: readonly Columns[]): Fate => {
  const { atMs, bits, tag, series: digest } = witness;
  let largest: string | undefined;
  for (const { timestampsMs, tags, series } of stored) {
    const slots = [...timestampsMs.keys()].filter(slot =>
      tag === undefined
        ? tags === undefined && timestampsMs[slot] === atMs
        : tags?.[slot] === tag && timestampsMs[slot]! <= atMs,
    );
    if (slots.length === 0) continue;
    for (const { labels, column } of series) {
      const held = slots.filter(slot => column.has(slot));
      if (held.length === 0 || seriesDigestOf(labels) !== digest) continue;
      for (const slot of held) {
        if (timestampsMs[slot] !== atMs) return 'merged';
        const found = bitsOf(column, slot);
        if (largest === undefined || found > largest) largest = found;
      }
    }
  }
  return largest === undefined ? 'missing' : largest === bits ? 'stored' : 'merged';
};
