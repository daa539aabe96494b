import type { Batch } from '../../core/batch.ts';
import type { Columns } from '../../core/columns.ts';
import { limits } from '../../core/limits.ts';
import type { Base } from '../../core/segment/base.ts';
import { segmentsOf } from '../../core/segment/gather.ts';
import { decodeHour } from '../../core/segment/hour.ts';
import { orderedOf } from '../../core/segment/order.ts';
import { chunksOf } from '../../core/segment/schema.ts';
import { encodeSegment } from '../../core/segment/segment.ts';
import type { SchemaChunk } from '../../core/segment/stored.ts';
import { cpuMs } from '../house.ts';

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN;

/**
 * CPU of minute segments, the median of runs over an hour, in µs a sample: the codec alone, and all that ingest does with
 * batches before it writes. The answer is checked first.
 */
export const codecTimes = (batches: readonly Batch[], samples: number) => {
  const runs = { encode: [] as number[], decode: [] as number[], gather: [] as number[] };
  const chunks = new Map<string, SchemaChunk>();
  for (let run = 0; run < 7; run += 1) {
    let base: Base | undefined;
    const segments: Uint8Array[] = [];
    const began = cpuMs();
    for (let at = 0; at < batches.length; at += 4) {
      const four = batches.slice(at, at + 4).map(batch => ({ batch, part: 0 }));
      const writes = segmentsOf(four, { baseFor: () => base, chunks });
      base = writes.ends[0]!.base;
      for (const chunk of writes.chunks) chunks.set(chunk.id, chunk);
      segments.push(...writes.segments.map(({ bytes }) => bytes));
    }
    const gathered = cpuMs();
    const { columns, rejects } = decodeHour(segments, id => chunks.get(id)?.sets);
    const decoded = cpuMs();
    if (rejects.length > 0) throw new Error(`not read: ${rejects[0]!.reject.reason}`);
    if (run === 0) same(columns, batches);
    const schemas = columns.map(({ series }) =>
      chunksOf(
        series.map(({ labels }) => orderedOf(labels)),
        chunks,
      ).map(({ id, sets }) => ({ id, count: sets.length })),
    );
    const beganEncode = cpuMs();
    let end: Base | undefined;
    for (const [at, block] of columns.entries())
      end = encodeSegment(
        schemas[at]!,
        block,
        end === undefined || end.depth >= limits.segmentDepth ? undefined : end,
      ).end;
    runs.encode.push(((cpuMs() - beganEncode) * 1_000) / samples);
    runs.gather.push(((gathered - began) * 1_000) / samples);
    runs.decode.push(((decoded - gathered) * 1_000) / samples);
  }
  return { encode: median(runs.encode), decode: median(runs.decode), gather: median(runs.gather) };
};

/** Every bit of every sample is there, and no other sample. */
const same = (read: readonly Columns[], sent: readonly Batch[]): void => {
  const cellsOf = (all: readonly Columns[]): Map<string, string> => {
    const cells = new Map<string, string>();
    for (const { timestampsMs, series } of all)
      for (const { labels, column } of series)
        for (const [slot, timestampMs] of timestampsMs.entries())
          if (column.has(slot))
            cells.set(`${JSON.stringify(labels)}@${timestampMs}`, `${column.high(slot)}:${column.low(slot)}`);
    return cells;
  };
  const [a, b] = [cellsOf(read), cellsOf(sent.map(({ columns }) => columns))];
  if (a.size !== b.size) throw new Error(`${a.size} samples read, ${b.size} sent`);
  for (const [name, bits] of b)
    if (a.get(name) !== bits) throw new Error(`${name} was read as ${a.get(name)}, sent as ${bits}`);
};
