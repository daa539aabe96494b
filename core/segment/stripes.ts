import type { LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import { familyOf } from './order.ts';

/** Some sets of a schema chunk that stand side by side: so many from `first` on. */
export type Stripe = { readonly first: number; readonly count: number };

const known = new WeakMap<readonly LabelSet[], readonly Stripe[]>();

/**
 * Cuts a chunk into what is read at once: after a family where there are limits.stripeSetsMin sets already, and at
 * limits.stripeSetsMax at the latest. Together the stripes are the chunk, in its order; the same for the same list.
 */
export const stripesOf = (sets: readonly LabelSet[]): readonly Stripe[] => {
  const before = known.get(sets);
  if (before !== undefined) return before;
  const stripes: Stripe[] = [];
  let first = 0;
  for (let next = 1; next <= sets.length; next += 1) {
    const count = next - first;
    const isOver = next === sets.length || count >= limits.stripeSetsMax;
    if (!isOver && (count < limits.stripeSetsMin || familyOf(sets[next - 1]!) === familyOf(sets[next]!))) continue;
    stripes.push({ first, count });
    first = next;
  }
  known.set(sets, stripes);
  return stripes;
};
