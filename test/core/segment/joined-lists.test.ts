import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyOf, labelSetOf } from '../../../core/labels.ts';
import { joinedLists } from '../../../core/segment/joined-lists.ts';
import { compareOrdered, orderedOf } from '../../../core/segment/order.ts';

const setOf = (name: number) =>
  labelSetOf([
    ['__name__', `m${name % 4}`],
    ['at', String(name)],
  ]);
const lists = fc.array(fc.uniqueArray(fc.nat({ max: 12 }), { maxLength: 10 }), { minLength: 1, maxLength: 6 });

test('lists as one have each series once, in the order of the schema, and say where each stands', () => {
  fc.assert(
    fc.property(lists, numbers => {
      const given = numbers.map(list => list.map(setOf));
      const { sets, places } = joinedLists(given)!;
      expect(new Set(sets.map(keyOf))).toEqual(new Set(given.flat().map(keyOf)));
      const ordered = sets.map(set => orderedOf(set));
      for (let at = 1; at < ordered.length; at += 1)
        expect(compareOrdered(ordered[at - 1]!, ordered[at]!)).toBeLessThan(0);
      for (const [index, list] of given.entries())
        expect([...places[index]!].map(place => keyOf(sets[place]!))).toEqual(list.map(keyOf));
    }),
  );
});

test('the same lists give the very same list again, others another', () => {
  const [a, b, c] = [[3, 1, 2].map(setOf), [4, 1].map(setOf), [5].map(setOf)];
  const once = joinedLists([a!, b!]);
  expect(joinedLists([a!, b!])!.sets).toBe(once!.sets);
  joinedLists([c!, b!]);
  expect(joinedLists([a!, b!])!.sets).toBe(once!.sets);
  expect(joinedLists([a!, b!, c!])!.sets).toHaveLength(5);
  expect(joinedLists([a!, a!])!.sets).toBe(joinedLists([a!])!.sets);
});

test('one that has a series twice cannot be joined, and of none there is no list', () => {
  expect(joinedLists([[1, 2].map(setOf), [1, 1].map(setOf)])).toBeUndefined();
  expect(joinedLists([])).toBeUndefined();
});
