import { expect, test } from 'vitest';
import { labelSetOf } from '../../../core/labels.ts';
import { matrixBody, seriesBody, successBody, vectorBody } from '../../../core/promql/answer.ts';
import { labelNamesIn, labelValuesIn, readLabelName, seriesIn } from '../../../core/promql/catalog.ts';
import { instantAt, neededSpan, overRange } from '../../../core/promql/evaluate.ts';

const lookbackMs = 300_000;
const up = labelSetOf([
  ['__name__', 'up'],
  ['job', 'j'],
]);
const series = {
  labels: up,
  samples: [
    { timestampMs: 1_000_000, value: 1, stale: false },
    { timestampMs: 1_060_000, value: 2, stale: false },
    { timestampMs: 1_120_000, value: Number.NaN, stale: true },
    { timestampMs: 2_000_000, value: Number.NaN, stale: false },
  ],
};

test.each([
  { atMs: 999_999, value: undefined },
  { atMs: 1_000_000, value: 1 }, // Exactly at the sample.
  { atMs: 1_059_999, value: 1 },
  { atMs: 1_060_000, value: 2 },
  { atMs: 1_119_999, value: 2 },
  { atMs: 1_120_000, value: undefined }, // Ended.
  { atMs: 2_000_000, value: Number.NaN },
  { atMs: 2_299_999, value: Number.NaN },
  { atMs: 2_300_000, value: undefined }, // The older end is not included.
])('at $atMs the value is $value', ({ atMs, value }) => {
  const expected = value === undefined ? [] : [{ labels: up, timestampMs: atMs, value }];
  expect(instantAt([series], atMs, lookbackMs)).toEqual(expected);
  expect(instantAt([series], atMs + 7_000, lookbackMs, { offsetMs: 7_000 }).map(each => each.value)).toEqual(
    expected.map(each => each.value),
  );
  expect(instantAt([series], 5, lookbackMs, { offsetMs: 0, at: atMs }).map(each => each.value)).toEqual(
    expected.map(each => each.value),
  );
});

test('a range is its instants', () => {
  const range = { startMs: 940_000, endMs: 1_180_000, stepMs: 30_000 };
  const [found] = overRange([series, { labels: labelSetOf([['__name__', 'none']]), samples: [] }], range, lookbackMs);
  expect(found).toEqual({
    labels: up,
    values: [
      { timestampMs: 1_000_000, value: 1 },
      { timestampMs: 1_030_000, value: 1 },
      { timestampMs: 1_060_000, value: 2 },
      { timestampMs: 1_090_000, value: 2 },
    ],
  });
});

test.each([
  { at: 'start' as const, value: 1 },
  { at: 'end' as const, value: 2 },
])('@ $at is the same at every step', ({ at, value }) => {
  const [found] = overRange([series], { startMs: 1_000_000, endMs: 1_060_000, stepMs: 30_000 }, lookbackMs, {
    offsetMs: 0,
    at,
  });
  expect(found?.values.map(each => each.value)).toEqual([value, value, value]);
});

test('what must be read reaches from the first lookback to the last instant', () => {
  expect(neededSpan({ offsetMs: 10 }, { startMs: 1_000_000, endMs: 2_000_000 }, lookbackMs)).toEqual({
    fromMs: 699_991,
    toMs: 1_999_990,
  });
  expect(neededSpan({ offsetMs: 0, at: 5 }, { startMs: 1_000_000, endMs: 2_000_000 }, lookbackMs)).toEqual({
    fromMs: -299_994,
    toMs: 5,
  });
});

test('answers have the shapes of Prometheus', () => {
  expect(vectorBody([{ labels: up, timestampMs: 1_500, value: 1 }])).toBe(
    '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"j"},"value":[1.5,"1"]}]}}',
  );
  expect(matrixBody([{ labels: up, values: [{ timestampMs: 900_123, value: Infinity }] }], ['partial'])).toBe(
    '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"j"},"values":[[900.123,"+Inf"]]}]},"warnings":["partial"]}',
  );
  expect(seriesBody([labelSetOf([['__proto__', 'x']])])).toBe('{"status":"success","data":[{"__proto__":"x"}]}');
  expect(successBody([])).toBe('{"status":"success","data":[]}');
});

test('series, names and values come sorted and once', () => {
  const b = labelSetOf([
    ['__name__', 'b'],
    ['x', '1'],
  ]);
  const a = labelSetOf([['__name__', 'a']]);
  expect(seriesIn([b, a, labelSetOf([...b])])).toEqual([a, b]);
  expect(labelNamesIn([b, a])).toEqual(['__name__', 'x']);
  expect(labelValuesIn([b, a], '__name__')).toEqual(['a', 'b']);
  expect(labelValuesIn([b, a], 'x')).toEqual(['1']);
  expect(readLabelName('job').value).toBe('job');
  expect(readLabelName('a-b').rejects.map(({ reason }) => reason)).toEqual(['invalid label name: "a-b"']);
});
