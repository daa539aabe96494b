import fc from 'fast-check';
import { expect, test } from 'vitest';
import { heardableMs, instantAfter, sweptAt, withSpan } from '../../../core/heartbeat/silence.ts';
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

test('blindness is kept to be announced until somebody did, and told once', () => {
  const blind = sweptAt(sweptAt(undefined, 0), 1_000 * second);
  const flip = { epoch: 2, kind: 'COLLECTOR_BLIND', why: 'unswept', fromMs: 0, atMs: 1_000 * second };
  expect(blind.pending).toEqual([flip]);
  expect(sweptAt(blind, 1_060 * second).pending).toEqual([flip]);
  expect(sweptAt(blind, 2_000 * second).pending).toEqual([flip]);
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

test('a span more makes exactly its time blind, once', () => {
  fc.assert(
    fc.property(
      spans,
      fc.integer({ min: 0, max: 900 }),
      fc.integer({ min: 1, max: 100 }),
      (blind, fromMs, lengthMs) => {
        const more = withSpan(blind, { fromMs, toMs: fromMs + lengthMs });
        const isBlind = (list: typeof blind, ms: number): boolean =>
          list.some(span => span.fromMs <= ms && ms < span.toMs);
        for (let ms = 0; ms < 1_001; ms += 1)
          expect(isBlind([...more], ms)).toBe(isBlind(blind, ms) || (ms >= fromMs && ms < fromMs + lengthMs));
        expect(heardableMs(0, 1_001, more)).toBe(
          Array.from({ length: 1_001 }, (_, ms) => ms).filter(ms => !isBlind([...more], ms)).length,
        );
      },
    ),
    { numRuns: 30 },
  );
});
