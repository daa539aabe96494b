import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelSet } from '../core/labels.ts';
import { type End, segmentsOf } from '../core/segment/gather.ts';
import { decodeSegment } from '../core/segment/segment.ts';
import { batchOf } from './pages/batches.ts';
import { histogramPages } from './pages/histograms.ts';
import { unpack } from './pages/pages.ts';

// Is every changed byte of 1,000 segments refused? Each byte of each segment is changed four ways: one bit, two bits, all
// bits, and at random. The count of segments is the first argument; the test makes do with a few.

const wanted = Number(process.argv[2] ?? 1_000);
const chunks = new Map<string, readonly LabelSet[]>();
const segments: Uint8Array[] = [];
const names = ['node', 'prometheus', 'victoria', 'histograms'] as const;
const pagesOf = (name: string) => {
  if (name === 'histograms') return histogramPages(40, Date.UTC(2026, 0, 1));
  const path = join(import.meta.dirname, 'pages', `${name}.pages.br`);
  return existsSync(path) ? unpack(readFileSync(path)) : [];
};
for (const name of names) {
  let last: End | undefined;
  // Enough pages of each to come to the count: a recording holds 240.
  for (const page of [...pagesOf(name), ...pagesOf(name)]) {
    if (segments.length >= wanted) break;
    const writes = segmentsOf([{ batch: batchOf(page, name, name), part: 0 }], { baseFor: () => last?.base });
    last = writes.ends[0];
    for (const { id, sets } of writes.chunks) chunks.set(id, sets);
    segments.push(...writes.segments.map(({ bytes }) => bytes));
  }
}

let flips = 0;
let undetected = 0;
const began = performance.now();
for (const bytes of segments) {
  for (let at = 0; at < bytes.length; at += 1) {
    const whole = bytes[at]!;
    for (const flip of [1 << (at & 7), 0x81, 0xff, randomInt(1, 256)]) {
      bytes[at] = whole ^ flip;
      flips += 1;
      if (decodeSegment(bytes, { chunkOf: id => chunks.get(id) }).ok) undetected += 1;
    }
    bytes[at] = whole;
  }
}
console.log(
  `${segments.length} segments, ${flips} changed bytes, ${undetected} undetected, ${Math.round((performance.now() - began) / 1_000)} s`,
);
process.exitCode = undetected === 0 && flips > 0 ? 0 : 1;
