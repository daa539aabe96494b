import type { Columns } from '../columns.ts';
import type { LabelSet } from '../labels.ts';
import type { Reject } from '../reject.ts';
import { type Base, type Group, groupsNeeded } from './base.ts';
import { guarded } from './envelope.ts';
import { decodeIncrements, isIncrements, readIncrementsHeader } from './increments.ts';
import { decodeFramed, type Framed, framedOf, type Lookup, missingBase } from './segment.ts';
import { nameOf, openSegment, readSegmentHeader } from './segment-open.ts';

export type HourRead = {
  readonly columns: readonly Columns[];
  /** What could not be read: the segment's name and why. All others are there. */
  readonly rejects: readonly { readonly name: string; readonly reject: Reject }[];
};

/** What a reader wants of an hour: series by their labels, in [fromMs, toMs], both included. */
export type HourWanted = {
  readonly isWanted: (labels: LabelSet) => boolean;
  readonly fromMs: number;
  readonly toMs: number;
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
 * broken, or builds on one that is missing or broken, is told and left out; it takes no other with it. Where not all is
 * wanted, only what that stands on is decoded: segments that overlap the span come with their times and their wanted series, the
 * others not at all. Increments come whole.
 */
export const decodeHour = (
  segments: readonly Uint8Array[],
  chunkOf: Lookup['chunkOf'],
  wanted?: HourWanted,
): HourRead => {
  const hour = new Hour(segments, chunkOf, wanted);
  const columns = [...hour.columns()];
  const { rejects } = hour;
  for (const bytes of segments.filter(isIncrements)) {
    const decoded = decodeIncrements(bytes, chunkOf);
    if (decoded.ok) columns.push(decoded.columns);
    else rejects.push({ name: nameOf(bytes), reject: decoded.reject });
  }
  return { columns, rejects };
};

/** A segment on its way; `frame` is undefined where it cannot be read, `users` are who builds on it and is decoded. */
type Node = {
  readonly name: string;
  readonly base: Node | undefined;
  readonly frame: Framed | undefined;
  kept: Uint8Array | undefined;
  /** The groups that are decoded, be it for what builds on them. */
  readonly needed: Set<number>;
  isDone: boolean;
  users: number;
  end: Base | undefined;
};

class Hour {
  readonly rejects: { name: string; reject: Reject }[] = [];
  readonly #bytes: ReadonlyMap<string, Uint8Array>;
  readonly #nodes = new Map<string, Node>();
  readonly #chunkOf: Lookup['chunkOf'];
  readonly #wanted: HourWanted | undefined;
  /** Which series of a list are wanted; segments that build on each other have the same list. */
  readonly #keptOf = new Map<readonly LabelSet[], Uint8Array | undefined>();

  constructor(segments: readonly Uint8Array[], chunkOf: Lookup['chunkOf'], wanted: HourWanted | undefined) {
    this.#bytes = new Map(segments.filter(bytes => !isIncrements(bytes)).map(bytes => [nameOf(bytes), bytes]));
    this.#chunkOf = chunkOf;
    this.#wanted = wanted;
  }

  *columns(): Generator<Columns> {
    for (const name of this.#bytes.keys()) this.#node(name);
    for (const node of this.#nodes.values()) for (const group of this.#groupsAsked(node)) need(node, group);
    for (const node of this.#nodes.values()) yield* this.#decoded(node);
  }

  /** As deep as limits.segmentDepth; a circle cannot be, a name being the hash of what names another. */
  #node(name: string): Node {
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    let base: Node | undefined;
    const read = guarded('bad_segment', () => {
      const open = openSegment(this.#bytes.get(name)!);
      if (open.base !== undefined && !this.#bytes.has(open.base)) throw missingBase(open.base);
      base = open.base === undefined ? undefined : this.#node(open.base);
      if (base !== undefined && base.frame === undefined) throw missingBase(base.name);
      return { frame: framedOf(open, base && ended(base.frame!), this.#chunkOf) };
    });
    if (!read.ok) this.rejects.push({ name, reject: read.reject });
    const frame = read.ok ? read.frame : undefined;
    const needed = new Set<number>();
    const node = { name, base, frame, kept: undefined, needed, isDone: false, users: 0, end: undefined };
    this.#nodes.set(name, node);
    return node;
  }

  /** The groups of a segment in which there is something that is wanted. */
  #groupsAsked(node: Node): readonly number[] {
    const { frame } = node;
    if (frame === undefined) return [];
    const all = [...frame.groups.keys()];
    if (this.#wanted === undefined || frame.open.version === 1) return all;
    if (!this.#isInSpan(frame)) return [];
    node.kept = this.#kept(frame.sets);
    return all.filter(group => isWantedIn(frame.groups[group]!, node.kept));
  }

  #isInSpan({ times: { timestampsMs } }: Framed): boolean {
    if (this.#wanted === undefined || timestampsMs.length === 0) return true;
    return timestampsMs[0]! <= this.#wanted.toMs && timestampsMs.at(-1)! >= this.#wanted.fromMs;
  }

  /** Undefined where none is wanted. */
  #kept(sets: readonly LabelSet[]): Uint8Array | undefined {
    if (this.#keptOf.has(sets)) return this.#keptOf.get(sets);
    const kept = Uint8Array.from(sets, labels => (this.#wanted!.isWanted(labels) ? 1 : 0));
    const found = kept.includes(1) ? kept : undefined;
    this.#keptOf.set(sets, found);
    return found;
  }

  *#decoded(node: Node): Generator<Columns> {
    const { name, base, frame } = node;
    if (node.isDone || frame === undefined) return;
    node.isDone = true;
    if (node.needed.size === 0) {
      // Pages say that a series has ended even where there is none of those that are wanted.
      if (this.#isInSpan(frame)) yield { ...frame.times, series: [] };
      return;
    }
    if (base !== undefined) {
      yield* this.#decoded(base);
      base.users -= 1;
    }
    const decoded = guarded('bad_segment', () => {
      if (base !== undefined && base.end === undefined) throw missingBase(base.name);
      const isLast = base?.users === 0;
      const kept = this.#wanted === undefined ? undefined : (node.kept ?? new Uint8Array(frame.sets.length));
      const endAs = node.users > 0 ? name : undefined;
      return decodeFramed(frame, { base: base?.end, isLast, endAs, kept, isNeeded: group => node.needed.has(group) });
    });
    if (base?.users === 0) base.end = undefined;
    if (!decoded.ok) {
      this.rejects.push({ name, reject: decoded.reject });
      return;
    }
    node.end = decoded.end;
    if (this.#isInSpan(frame)) yield decoded.columns;
  }
}

const isWantedIn = ({ first, count }: Group, kept: Uint8Array | undefined): boolean =>
  kept?.subarray(first, first + count).includes(1) === true;

/** Marks a group of a segment, and what it stands on. */
const need = ({ base, frame, needed }: Node, group: number): void => {
  if (needed.has(group)) return;
  if (needed.size === 0 && base !== undefined) base.users += 1;
  needed.add(group);
  if (base?.frame === undefined) return;
  for (const each of groupsNeeded(base.frame, base.frame.groups, frame!.chunks, frame!.groups[group]!))
    need(base, each);
};

const ended = ({ chunks, sets, times }: Framed) => ({ chunks, sets, lastMs: times.timestampsMs.at(-1) ?? 0 });
