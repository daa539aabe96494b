import { type Label, type LabelSet, labelSetOf } from '../labels.ts';
import { limits } from '../limits.ts';
import { ByteReader, ByteWriter, Corrupt } from './bytes.ts';
import { guarded, seal, unseal } from './envelope.ts';

const nothing = new Uint8Array(0);

/** Label sets in order, each string written once: 0 and the string where it is new, else its place in order of first use. */
export const writeLabelSets = (writer: ByteWriter, sets: readonly LabelSet[]): void => {
  const places = new Map<string, number>();
  const word = (text: string): void => {
    const place = places.get(text);
    if (place !== undefined) {
      writer.varint(place);
      return;
    }
    places.set(text, places.size + 1);
    writer.varint(0);
    writer.text(text);
  };
  writer.varint(sets.length);
  for (const set of sets) {
    writer.varint(set.length);
    for (const [name, value] of set) {
      word(name);
      word(value);
    }
  }
};

export const readLabelSets = (reader: ByteReader): LabelSet[] => {
  const words: string[] = [];
  const word = (): string => {
    const place = reader.varint();
    if (place > words.length) throw new Corrupt(`word ${place} of ${words.length}`);
    if (place > 0) return words[place - 1]!;
    const text = reader.text();
    words.push(text);
    return text;
  };
  return Array.from({ length: reader.count(1) }, () =>
    labelSetOf(Array.from({ length: reader.count(2) }, (): Label => [word(), word()])),
  );
};

/** The bytes of a schema chunk. */
export const encodeLabelSets = (sets: readonly LabelSet[]): Uint8Array => {
  const writer = new ByteWriter();
  writeLabelSets(writer, sets);
  return seal('SC', nothing, writer.done());
};

export const decodeLabelSets = (bytes: Uint8Array) =>
  guarded('bad_chunk', () => ({
    sets: readLabelSets(new ByteReader(unseal('SC', bytes, limits.messageUnpackedBytes).unpack())),
  }));
