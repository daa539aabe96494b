import { hash } from 'node:crypto';
import type { Batch } from '../batch.ts';
import type { Columns } from '../columns.ts';
import { readExemplar, type WrittenExemplar, writeExemplar } from '../exemplars.ts';
import { type LabelSet, labelSetOf } from '../labels.ts';
import { limits } from '../limits.ts';
import { ByteReader, ByteWriter, Corrupt } from './bytes.ts';
import { decodeLabelSets, encodeLabelSets, readLabelSets } from './chunk.ts';
import { readNumbers, writeNumbers, writeRows } from './columns-codec.ts';
import { guarded, seal, unseal } from './envelope.ts';
import { readIncrements, writeIncrements } from './increments-codec.ts';
import { bytesOfLabels } from './written-labels.ts';

// What crosses the buffer: an envelope whose open part is the label sets, sealed by themselves, so that neither who sends the
// same series again nor who receives them has that work twice. Base64, because SQS refuses control characters.

type Head = Omit<Batch, 'columns' | 'exemplars'> & {
  readonly part: number;
  readonly parts: number;
  readonly increments?: true;
  readonly exemplars?: readonly WrittenExemplar[];
};

/** The messages of one batch, each at most limits.messageBytes characters: cut by series, numbered from 0. */
export const encodeBatch = (batch: Batch): string[] => {
  const { rows } = batch.columns;
  if (rows !== undefined) {
    const whole = textOf(batch, batch.columns, 0, 1);
    if (isMessage(whole)) return [whole];
  }
  const { timestampsMs, pages, series, sets, tags } = batch.columns;
  const columns = { timestampsMs, pages, series, ...(tags && { tags }) };
  const whole = textOf(batch, { ...columns, ...(sets && { sets }) }, 0, 1);
  if (isMessage(whole) || series.length <= 1) return [whole];
  const pieces = halved(batch, columns);
  return pieces.map((piece, part) => textOf(batch, piece, part, pieces.length));
};

/** Room for the numbers of a part, of at most 6 digits each. */
const partsChars = 16;

const isMessage = (text: string): boolean => text.length <= limits.messageBytes - partsChars;

/** Halves, and halves of these, until each is a message. */
const halved = (batch: Batch, columns: Columns): Columns[] => {
  const middle = Math.ceil(columns.series.length / 2);
  const halves = [columns.series.slice(0, middle), columns.series.slice(middle)].map(series => ({
    ...columns,
    series,
  }));
  return halves.flatMap(half =>
    half.series.length <= 1 || isMessage(textOf(batch, half, 0, 1)) ? [half] : halved(batch, half),
  );
};

const textOf = (
  { columns: _, families, exemplars, ...head }: Batch,
  columns: Columns,
  part: number,
  parts: number,
): string => {
  const { timestampsMs, pages, rows, tags } = columns;
  const writer = new ByteWriter();
  // Said once, in the first part.
  const told =
    part === 0 ? { ...(families && { families }), ...(exemplars && { exemplars: exemplars.map(writeExemplar) }) } : {};
  writer.text(JSON.stringify({ ...head, ...told, part, parts, ...(tags && { increments: true }) } satisfies Head));
  let labels: Uint8Array;
  if (rows === undefined) {
    labels =
      columns.sets === undefined
        ? encodeLabelSets(columns.series.map(each => each.labels))
        : bytesOfLabels(columns.sets);
    const numbers = columns.series.map(({ column }) => column);
    (tags ? writeIncrements : writeNumbers)(writer, { ...columns, columns: numbers });
  } else {
    labels = bytesOfLabels(rows.labels);
    writeRows(writer, timestampsMs, pages, rows.values);
  }
  return Buffer.from(seal('SB', labels, writer.done())).toString('base64');
};

/** Label sets that messages had, by a digest of their bytes: replicas have the same, and each has them again. */
const decoded = new Map<string, readonly LabelSet[]>();
let decodedSets = 0;

const decodedOnce = (bytes: Uint8Array): readonly LabelSet[] => {
  const digest = hash('sha256', bytes, 'base64url');
  const known = decoded.get(digest);
  if (known !== undefined) return known;
  const read = decodeLabelSets(bytes);
  if (!read.ok) throw new Corrupt(read.reject.reason);
  if (decodedSets + read.sets.length > limits.labelSetsRemembered) {
    decoded.clear();
    decodedSets = 0;
  }
  decoded.set(digest, read.sets);
  decodedSets += read.sets.length;
  return read.sets;
};

export const decodeBatch = (text: string) =>
  guarded('bad_message', (): { readonly batch: Batch; readonly part: number; readonly parts: number } => {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text) throw new Corrupt('not base64');
    const { open, unpack } = unseal('SB', bytes, limits.messageUnpackedBytes);
    const reader = new ByteReader(unpack());
    const { part, parts, source, increments, exemplars, ...head } = JSON.parse(reader.text()) as Head;
    // Version 0.1 had the label sets among the rest.
    const sets = open.length > 0 ? decodedOnce(open) : readLabelSets(reader);
    const { columns, ...numbers } = (increments ? readIncrements : readNumbers)(reader, limits.blockCells);
    if (columns.length !== sets.length) throw new Corrupt(`${columns.length} columns under ${sets.length} label sets`);
    const series = columns.map((column, index) => ({ labels: sets[index]!, column }));
    const told = exemplars && { exemplars: exemplars.map(readExemplar) };
    const known = open.length > 0 && { sets };
    const all = { ...numbers, series, ...known };
    return { batch: { ...head, ...told, source: labelSetOf(source), columns: all }, part, parts };
  });
