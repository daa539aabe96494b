import type { Batch } from '../batch.ts';
import type { Columns } from '../columns.ts';
import { labelSetOf } from '../labels.ts';
import { limits } from '../limits.ts';
import { ByteReader, ByteWriter, Corrupt } from './bytes.ts';
import { readLabelSets, writeLabelSets } from './chunk.ts';
import { readNumbers, writeNumbers } from './columns-codec.ts';
import { guarded, seal, unseal } from './envelope.ts';
import { readIncrements, writeIncrements } from './increments-codec.ts';

// What crosses the buffer. Base64, because SQS refuses control characters.

type Head = Omit<Batch, 'columns'> & { readonly part: number; readonly parts: number; readonly increments?: true };

/** The messages of one batch, each at most limits.messageBytes characters: cut by series, numbered from 0. */
export const encodeBatch = (batch: Batch): string[] => {
  const pieces = cut(batch);
  return pieces.map((columns, part) => textOf(batch, columns, part, pieces.length));
};

const cut = (batch: Batch, columns: Columns = batch.columns): Columns[] => {
  // The numbers of a part take at most 6 digits each: room for them is left.
  if (columns.series.length <= 1 || textOf(batch, columns, 0, 1).length <= limits.messageBytes - 16) return [columns];
  const middle = Math.ceil(columns.series.length / 2);
  const halves = [columns.series.slice(0, middle), columns.series.slice(middle)];
  return halves.flatMap(series => cut(batch, { ...columns, series }));
};

const textOf = ({ columns: _, families, ...head }: Batch, columns: Columns, part: number, parts: number): string => {
  const { series, tags } = columns;
  const writer = new ByteWriter();
  // Said once, in the first part.
  const told = part === 0 && families !== undefined ? { families } : {};
  writer.text(JSON.stringify({ ...head, ...told, part, parts, ...(tags && { increments: true }) } satisfies Head));
  writeLabelSets(
    writer,
    series.map(({ labels }) => labels),
  );
  (tags ? writeIncrements : writeNumbers)(writer, { ...columns, columns: series.map(({ column }) => column) });
  return Buffer.from(seal('SB', new Uint8Array(0), writer.done())).toString('base64');
};

export const decodeBatch = (text: string) =>
  guarded('bad_message', (): { readonly batch: Batch; readonly part: number; readonly parts: number } => {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text) throw new Corrupt('not base64');
    const reader = new ByteReader(unseal('SB', bytes, limits.messageUnpackedBytes).unpack());
    const { part, parts, source, increments, ...head } = JSON.parse(reader.text()) as Head;
    const sets = readLabelSets(reader);
    const { columns, ...numbers } = (increments ? readIncrements : readNumbers)(reader, limits.blockCells);
    if (columns.length !== sets.length) throw new Corrupt(`${columns.length} columns under ${sets.length} label sets`);
    const series = columns.map((column, index) => ({ labels: sets[index]!, column }));
    return { batch: { ...head, source: labelSetOf(source), columns: { ...numbers, series } }, part, parts };
  });
