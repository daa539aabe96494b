import { expect, test } from 'vitest';
import { readRetention, schemaMsOf, usualRetention } from '../../core/retention.ts';

const day = 86_400_000;

test('days become milliseconds, and what they need outlives them', () => {
  expect(readRetention('15,90,730')).toEqual(usualRetention);
  expect(readRetention('1,1,1')).toEqual({ rawMs: day, fiveMinuteMs: day, hourMs: day });
  expect(schemaMsOf(readRetention('30,90,730'))).toBe(32 * day);
});

test.each(['', '15', '15,90', '0,90,730', '15,x,730', '1,2,3,4'])('%j is a bug', text => {
  expect(() => readRetention(text)).toThrow('expected three numbers of days');
});
