import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyOf, type LabelSet, labelSetOf } from '../../../core/labels.ts';
import { decodeLabelSets } from '../../../core/segment/chunk.ts';
import { decodeHour } from '../../../core/segment/hour.ts';

// Bytes as earlier versions wrote them. A file here is never changed: what it holds is in somebody's table.

const folder = join(import.meta.dirname, '../../fixtures/segments');

type Golden = {
  readonly chunks: Readonly<Record<string, string>>;
  readonly segments: readonly string[];
  readonly timestampsMs: readonly number[];
  readonly pages: readonly number[];
  readonly series: readonly {
    readonly labels: readonly (readonly [string, string])[];
    readonly bits: readonly (string | null)[];
  }[];
};

const hex = (word: number): string => word.toString(16).padStart(8, '0');

test.each(readdirSync(folder))('%s is read to the last bit', file => {
  const golden = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Golden;
  const chunks = new Map<string, readonly LabelSet[]>();
  for (const [id, bytes] of Object.entries(golden.chunks)) {
    const read = decodeLabelSets(Buffer.from(bytes, 'base64'));
    if (read.ok) chunks.set(id, read.sets);
  }
  const read = decodeHour(
    golden.segments.map(bytes => Buffer.from(bytes, 'base64')),
    id => chunks.get(id),
  );
  expect(read.rejects).toEqual([]);
  const cells = new Map<string, string>();
  const pages = new Set<number>();
  for (const { timestampsMs, pages: own, series } of read.columns) {
    for (const slot of own) pages.add(timestampsMs[slot]!);
    for (const { labels, column } of series) {
      for (const [slot, timestampMs] of timestampsMs.entries())
        if (column.has(slot))
          cells.set(`${keyOf(labels)} ${timestampMs}`, hex(column.high(slot)) + hex(column.low(slot)));
    }
  }
  expect([...pages].sort()).toEqual(golden.pages.map(slot => golden.timestampsMs[slot]));
  const expected = golden.series.flatMap(({ labels, bits }) =>
    bits.flatMap((each, slot) =>
      each === null ? [] : [[`${keyOf(labelSetOf(labels))} ${golden.timestampsMs[slot]}`, each] as const],
    ),
  );
  expect(Object.fromEntries(cells)).toEqual(Object.fromEntries(expected));
});
