import { limits } from '../limits.ts';
import { Column } from '../sample.ts';
import { Corrupt } from './bytes.ts';
import { codeColumn } from './column-coder.ts';
import { Above, newState } from './column-state.ts';
import { sealCoded, unseal } from './envelope.ts';
import { mixingFrom, NumberCoder } from './number-coder.ts';
import { BitReader, BitWriter } from './range-coder.ts';

// Columns that begin from nothing, over times and under label sets that are kept elsewhere: the smallest thing a reader of
// blocks decodes.

const nothing = new Uint8Array(0);

/** Columns over the same times. */
export const encodePart = (columns: readonly Column[]): Uint8Array => {
  const bits = new BitWriter();
  const coder = new NumberCoder(bits, mixingFrom());
  const above = new Above(columns[0]?.length ?? 0);
  for (const column of columns) codeColumn(coder, newState(), column, above, 1, true);
  return sealCoded('SP', nothing, bits.done());
};

/**
 * The wanted ones of `count` columns over `length` times, undefined in place of the others. Throws Corrupt where a byte is
 * not as it was written.
 */
export const decodePart = (
  bytes: Uint8Array,
  length: number,
  count: number,
  isWanted: (place: number) => boolean,
): (Column | undefined)[] => {
  const { open, unpack } = unseal('SP', bytes, limits.messageUnpackedBytes);
  if (open.length > 0) throw new Corrupt('a part with an open part');
  if (length * count > limits.blockCells)
    throw new Corrupt(`${length} times of ${count} columns, the limit is ${limits.blockCells} together`);
  const coder = new NumberCoder(new BitReader(unpack()), mixingFrom());
  const above = new Above(length);
  const wanted = Array.from({ length: count }, (_, place) => isWanted(place));
  // What nobody wants must be decoded as well, being what the next ones are guessed from, and need not be kept.
  const unwanted = new Column(length);
  const room = Column.many(wanted.filter(Boolean).length, length);
  let next = 0;
  return wanted.map(isKept => {
    const column = isKept ? room[next++]! : unwanted;
    codeColumn(coder, newState(), column, above, 1, false);
    return isKept ? column : undefined;
  });
};
