import { expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import type { Base } from '../../core/segment/base.ts';
import { BaseMemory } from '../../functions/base-memory.ts';

const hour = 3_600_000;
/** Of as many series; nothing else of it is looked at. */
const baseOf = (series: number): Base => ({ sets: { length: series } }) as unknown as Base;
const half = limits.baseSeriesRemembered / 2 - 20;

test('what is remembered is the last that was told', () => {
  const memory = new BaseMemory();
  expect(memory.has('a', 0)).toBe(false);
  memory.set('a', 0, undefined);
  expect(memory.has('a', 0)).toBe(true);
  const [first, second] = [baseOf(5), baseOf(6)];
  memory.set('a', 0, first);
  memory.set('a', 0, second);
  expect(memory.get('a', 0)).toBe(second);
  expect(memory.get('a', hour)).toBeUndefined();
});

test('of one hour the first that fit stay, and go on from segment to segment; others have nothing to build on', () => {
  const memory = new BaseMemory();
  for (const name of ['a', 'b', 'c']) memory.set(name, 0, baseOf(half - 10));
  for (let round = 0; round < 3; round += 1) {
    for (const name of ['a', 'b', 'c', 'd']) memory.set(name, 0, baseOf(half - 10));
    expect(['a', 'b', 'c', 'd'].map(name => memory.get(name, 0) !== undefined)).toEqual([true, true, false, false]);
    expect(memory.has('c', 0)).toBe(true);
  }
});

test('those of the hour before make room', () => {
  const memory = new BaseMemory();
  for (const name of ['a', 'b']) memory.set(name, 0, baseOf(half));
  for (const name of ['c', 'd']) memory.set(name, hour, baseOf(half));
  expect(['a', 'b'].map(name => memory.has(name, 0))).toEqual([false, false]);
  expect(['c', 'd'].map(name => memory.get(name, hour) !== undefined)).toEqual([true, true]);
  // And not the other way round: what comes late to an hour that is over.
  memory.set('a', 0, baseOf(half));
  expect(memory.get('a', 0)).toBeUndefined();
  expect(memory.get('c', hour)).toBeDefined();
});

test('one that would fill it alone is not kept, and names are bounded as well', () => {
  const memory = new BaseMemory();
  memory.set('a', 0, baseOf(limits.baseSeriesRemembered));
  expect(memory.get('a', 0)).toBeUndefined();
  expect(memory.has('a', 0)).toBe(true);
  for (let at = 0; at < limits.baseSeriesRemembered; at += 1) memory.set(`n${at}`, 0, undefined);
  expect(memory.has('one more', 0)).toBe(false);
  memory.set('one more', 0, undefined);
  expect(memory.has('one more', 0)).toBe(false);
});
