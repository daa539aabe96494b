import { constants, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';

/** Windows of zstd up to 8 MiB, as every decoder should take (RFC 8878, 3.1.1.1.2): a page must not choose our memory. */
const zstdWindowLog = 23;

const unpackers: Readonly<Record<string, (body: Buffer, most: number) => Buffer>> = {
  gzip: (body, most) => gunzipSync(body, { maxOutputLength: most }),
  deflate: (body, most) => inflateSync(body, { maxOutputLength: most }),
  zstd: (body, most) =>
    zstdDecompressSync(body, {
      maxOutputLength: most,
      params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog },
    }),
};

/** Undefined where nobody here can unpack it; '' and identity are as they are. */
export const unpackerOf = (encoding: string): ((body: Buffer, most: number) => Buffer) | undefined => {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return body => body;
  const known = name === 'x-gzip' ? 'gzip' : name;
  return Object.hasOwn(unpackers, known) ? unpackers[known] : undefined;
};

/** Whether an unpacker stopped because of its limit. */
export const isOverLimit = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
