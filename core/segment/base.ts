import { keyOf, type LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import { type ColumnState, copyOf, newState } from './column-state.ts';
import type { Learned } from './mixing.ts';
import { keysOfSets } from './sorted.ts';
import type { Times } from './times.ts';

/** A chunk of the schema that a segment's columns follow, and how many sets it has. */
export type ChunkRef = { readonly id: string; readonly count: number };

/**
 * What is known at the end of a segment: another that builds on it goes on from here instead of from nothing. It is named
 * by its bytes, so that nobody builds on one thing and reads another.
 */
export type Base = {
  readonly name: string;
  /** How many segments it builds on in turn: a reader needs them all. */
  readonly depth: number;
  readonly chunks: readonly ChunkRef[];
  readonly sets: readonly LabelSet[];
  /** For each chunk the coder's books at the end of the group that it was in; and those at the chain's root. */
  readonly learned: readonly Learned[];
  readonly root: Learned;
  /** Of columns that nobody asked for nothing is known. */
  readonly states: readonly (ColumnState | undefined)[];
  readonly lastMs: number;
  readonly stepMs: number;
};

/** Where coding begins: what is known of each column, and how many usual steps after it the first sample is. */
type Start = { readonly states: (ColumnState | undefined)[]; readonly gap: number };

/**
 * From nothing, or where the base ended, columns found again by their chunk or their labels: those of these groups.
 * `isLast`: nobody builds on this base after this, so that its books need not be copied.
 */
export const startOf = (
  base: Base | undefined,
  { chunks, sets }: Pick<Base, 'chunks' | 'sets'>,
  groups: readonly Group[],
  timestampsMs: readonly number[],
  isLast = false,
): Start => {
  if (base === undefined) return { states: sets.map(newState), gap: 1 };
  const gap = base.stepMs > 0 ? Math.max(1, Math.round(((timestampsMs[0] ?? 0) - base.lastMs) / base.stepMs)) : 1;
  if (sets === base.sets && isLast) return { states: base.states as Start['states'], gap };
  const places = sets === base.sets ? undefined : placesIn(base, chunks, sets);
  const states: Start['states'] = new Array(sets.length);
  for (const { first, count } of groups) {
    for (let at = first; at < first + count; at += 1) {
      const place = places === undefined ? at : places[at]!;
      states[at] = place === -1 ? newState() : copyOf(base.states[place]!);
    }
  }
  return { states, gap };
};

/** Columns that are coded without a look at the others: those of some chunks, from `firstChunk` on up to `endChunk`. */
export type Group = {
  readonly firstChunk: number;
  readonly endChunk: number;
  readonly first: number;
  readonly count: number;
};

/** As many groups as there are chunks, limits.segmentGroups at most; or all columns as one. */
export const groupsOf = (chunks: readonly ChunkRef[], isGrouped: boolean): readonly Group[] => {
  const each = isGrouped ? Math.ceil(chunks.length / limits.segmentGroups) : chunks.length;
  const groups: Group[] = [];
  let first = 0;
  for (let firstChunk = 0; firstChunk === 0 || firstChunk < chunks.length; firstChunk += Math.max(1, each)) {
    const endChunk = Math.min(chunks.length, firstChunk + each);
    let count = 0;
    for (const chunk of chunks.slice(firstChunk, endChunk)) count += chunk.count;
    groups.push({ firstChunk, endChunk, first, count });
    first += count;
  }
  return groups;
};

/** The place in the base of the first of a group's chunks that it has; -1 where it has none. */
const knownChunk = (
  base: Pick<Base, 'chunks'>,
  chunks: readonly ChunkRef[],
  { firstChunk, endChunk }: Group,
): number => {
  for (const { id } of chunks.slice(firstChunk, endChunk)) {
    const place = base.chunks.findIndex(chunk => chunk.id === id);
    if (place !== -1) return place;
  }
  return -1;
};

/** With which books a group begins: its chunks' own, else those of the chain's root. */
export const learnedFor = (base: Base | undefined, chunks: readonly ChunkRef[], group: Group): Learned | undefined =>
  base && (base.learned[knownChunk(base, chunks, group)] ?? base.root);

/** Which of the base's groups a group begins where they ended: the books, and every column that it has of them. */
export const groupsNeeded = (
  base: Pick<Base, 'chunks'>,
  groupsOfBase: readonly Group[],
  chunks: readonly ChunkRef[],
  { firstChunk, endChunk }: Group,
): ReadonlySet<number> => {
  const needed = new Set<number>();
  for (const { id } of chunks.slice(firstChunk, endChunk)) {
    const place = base.chunks.findIndex(chunk => chunk.id === id);
    // The series of a chunk that is new may stand anywhere in the base.
    if (place === -1) return new Set(groupsOfBase.keys());
    needed.add(groupsOfBase.findIndex(group => place >= group.firstChunk && place < group.endChunk));
  }
  return needed;
};

type Places = { readonly of: readonly LabelSet[]; readonly places: readonly number[] };

/** The last answer for a list: replicas ask the same, and each asks twice. */
const answered = new WeakMap<readonly LabelSet[], Places>();

/** Where the base has each of these series; -1 where it has it not. */
const placesIn = (base: Base, chunks: readonly ChunkRef[], sets: readonly LabelSet[]): readonly number[] => {
  const last = answered.get(sets);
  if (last?.of === base.sets) return last.places;
  const places = findPlaces(base, chunks, sets);
  answered.set(sets, { of: base.sets, places });
  return places;
};

/** Asked at once by chunk, else by labels. */
const findPlaces = (base: Base, chunks: readonly ChunkRef[], sets: readonly LabelSet[]): number[] => {
  const firstOf = new Map<string, number>();
  let at = 0;
  for (const { id, count } of base.chunks) {
    firstOf.set(id, at);
    at += count;
  }
  let byKey: Map<string, number> | undefined;
  const places: number[] = [];
  for (const { id, count } of chunks) {
    const first = firstOf.get(id);
    if (first === undefined) byKey ??= new Map(keysOfSets(base.sets).map((key, index) => [key, index]));
    for (let each = 0; each < count; each += 1)
      places.push(first === undefined ? (byKey?.get(keyOf(sets[places.length]!)) ?? -1) : first + each);
  }
  return places;
};

/** How many of these series a base knows, of one. */
export const shareKnown = (base: Base, chunks: readonly ChunkRef[], sets: readonly LabelSet[]): number =>
  placesIn(base, chunks, sets).filter(place => place !== -1).length / Math.max(1, sets.length);

/** Where a segment ended that began there; `learned` are the books at each group's end. */
export const endOf = (
  base: Base | undefined,
  { states }: Start,
  groups: readonly Group[],
  learned: readonly (Learned | undefined)[],
  { timestampsMs }: Pick<Times, 'timestampsMs'>,
  rest: Pick<Base, 'name' | 'chunks' | 'sets'>,
): Base => {
  const lastMs = timestampsMs.at(-1) ?? 0;
  return {
    ...rest,
    depth: base === undefined ? 0 : base.depth + 1,
    // What is not known of a group that nobody asked for is not asked for later.
    learned: groups.flatMap(({ firstChunk, endChunk }, at) =>
      new Array<Learned>(endChunk - firstChunk).fill(learned[at] as Learned),
    ),
    root: base?.root ?? (learned[0] as Learned),
    states,
    lastMs,
    stepMs: lastMs - (timestampsMs.at(-2) ?? lastMs),
  };
};
