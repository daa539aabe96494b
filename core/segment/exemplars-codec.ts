import { type Exemplar, readExemplar, type WrittenExemplar, writeExemplar } from '../exemplars.ts';
import { limits } from '../limits.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { guarded, seal, unseal } from './envelope.ts';

const nothing = new Uint8Array(0);

/** Exemplars in as many pieces as they need, each at most limits.exemplarBytes of text. */
export const encodeExemplars = (exemplars: readonly Exemplar[]): Uint8Array[] => {
  const pieces: string[][] = [[]];
  let bytes = 0;
  for (const exemplar of exemplars) {
    const text = JSON.stringify(writeExemplar(exemplar));
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > limits.exemplarBytes && pieces.at(-1)!.length > 0) {
      pieces.push([]);
      bytes = Buffer.byteLength(text) + 1;
    }
    pieces.at(-1)!.push(text);
  }
  return pieces
    .filter(texts => texts.length > 0)
    .map(texts => {
      const writer = new ByteWriter();
      writer.text(`[${texts.join(',')}]`);
      return seal('EX', nothing, writer.done());
    });
};

export const decodeExemplars = (bytes: Uint8Array) =>
  guarded('bad_exemplars', () => {
    const text = new ByteReader(unseal('EX', bytes, limits.messageUnpackedBytes).unpack()).text();
    return { exemplars: (JSON.parse(text) as WrittenExemplar[]).map(readExemplar) };
  });
