import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { Reject } from '../reject.ts';
import { unpackSnappy } from './snappy.ts';

type Unpacked =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly problem: 'too_large' | 'unknown_encoding' | 'corrupt'; readonly reject: Reject };

const unpackers: Readonly<Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
  snappy: unpackSnappy,
};

/**
 * Undoes a Content-Encoding; the first of `taken` is meant where none is named. The cap is on what comes out, while it
 * comes out: a bomb is never unpacked.
 */
export const unpack = (
  bytes: Uint8Array,
  contentEncoding: string,
  maxBytes: number,
  taken: readonly string[] = ['identity', ...Object.keys(unpackers)],
): Unpacked => {
  const encoding = contentEncoding.trim().toLowerCase() || taken[0]!;
  if (encoding === 'identity' && taken.includes(encoding)) return { ok: true, bytes };
  const unpacker = taken.includes(encoding) && Object.hasOwn(unpackers, encoding) ? unpackers[encoding] : undefined;
  if (unpacker === undefined) {
    const reason = `content-encoding ${encoding} is not taken here, use one of ${taken.join(', ')}`;
    return { ok: false, problem: 'unknown_encoding', reject: { code: 'unknown_encoding', reason } };
  }
  try {
    return { ok: true, bytes: unpacker(bytes, { maxOutputLength: maxBytes }) };
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return tooLarge
      ? {
          ok: false,
          problem: 'too_large',
          reject: { code: 'body_limit', reason: `the unpacked body is over ${maxBytes} bytes` },
        }
      : {
          ok: false,
          problem: 'corrupt',
          reject: { code: 'corrupt_body', reason: `the body is not valid ${encoding}: ${(error as Error).message}` },
        };
  }
};
