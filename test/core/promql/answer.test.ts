import { afterEach, expect, test } from 'vitest';
import { labelSetOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { resultBody, seriesBody, successBody } from '../../../core/promql/answer.ts';
import { labelNamesIn, labelValuesIn, readLabelName, seriesIn } from '../../../core/promql/catalog.ts';
import { limited, type Value } from '../../../core/promql/result.ts';

const usual = { ...limits };
afterEach(() => Object.assign(limits, usual));

const up = labelSetOf([
  ['__name__', 'up'],
  ['job', 'j'],
]);

test.each<[Value, string]>([
  [{ type: 'scalar', atMs: 4_000, value: 2 }, '"scalar","result":[4,"2"]'],
  [{ type: 'string', atMs: 900_123, value: 'a"b' }, '"string","result":[900.123,"a\\"b"]'],
  [{ type: 'vector', atMs: 1_500, series: [] }, '"vector","result":[]'],
  [
    { type: 'vector', atMs: 1_500, series: [{ labels: up, value: 1e-7 }] },
    '"vector","result":[{"metric":{"__name__":"up","job":"j"},"value":[1.5,"1e-07"]}]',
  ],
  [
    {
      type: 'matrix',
      series: [{ labels: up, timesMs: Float64Array.of(1, 2_000), values: Float64Array.of(1, Number.NaN) }],
    },
    '"matrix","result":[{"metric":{"__name__":"up","job":"j"},"values":[[0.001,"1"],[2,"NaN"]]}]',
  ],
  [
    {
      type: 'steps',
      steps: { startMs: 0, stepMs: 500, count: 3 },
      series: [
        { labels: up, values: Float64Array.of(7, 8, Infinity), present: Uint8Array.of(0, 1, 1) },
        { labels: labelSetOf([]), values: Float64Array.of(1, 0, 0), present: Uint8Array.of(1, 0, 0) },
      ],
    },
    '"matrix","result":[{"metric":{"__name__":"up","job":"j"},"values":[[0.5,"8"],[1,"+Inf"]]},{"metric":{},"values":[[0,"1"]]}]',
  ],
])('%j', (value, expected) => {
  const body = resultBody({ value, warnings: [], infos: [] });
  expect(body).toBe(`{"status":"success","data":{"resultType":${expected}}}`);
  expect(() => JSON.parse(body)).not.toThrow();
});

test('remarks stand beside the data, where there are some', () => {
  const value: Value = { type: 'vector', atMs: 0, series: [] };
  expect(resultBody({ value, warnings: ['b'], infos: ['c'] }, { warnings: ['a'] })).toBe(
    '{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["a","b"],"infos":["c"]}',
  );
  expect(successBody([])).toBe('{"status":"success","data":[]}');
  expect(seriesBody([labelSetOf([['__proto__', 'x']])])).toBe('{"status":"success","data":[{"__proto__":"x"}]}');
});

test('an answer too large for the gateway is refused while it is written', () => {
  Object.assign(limits, { answerBytes: 100 });
  const value: Value = { type: 'vector', atMs: 0, series: new Array(10).fill({ labels: up, value: 1 }) };
  expect(() => resultBody({ value, warnings: [], infos: [] })).toThrow('the answer has more than 100 bytes');
});

test('a limited result says that it is', () => {
  const value: Value = { type: 'vector', atMs: 0, series: new Array(3).fill({ labels: up, value: 1 }) };
  const result = { value, warnings: [], infos: [] };
  expect(limited(result, 3)).toBe(result);
  expect(limited(result, 2)).toMatchObject({
    value: { series: [{}, {}] },
    warnings: ['results truncated due to limit'],
  });
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
