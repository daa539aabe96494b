import type { Columns } from '../columns.ts';
import type { Reject } from '../reject.ts';
import { decodeIncrements, isIncrements, readIncrementsHeader } from './increments.ts';
import { type Base, type Decoded, decodeSegment, type Lookup, nameOf, readSegmentHeader } from './segment.ts';

export type HourRead = {
  readonly columns: readonly Columns[];
  /** What could not be read: the segment's name and why. All others are there. */
  readonly rejects: readonly { readonly name: string; readonly reject: Reject }[];
};

/** The chunks that segments need, each once. */
export const chunksNeeded = (segments: readonly Uint8Array[]): string[] => [
  ...new Set(
    segments.flatMap(bytes => {
      const header = isIncrements(bytes) ? readIncrementsHeader(bytes) : readSegmentHeader(bytes);
      return header.ok ? header.chunks.map(({ id }) => id) : [];
    }),
  ),
];

/**
 * All segments of one source and hour, each after the one it builds on, in whatever order they come. A segment that is
 * broken, or builds on one that is missing or broken, is told and left out; it takes no other with it.
 */
export const decodeHour = (segments: readonly Uint8Array[], chunkOf: Lookup['chunkOf']): HourRead => {
  const waiting = new Map(segments.filter(bytes => !isIncrements(bytes)).map(bytes => [nameOf(bytes), bytes]));
  const headers = new Map([...waiting].map(([name, bytes]) => [name, readSegmentHeader(bytes)]));
  const isBase = new Set([...headers.values()].flatMap(header => (header.ok && header.base ? [header.base] : [])));
  const ends = new Map<string, Base>();
  const columns: Columns[] = [];
  const rejects: { name: string; reject: Reject }[] = [];
  const decode = (name: string, bytes: Uint8Array): void => {
    waiting.delete(name);
    const header = headers.get(name)!;
    const before = header.ok && header.base !== undefined ? waiting.get(header.base) : undefined;
    // As deep as limits.segmentDepth; a circle cannot be, a name being the hash of what names another.
    if (before !== undefined && header.ok) decode(header.base!, before);
    const endAs = isBase.has(name) ? name : undefined;
    const decoded = decodeSegment(bytes, { chunkOf, baseOf: base => ends.get(base), endAs });
    if (!decoded.ok) rejects.push({ name, reject: decoded.reject });
    else keep(name, decoded);
  };
  const keep = (name: string, { columns: own, end }: Decoded): void => {
    columns.push(own);
    if (end !== undefined) ends.set(name, end);
  };
  for (const [name, bytes] of waiting) decode(name, bytes);
  for (const bytes of segments.filter(isIncrements)) {
    const decoded = decodeIncrements(bytes, chunkOf);
    if (decoded.ok) columns.push(decoded.columns);
    else rejects.push({ name: nameOf(bytes), reject: decoded.reject });
  }
  return { columns, rejects };
};
