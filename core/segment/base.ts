import { keyOf, type LabelSet } from '../labels.ts';
import { type ColumnState, copyOf, newState } from './column-state.ts';
import type { Learned, Mixing } from './mixing.ts';
import { mixingFrom } from './number-coder.ts';
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
  readonly learned: Learned;
  readonly states: readonly ColumnState[];
  readonly lastMs: number;
  readonly stepMs: number;
};

/** Where coding begins. */
export type Start = { readonly mixing: Mixing; readonly states: ColumnState[]; readonly gap: number };

/**
 * From nothing, or with the base's books, columns found again by their chunk or their labels. `isLast`: nobody builds on
 * this base after this, so that its books need not be copied.
 */
export const startOf = (
  base: Base | undefined,
  chunks: readonly ChunkRef[],
  sets: readonly LabelSet[],
  timestampsMs: readonly number[],
  isLast = false,
): Start => {
  const mixing = mixingFrom(base?.learned);
  if (base === undefined) return { mixing, states: sets.map(newState), gap: 1 };
  const gap = base.stepMs > 0 ? Math.max(1, Math.round(((timestampsMs[0] ?? 0) - base.lastMs) / base.stepMs)) : 1;
  return { mixing, states: statesOf(base, chunks, sets, isLast), gap };
};

const statesOf = (
  base: Base,
  chunks: readonly ChunkRef[],
  sets: readonly LabelSet[],
  isLast: boolean,
): ColumnState[] => {
  if (sets !== base.sets)
    return placesIn(base, chunks, sets).map(place => (place === -1 ? newState() : copyOf(base.states[place]!)));
  return isLast ? (base.states as ColumnState[]) : base.states.map(copyOf);
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

/** Where a segment ended that began there. */
export const endOf = (
  { mixing, states }: Start,
  { timestampsMs }: Pick<Times, 'timestampsMs'>,
  rest: Pick<Base, 'name' | 'depth' | 'chunks' | 'sets'>,
): Base => {
  const lastMs = timestampsMs.at(-1) ?? 0;
  return { ...rest, learned: mixing.learned(), states, lastMs, stepMs: lastMs - (timestampsMs.at(-2) ?? lastMs) };
};
