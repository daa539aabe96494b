import { expect, test } from 'vitest';
import type { Family } from '../../core/batch.ts';
import { boundedFamilies, familyIdOf, toldIn } from '../../core/families.ts';
import { limits } from '../../core/limits.ts';

const family: Family = { name: 'a', type: 'counter', help: 'What.', unit: 'seconds' };

test.each<[string, Family, boolean]>([
  ['itself', { ...family }, true],
  ['another name', { ...family, name: 'b' }, false],
  ['another type', { ...family, type: 'gauge' }, false],
  ['another help', { ...family, help: 'Why.' }, false],
  ['another unit', { ...family, unit: 'bytes' }, false],
  ['help and unit the other way round', { ...family, help: 'seconds', unit: 'What.' }, false],
])('an id tells a family from one with %s', (_, other, same) => {
  expect(familyIdOf(other) === familyIdOf(family)).toBe(same);
  expect(familyIdOf(other)).toMatch(/^[\w-]{22}$/);
});

test('no help is an empty help', () => {
  expect(familyIdOf({ name: 'a', type: 'gauge', help: '', unit: '' })).toBe(familyIdOf({ name: 'a', type: 'gauge' }));
});

test('of one delivery, families up to the limit of bytes are kept, the first ones', () => {
  const wide = (help: number): Family => ({ name: 'a', type: 'gauge', help: 'ä'.repeat(help) });
  const half = limits.familyBytes / 2;
  const fitting = [wide((half - 33) / 2 - 0.5), { ...wide((half - 33) / 2 - 0.5), name: 'bbb' }];
  expect(boundedFamilies(fitting)).toEqual(fitting);
  expect(boundedFamilies([...fitting, family])).toEqual(fitting);
  expect(boundedFamilies([wide(limits.familyBytes), family])).toEqual([]);
  const bare = Array.from({ length: limits.familyBytes }, (_, at): Family => ({ name: `${at}`, type: 'gauge' }));
  expect(boundedFamilies(bare).length).toBeLessThan(limits.familyBytes / 32);
});

test('what several deliveries say is said once, when it was said last', () => {
  const other: Family = { name: 'b', type: 'gauge' };
  const told = toldIn([
    { acceptedAtMs: 2, families: [family] },
    { acceptedAtMs: 3 },
    { acceptedAtMs: 1, families: [{ ...family }, other] },
  ]);
  expect(told).toEqual([
    { ...family, atMs: 2 },
    { ...other, atMs: 1 },
  ]);
});
