import type { Columns, SeriesColumn } from '../columns.ts';
import type { LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Reject } from '../reject.ts';
import type { Column } from '../sample.ts';
import type { PlacedFrame } from './block.ts';
import { ByteReader, Corrupt } from './bytes.ts';
import { guarded } from './envelope.ts';
import { decodeIncrements } from './increments.ts';
import { decodePart } from './part.ts';
import type { Stripe } from './stripes.ts';
import { readTimes, type Times } from './times.ts';

/** A cell's bytes, and the label sets of its chunk; undefined where that is missing. */
type OpenCell = {
  readonly chunkId: string;
  readonly stripe: Stripe;
  readonly sets: readonly LabelSet[] | undefined;
  readonly parts: readonly Uint8Array[];
};

const noTimes: Times = { timestampsMs: [], pages: new Set() };

/** When a frame's source had samples, and which of these times were pages. */
export const timesOf = ({ times, fromMs }: PlacedFrame) =>
  guarded('bad_block', () =>
    times === undefined ? noTimes : readTimes(new ByteReader(times), fromMs, limits.blockCells),
  );

/** The wanted series of one part of a cell, and their columns over so many times. */
export const seriesOfCell = (
  { chunkId, stripe, sets, parts }: OpenCell,
  part: number,
  length: number,
  isWanted: (labels: LabelSet) => boolean,
) =>
  guarded('bad_block', (): { readonly series: readonly SeriesColumn[] } => {
    const { first, count } = stripe;
    if (sets === undefined || sets.length < first + count)
      throw new Corrupt(`schema chunk ${chunkId} is ${sets === undefined ? 'missing' : `of ${sets.length} sets`}`);
    const wanted = Array.from({ length: count }, (_, at) => isWanted(sets[first + at]!));
    if (!wanted.includes(true)) return { series: [] };
    const columns = decodePart(parts[part] ?? new Uint8Array(0), length, count, at => wanted[at]!);
    return { series: columns.flatMap((column, at) => seriesOf(sets[first + at]!, column)) };
  });

const seriesOf = (labels: LabelSet, column: Column | undefined): SeriesColumn[] =>
  column === undefined ? [] : [{ labels, column }];

/**
 * What a frame and its cells hold of the wanted series: its times even where it holds none of them, since those that are pages
 * say that a series has ended. What cannot be read is told and left out; it takes nothing else with it.
 */
export const columnsOfFrame = (
  frame: PlacedFrame,
  cells: readonly OpenCell[],
  isWanted: (labels: LabelSet) => boolean,
): { readonly columns: readonly Columns[]; readonly rejects: readonly Reject[] } => {
  const rejects: Reject[] = [];
  if (frame.times === undefined) {
    const columns: Columns[] = [];
    for (const { sets, parts } of cells) {
      const read = decodeIncrements(parts[0] ?? new Uint8Array(0), () => sets);
      if (read.ok) columns.push(read.columns);
      else rejects.push(read.reject);
    }
    return { columns, rejects };
  }
  const times = timesOf(frame);
  if (!times.ok) return { columns: [], rejects: [times.reject] };
  const { timestampsMs, pages } = times;
  const series: SeriesColumn[] = [];
  for (const cell of cells) {
    const read = seriesOfCell(cell, 0, timestampsMs.length, isWanted);
    if (read.ok) for (const each of read.series) series.push(each);
    else rejects.push(read.reject);
  }
  return { columns: [{ timestampsMs, pages, series }], rejects };
};
