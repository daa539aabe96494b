import { keyOf, type LabelSet } from '../labels.ts';
import { compareOrdered, orderedOf } from './order.ts';

/** A list of label sets in the order of the schema. */
type Sorted = {
  readonly sets: readonly LabelSet[];
  readonly keys: readonly string[];
  /** For each of `sets` its place in the list it was made of. */
  readonly places: readonly number[];
};

const known = new WeakMap<readonly LabelSet[], Sorted | 'repeats'>();

/** The same for the same list, worked out once for as long as somebody has it. Undefined where a set stands twice. */
export const sortedOf = (list: readonly LabelSet[]): Sorted | undefined => {
  let sorted = known.get(list);
  if (sorted === undefined) {
    sorted = sort(list);
    known.set(list, sorted);
  }
  return sorted === 'repeats' ? undefined : sorted;
};

const sort = (list: readonly LabelSet[]): Sorted | 'repeats' => {
  const all = list.map((labels, place) => ({ ...orderedOf(labels), place })).sort(compareOrdered);
  const keys = all.map(({ key }) => key);
  if (keys.some((key, at) => key === keys[at - 1])) return 'repeats';
  const sets = all.map(({ labels }) => labels);
  keysOf.set(sets, keys);
  return { sets, keys, places: all.map(({ place }) => place) };
};

const keysOf = new WeakMap<readonly LabelSet[], readonly string[]>();

/** The keys of a list of sets, remembered as long as the list is: some are asked for again and again. */
export const keysOfSets = (sets: readonly LabelSet[]): readonly string[] => {
  const keys = keysOf.get(sets) ?? sets.map(labels => keyOf(labels));
  keysOf.set(sets, keys);
  return keys;
};
