import { expect, test } from 'vitest';
import { vitalsOf } from '../../../core/view/vitals.ts';

const nowMs = Date.UTC(2026, 5, 1, 12);

test('a day is added up, durations are its longest, and everything accepted is accounted for', () => {
  const vitals = vitalsOf({
    told: {
      Accepted: [
        [0, 100],
        [1_800, 50],
      ],
      Stored: [
        [0, 90],
        [1_800, 40],
      ],
      Merged: [[0, 5]],
      Quarantined: [[0, 3]],
      ScrapeLateness: [
        [0, 12],
        [1_800, 7],
      ],
      WriteUnits: [[0, 1_000_000]],
      BufferAge: [
        [0, 4],
        [1_800, 6],
      ],
    },
    everyMs: 1_800_000,
    buffered: 2,
    checkedMs: nowMs - 1_000,
    watermarkMs: nowMs - 4_000,
    blindSinceMs: undefined,
    plannedUntilMs: undefined,
    blind: [
      { fromMs: 0, toMs: nowMs - 3_600_000 },
      { fromMs: 5, toMs: nowMs - 86_400_000 },
      { fromMs: nowMs - 86_400_001, toMs: nowMs - 86_399_999 },
    ],
    refusals: [],
    nowMs,
  });
  expect(vitals.today).toMatchObject({ Accepted: 150, Stored: 130, ScrapeLateness: 12, Refused: 0 });
  expect(vitals.onTheirWay).toBe(12);
  expect(vitals.bufferAgeSeconds).toBe(6);
  expect(vitals.costUsd).toBeCloseTo(0.625, 6);
  expect(vitals).toMatchObject({ plannedUntilMs: null, watermarkMs: nowMs - 4_000, blindSinceMs: null });
  // Only what touched the last day.
  expect(vitals.blind).toEqual([{ fromMs: nowMs - 86_400_001, toMs: nowMs - 86_399_999 }]);
});

test('a collector that was never asked for anything has a vitals of zeros', () => {
  const none = {
    told: {},
    everyMs: 1,
    buffered: 0,
    checkedMs: undefined,
    watermarkMs: undefined,
    blindSinceMs: undefined,
    plannedUntilMs: undefined,
    blind: [],
    refusals: [],
    nowMs,
  };
  expect(vitalsOf(none)).toMatchObject({ onTheirWay: 0, costUsd: 0, checkedMs: null, bufferAgeSeconds: null });
});
