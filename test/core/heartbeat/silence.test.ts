import fc from 'fast-check';
import { expect, test } from 'vitest';
import { heardableMs, instantAfter, sweptAt } from '../../../core/heartbeat/silence.ts';
import { limits } from '../../../core/limits.ts';

const second = 1_000;

test('sweeps in time leave no blindness', () => {
  const record = sweptAt(sweptAt(undefined, 0), 60 * second);
  expect(record).toEqual({ epoch: 2, lastSweepMs: 60 * second, blind: [] });
});

test.each([
  { gapMs: limits.blindAfterMs, spans: 0 },
  { gapMs: limits.blindAfterMs + 1, spans: 1 },
])('a gap of $gapMs ms is $spans blind spans', ({ gapMs, spans }) => {
  expect(sweptAt(sweptAt(undefined, 0), gapMs).blind).toHaveLength(spans);
});

test('blindness is kept to be announced until somebody did', () => {
  const blind = sweptAt(sweptAt(undefined, 0), 1_000 * second);
  expect(blind.unannounced).toEqual({ fromMs: 0, toMs: 1_000 * second });
  expect(sweptAt(blind, 1_060 * second).unannounced).toEqual({ fromMs: 0, toMs: 1_000 * second });
  expect(blind.blind).toEqual([{ fromMs: 0, toMs: 1_060 * second }]);
});

const spans = fc
  .uniqueArray(fc.integer({ min: 0, max: 1_000 }), { minLength: 0, maxLength: 8 })
  .map(edges => edges.toSorted((a, b) => a - b))
  .map(edges =>
    Array.from({ length: Math.floor(edges.length / 2) }, (_, i) => ({
      fromMs: edges[2 * i]!,
      toMs: edges[2 * i + 1]!,
    })),
  );

test('the instant after a duration is the first at which so much could be heard', () => {
  fc.assert(
    fc.property(
      spans,
      fc.integer({ min: 0, max: 1_000 }),
      fc.integer({ min: 1, max: 500 }),
      (blind, fromMs, durationMs) => {
        const atMs = instantAfter(fromMs, durationMs, blind);
        expect(heardableMs(fromMs, atMs, blind)).toBe(durationMs);
        expect(heardableMs(fromMs, atMs - 1, blind)).toBeLessThan(durationMs);
      },
    ),
  );
});
