import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Reject } from '../reject.ts';
import { ByteReader, ByteWriter, Corrupt } from './bytes.ts';

// Everything we keep or send is in such an envelope:
//   2 bytes kind · 1 byte version · 1 byte codec · 4 bytes CRC-32 of all that follows · content
// The content is plain or zstd, whichever is smaller, or (segments) coded by a coder of our own.

type Kind = 'SG' | 'SP' | 'SI' | 'SC' | 'SB' | 'BI' | 'EX';

/** Which version each kind is read in; the first is the one that is written. */
const versions: Readonly<Record<Kind, readonly number[]>> = {
  SG: [2, 1],
  SP: [1],
  SI: [1],
  SC: [1],
  SB: [1],
  BI: [2],
  EX: [1],
};

/** Whether what is packed are bits of the coder. */
const isCoded = (kind: Kind, version: number): boolean => kind === 'SP' || (kind === 'SG' && version === 2);

const plain = 0;
const zstd = 1;
const coded = 2;

/** zstd level 3: brotli-11 costs a hundred times the CPU for a tenth of the bytes (DESIGN 5). */
const level = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

/**
 * Less than this is left as it is: zstd takes 25 µs to begin and saves a quarter of it, and neither messages nor items are
 * paid by less than a kilobyte.
 */
const worthPacking = 512;

/** `open` stays readable without unpacking; `packed` is compressed where that pays. */
export const seal = (kind: Kind, open: Uint8Array, packed: Uint8Array): Uint8Array => {
  const compressed = packed.length < worthPacking ? packed : zstdCompressSync(packed, level);
  const codec = compressed.length < packed.length ? zstd : plain;
  const body = new ByteWriter();
  body.varint(open.length);
  body.bytes(open);
  body.varint(packed.length);
  body.bytes(codec === zstd ? compressed : packed);
  return enveloped(kind, codec, body.done());
};

/** The same for bits that cannot be made smaller. */
export const sealCoded = (kind: Kind, open: Uint8Array, bits: Uint8Array): Uint8Array => {
  const body = new ByteWriter();
  body.varint(open.length);
  body.bytes(open);
  body.bytes(bits);
  return enveloped(kind, coded, body.done());
};

const enveloped = (kind: Kind, codec: number, content: Uint8Array): Uint8Array => {
  const version = versions[kind][0]!;
  const sealed = new ByteWriter();
  sealed.byte(kind.charCodeAt(0));
  sealed.byte(kind.charCodeAt(1));
  sealed.byte(version);
  sealed.byte(codec);
  // The head is under the checksum too, so that no byte can change unseen.
  sealed.uint32(crc32(content, codec | (version << 8)));
  sealed.bytes(content);
  return sealed.done();
};

type Opened = { readonly version: number; readonly open: Uint8Array; readonly unpack: () => Uint8Array };

/** Opens an envelope of the kind asked for. Throws Corrupt for any byte that is not as it was written. */
export const unseal = (kind: Kind, bytes: Uint8Array, mostUnpackedBytes: number): Opened => {
  const reader = new ByteReader(bytes);
  const found = String.fromCharCode(reader.byte(), reader.byte());
  if (found !== kind) throw new Corrupt(`expected ${kind}, found ${JSON.stringify(found)}`);
  const version = reader.byte();
  if (!versions[kind].includes(version))
    throw new Corrupt(`version ${version} is not known, this reader knows ${versions[kind].join(', ')}`);
  const codec = reader.byte();
  if (isCoded(kind, version) ? codec !== coded : codec !== plain && codec !== zstd)
    throw new Corrupt(`codec ${codec} is not known`);
  const checksum = reader.uint32();
  if (crc32(bytes.subarray(bytes.length - reader.left), codec | (version << 8)) !== checksum)
    throw new Corrupt('the checksum does not match');
  const open = reader.bytes(reader.varint());
  if (codec === coded) {
    const bits = reader.bytes(reader.left);
    return { version, open, unpack: () => bits };
  }
  const unpackedBytes = reader.varint();
  if (unpackedBytes > mostUnpackedBytes)
    throw new Corrupt(`${unpackedBytes} bytes unpacked, the limit is ${mostUnpackedBytes}`);
  const packed = reader.bytes(reader.left);
  return {
    version,
    open,
    unpack: () => {
      if (codec === plain) return packed;
      try {
        return zstdDecompressSync(packed, { maxOutputLength: Math.max(1, unpackedBytes) });
      } catch (error) {
        throw new Corrupt(`zstd: ${(error as Error).message}`);
      }
    },
  };
};

/** Runs a decoder; bytes that are not ours become a reject, bugs stay throws. */
export const guarded = <T>(
  code: string,
  decode: () => T,
): ({ readonly ok: true } & T) | { readonly ok: false; readonly reject: Reject } => {
  try {
    return { ok: true, ...decode() };
  } catch (error) {
    if (error instanceof Corrupt) return { ok: false, reject: { code, reason: error.message } };
    throw error;
  }
};
