import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { expositionOf } from '../../core/exposition/read.ts';
import { limits } from '../../core/limits.ts';
import type { GatheredSample } from '../../core/protocol/gather.ts';
import { remoteWrite } from '../../core/protocol/remote-write.ts';
import { unpackSnappy } from '../../core/protocol/snappy.ts';
import { textOfReject } from '../../core/reject.ts';
import { Complaint } from './complaint.ts';
import { printable } from './show.ts';

/** What stands at a place of a file: how many bytes of it, and what they say. */
export type Piece = {
  readonly bytes: number;
  readonly samples: readonly GatheredSample[];
  /** Samples that can never be taken, and why the first of them. */
  readonly refused: number;
  readonly problem?: string;
};

/** A file of samples of the past, read piece by piece: the same place gives the same piece. */
export type Past = {
  readonly size: number;
  readonly format: PastFormat;
  readonly pieceAt: (offset: number) => Piece;
  readonly close: () => void;
};

export const pastFormats = ['openmetrics', 'text', 'remote-write'] as const;
export type PastFormat = (typeof pastFormats)[number];

/** Read and sent at once: some ten thousand samples, a push of which takes a second. */
const pieceBytes = 1_048_576;

/** Opens a file; what it holds is told by its bytes where nobody says it. */
export const openPast = (path: string, wanted: string | undefined, nowMs: number): Past => {
  if (wanted !== undefined && !pastFormats.includes(wanted as PastFormat))
    throw new Complaint(`--format is ${pastFormats.join(', ')}, found ${wanted}`);
  const file = opened(path);
  const { size } = fstatSync(file);
  const bytesAt = (offset: number, length: number): Buffer => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
    readSync(file, bytes, 0, bytes.length, offset);
    return bytes;
  };
  const format = (wanted as PastFormat | undefined) ?? formatOf(bytesAt(0, 256), bytesAt(Math.max(0, size - 64), 64));
  const pieceAt =
    format === 'remote-write' ? messages(path, size, bytesAt, nowMs) : lines(size, bytesAt, contentTypes[format]);
  return { size, format, pieceAt, close: () => closeSync(file) };
};

const opened = (path: string): number => {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new Complaint(`${path} cannot be read: ${(error as Error).message}`);
  }
};

const contentTypes = { openmetrics: 'application/openmetrics-text', text: 'text/plain' } as const;

/** Text has no control characters but tabs and the ends of lines; a message has them in its first bytes. */
const formatOf = (head: Buffer, tail: Buffer): PastFormat => {
  if (/[\x00-\x08\x0e-\x1f]/.test(head.toString('latin1'))) return 'remote-write';
  return /# EOF\s*$/.test(tail.toString('latin1')) ? 'openmetrics' : 'text';
};

type BytesAt = (offset: number, length: number) => Buffer;

/** Whole lines from an offset on; the last piece ends with the file. */
const lines =
  (size: number, bytesAt: BytesAt, contentType: string) =>
  (offset: number): Piece => {
    const read = bytesAt(offset, pieceBytes);
    const isLast = offset + read.length >= size;
    const end = isLast ? read.length - 1 : read.lastIndexOf(10);
    if (end === -1 && !isLast) throw new Complaint(`a line of more than ${pieceBytes} bytes stands at ${offset}`);
    const bytes = read.subarray(0, end + 1);
    const { value, rejects } = expositionOf(contentType)!(endless(bytes, contentType), { samples: pieceBytes });
    if (rejects[0] !== undefined) throw new Complaint(printable(`not sent: ${textOfReject(rejects[0])}`));
    const samples = value.samples.map(({ labels, value: number, timestampMs }): GatheredSample => {
      if (timestampMs === undefined)
        throw new Complaint('a sample without a time: only what says when it was belongs into the past');
      return { labels, value: number, timestampMs };
    });
    return { bytes: bytes.length, samples, refused: 0 };
  };

const endMark = new TextEncoder().encode('# EOF\n');

/** Of OpenMetrics a reader wants the end: each piece has one. */
const endless = (piece: Uint8Array, contentType: string): Uint8Array =>
  contentType.startsWith('application/openmetrics') &&
  !/# EOF\s*$/.test(Buffer.from(piece.subarray(-16)).toString('latin1'))
    ? Buffer.concat([piece, endMark])
    : piece;

/** Requests of remote write: one that is the whole file, or any number, each after its length as protobuf delimits them. */
const messages = (path: string, size: number, bytesAt: BytesAt, nowMs: number) => {
  const isDelimited = walksThrough(size, bytesAt);
  if (!isDelimited && size > limits.messageUnpackedBytes)
    throw new Complaint(
      `${path} is no request of remote write, nor several of them each after its length: of one, the limit is ${limits.messageUnpackedBytes} bytes`,
    );
  return (offset: number): Piece => {
    const { length, header } = isDelimited ? sizeAt(offset, bytesAt)! : { length: size, header: 0 };
    const said = requestIn(bytesAt(offset + header, length), nowMs);
    if (typeof said === 'string') throw new Complaint(printable(`not sent: the request at byte ${offset}: ${said}`));
    return { ...said, bytes: header + length };
  };
};

/** The length that stands at an offset, as a varint, if one does and what it announces is there. */
const sizeAt = (offset: number, bytesAt: BytesAt): { readonly length: number; readonly header: number } | undefined => {
  const bytes = bytesAt(offset, 5);
  let length = 0;
  for (const [at, byte] of bytes.entries()) {
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { length, header: at + 1 };
  }
  return undefined;
};

const walksThrough = (size: number, bytesAt: BytesAt): boolean => {
  let offset = 0;
  while (offset < size) {
    const next = sizeAt(offset, bytesAt);
    if (next === undefined || next.length === 0 || next.length > limits.messageUnpackedBytes) return false;
    offset += next.header + next.length;
  }
  return offset === size && size > 0;
};

/** Of version 2 the symbols come first, field 4; of version 1 the series, field 1. */
const isV2 = (bytes: Uint8Array): boolean => bytes[0] === 0x22 || bytes[0] === 0x2a;

/** What a request says, packed by snappy or not; a text where it is none. */
const requestIn = (bytes: Uint8Array, nowMs: number): Omit<Piece, 'bytes'> | string => {
  const request = (body: Uint8Array) => {
    const proto = isV2(body) ? ';proto=io.prometheus.write.v2.Request' : '';
    return remoteWrite.read(
      {
        method: 'POST',
        path: '/api/v1/write',
        query: {},
        header: name => (name === 'content-type' ? `application/x-protobuf${proto}` : ''),
        acceptedAtMs: nowMs,
        // How old it may be the collector says.
        backfillMs: nowMs,
        receipt: 'backfill',
      },
      body,
    );
  };
  const read = request(unpackedOr(bytes));
  if (!read.ok) return read.rejects[0] === undefined ? 'unreadable' : textOfReject(read.rejects[0]);
  const [problem] = read.rejects ?? [];
  return {
    samples: read.pushed.samples,
    refused: read.refusedSamples,
    ...(problem !== undefined && { problem: textOfReject(problem) }),
  };
};

const unpackedOr = (bytes: Uint8Array): Uint8Array => {
  try {
    return unpackSnappy(bytes, { maxOutputLength: limits.messageUnpackedBytes });
  } catch {
    return bytes;
  }
};
