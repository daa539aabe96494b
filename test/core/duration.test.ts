import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDuration, writeDuration } from '../../core/duration.ts';

test.each([
  { text: '0', ms: 0 },
  { text: '0s', ms: 0 },
  { text: '15s', ms: 15_000 },
  { text: '1m30s', ms: 90_000 },
  { text: '250ms', ms: 250 },
  { text: '1h', ms: 3_600_000 },
  { text: '1d', ms: 86_400_000 },
  { text: '3w2d1h', ms: 21 * 86_400_000 + 2 * 86_400_000 + 3_600_000 },
  { text: '292y', ms: 292 * 365 * 86_400_000 },
])('$text is $ms ms', ({ text, ms }) => {
  expect(readDuration(text)).toBe(ms);
});

test.each([
  '',
  ' ',
  '1',
  '-1s',
  '+1s',
  '1.5s',
  '1s1s',
  '1s1m',
  '1ms1s',
  's',
  '1x',
  '1S',
  '1s ',
  ' 1s',
  '15 s',
  '1sm',
  '293y',
  '9999999999999999s',
  '１s',
])('%j is no duration', text => {
  expect(readDuration(text)).toBeUndefined();
});

test.each([
  { ms: 0, text: '0s' },
  { ms: 1, text: '1ms' },
  { ms: 90_000, text: '1m30s' },
  { ms: 90 * 86_400_000, text: '90d' },
  { ms: 14 * 86_400_000, text: '2w' },
  { ms: 365 * 86_400_000, text: '1y' },
  { ms: 366 * 86_400_000, text: '366d' },
])('$ms ms is written $text', ({ ms, text }) => {
  expect(writeDuration(ms)).toBe(text);
});

test('what is written reads back the same', () => {
  fc.assert(fc.property(fc.nat({ max: 9_000_000_000_000 }), ms => readDuration(writeDuration(ms)) === ms));
});

test('no text makes it throw', () => {
  fc.assert(
    fc.property(
      fc.string(),
      text => [undefined, 'number'].includes(readDuration(text) as never) || readDuration(text)! >= 0,
    ),
  );
});
