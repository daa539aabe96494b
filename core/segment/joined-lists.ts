import type { LabelSet } from '../labels.ts';
import { keysOfSets, sortedOf } from './sorted.ts';

type Lists = readonly (readonly LabelSet[])[];

/** Lists of label sets as one in the order of the schema, and for each of them where in it its own stand. */
type JoinedLists = { readonly sets: readonly LabelSet[]; readonly places: readonly Int32Array[] };

/** Two lists in the order of the schema as one, and where in it those of each stand; undefined where they stand as before. */
type Pair = {
  readonly sets: readonly LabelSet[];
  readonly left: Int32Array | undefined;
  readonly right: Int32Array | undefined;
};

const pairs = new WeakMap<readonly LabelSet[], WeakMap<readonly LabelSet[], Pair>>();

/**
 * The very same list for the same lists in the same order, which is worked out once: pages that grow are the same lists
 * for each replica. Undefined where a set stands twice in one of them.
 */
export const joinedLists = (lists: Lists): JoinedLists | undefined => {
  const newest = lists.at(-1);
  if (newest === undefined) return undefined;
  const last = answered.get(newest);
  if (last !== undefined && last.of.length === lists.length && last.of.every((list, at) => list === lists[at]))
    return last.joined;
  const joined = joinAll(lists);
  answered.set(newest, { of: lists, joined });
  return joined;
};

/** The last answer that ended in a list: replicas ask the same. */
const answered = new WeakMap<readonly LabelSet[], { readonly of: Lists; readonly joined: JoinedLists | undefined }>();

const nothing: readonly LabelSet[] = [];

const joinAll = (lists: Lists): JoinedLists | undefined => {
  let sets = nothing;
  const placesOf = new Map<readonly LabelSet[], Int32Array>();
  for (const list of new Set(lists)) {
    const sorted = sortedOf(list);
    if (sorted === undefined) return undefined;
    const { sets: joined, left, right } = pairOf(sets, sorted.sets);
    if (left !== undefined) for (const places of placesOf.values()) moveTo(left, places);
    const own = new Int32Array(list.length);
    for (const [at, place] of sorted.places.entries()) own[place] = right?.[at] ?? at;
    placesOf.set(list, own);
    sets = joined;
  }
  return { sets, places: lists.map(list => placesOf.get(list)!) };
};

const moveTo = (moved: Int32Array, places: Int32Array): void => {
  for (let at = 0; at < places.length; at += 1) places[at] = moved[places[at]!]!;
};

const pairOf = (left: readonly LabelSet[], right: readonly LabelSet[]): Pair => {
  const ofLeft = pairs.get(left) ?? new WeakMap<readonly LabelSet[], Pair>();
  pairs.set(left, ofLeft);
  const pair = ofLeft.get(right) ?? join(left, right);
  ofLeft.set(right, pair);
  return pair;
};

const join = (left: readonly LabelSet[], right: readonly LabelSet[]): Pair => {
  const leftKeys = keysOfSets(left);
  const rightKeys = keysOfSets(right);
  const known = new Set(leftKeys);
  const added = right.filter((_, at) => !known.has(rightKeys[at]!));
  if (added.length === 0) return { sets: left, left: undefined, right: placesIn(leftKeys, rightKeys) };
  if (added.length + left.length === right.length)
    return { sets: right, left: placesIn(rightKeys, leftKeys), right: undefined };
  const { sets, keys } = sortedOf([...left, ...added])!;
  return { sets, left: placesIn(keys, leftKeys), right: placesIn(keys, rightKeys) };
};

const placesIn = (keys: readonly string[], some: readonly string[]): Int32Array => {
  const places = new Map(keys.map((key, at) => [key, at]));
  return Int32Array.from(some, key => places.get(key)!);
};
