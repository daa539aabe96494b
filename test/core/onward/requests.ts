import { BinaryReader } from '@bufbuild/protobuf/wire';
import snappy from 'snappyjs';

export type SentSeries = {
  readonly labels: Readonly<Record<string, string>>;
  /** The bits as 16 hexadecimal digits. */
  readonly samples: readonly { readonly timestampMs: number; readonly bits: string }[];
};

/** Fields of a message by number: all that remote write 1.0 has. */
const fieldsOf = (bytes: Uint8Array): { readonly field: number; readonly value: Uint8Array | bigint }[] => {
  const reader = new BinaryReader(bytes);
  const fields = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const value =
      wireType === 2 ? reader.bytes() : BigInt(wireType === 1 ? reader.fixed64() : wireType === 0 ? reader.int64() : 0);
    fields.push({ field, value });
  }
  return fields;
};

const text = (value: unknown): string => new TextDecoder('utf-8', { fatal: true }).decode(value as Uint8Array);

/** A receiver's reading of a body, by nothing that wrote it. */
export const readWriteRequest = (body: Uint8Array): SentSeries[] =>
  fieldsOf(snappy.uncompress(body)).map(({ value }) => {
    const inside = fieldsOf(value as Uint8Array);
    const messages = (number: number) =>
      inside.filter(({ field }) => field === number).map(each => fieldsOf(each.value as Uint8Array));
    return {
      labels: Object.fromEntries(messages(1).map(label => [text(label[0]?.value), text(label[1]?.value)])),
      samples: messages(2).map(sample => ({
        timestampMs: Number(sample.find(({ field }) => field === 2)?.value ?? 0n),
        bits: ((sample.find(({ field }) => field === 1)?.value ?? 0n) as bigint).toString(16).padStart(16, '0'),
      })),
    };
  });
