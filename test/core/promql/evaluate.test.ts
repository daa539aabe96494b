import { afterEach, describe, expect, test } from 'vitest';
import { limits } from '../../../core/limits.ts';
import { evaluate } from '../../../core/promql/evaluate/evaluate.ts';
import { planOf } from '../../../core/promql/query.ts';
import type { SeriesColumns } from '../../../core/promql/series.ts';
import { answer, columnsOf, instantQuery, labelsOf, rangeQuery, vectorOf, type Written } from './asking.ts';

const usual = { ...limits };
afterEach(() => Object.assign(limits, usual));

const second = 1_000;
const minute = 60 * second;

/** A sample every `everyMs` from 0 on; null leaves one out. */
const every = (everyMs: number, values: readonly (number | 'stale' | null)[]): Written['samples'] =>
  values.flatMap((value, at) => (value === null ? [] : [[at * everyMs, value] as const]));

const series = (
  name: string,
  labels: Record<string, string>,
  values: readonly (number | 'stale' | null)[],
): SeriesColumns => columnsOf({ labels: { __name__: name, ...labels }, samples: every(minute, values) });

/** The values of a range's series, undefined where there is none. */
const stepsOf = (text: string, all: readonly SeriesColumns[], startMs: number, endMs: number, stepMs: number) => {
  const { value } = answer(rangeQuery(text, startMs, endMs, stepMs), all);
  if (value.type !== 'steps') throw new Error(value.type);
  return value.series.map(each => [
    labelsOf(each.labels),
    [...each.values].map((number, step) => (each.present[step] === 1 ? number : undefined)),
  ]);
};

describe('the newest sample', () => {
  const found = columnsOf({
    labels: { __name__: 'up' },
    samples: [
      [1_000_000, 1],
      [1_060_000, 2],
      [1_120_000, 'stale'],
      [2_000_000, Number.NaN],
    ],
  });

  test.each([
    [999_999, undefined],
    [1_000_000, 1], // Exactly at the sample.
    [1_059_999, 1],
    [1_060_000, 2],
    [1_119_999, 2],
    [1_120_000, undefined], // Ended.
    [2_000_000, Number.NaN],
    [2_299_999, Number.NaN],
    [2_300_000, undefined], // The older end is not included.
  ])('at %i ms is %j', (atMs, value) => {
    const values = value === undefined ? [] : [[{ __name__: 'up' }, value]];
    expect(vectorOf(answer(instantQuery('up', atMs), [found]))).toEqual(values);
    expect(vectorOf(answer(instantQuery('up offset 7s', atMs + 7_000), [found]))).toEqual(values);
    expect(vectorOf(answer(instantQuery(`up @ ${atMs / 1_000}`, 5), [found]))).toEqual(values);
    expect(stepsOf('up', [found], atMs, atMs, 1)).toEqual(values.map(([labels, number]) => [labels, [number]]));
  });

  test('of each step of a range', () => {
    expect(stepsOf('up', [found], 940_000, 1_180_000, 30_000)).toEqual([
      [{ __name__: 'up' }, [undefined, undefined, 1, 1, 2, 2, undefined, undefined, undefined]],
    ]);
  });

  test('@ start() and end() name the ends of the range asked for, steps or not', () => {
    expect(stepsOf('up @ start()', [found], 1_000_000, 1_090_000, 60_000)[0]?.[1]).toEqual([1, 1]);
    expect(stepsOf('up @ end()', [found], 1_000_000, 1_090_000, 60_000)[0]?.[1]).toEqual([2, 2]);
    expect(stepsOf('up @ end()', [found], 1_000_000, 1_125_000, 60_000)).toEqual([]);
  });
});

describe('windows leave their older end out', () => {
  const counted = series('m', {}, [1, 2, 3, 'stale', 5, 6]);

  test.each([
    [0, 1],
    [59, 1],
    [60, 2],
    [119, 2],
    [120, 2], // The one at 0 has just left.
    [180, 1], // A marker is no sample.
    [240, 1],
    [300, 2],
    [420, undefined],
  ])('at %i s there are %j in two minutes', (at, count) => {
    const found = vectorOf(answer(instantQuery('count_over_time(m[2m])', at * second), [counted]));
    expect(found).toEqual(count === undefined ? [] : [[{}, count]]);
  });
});

test('a subquery steps at multiples of its step, whatever the query does', () => {
  const texts = ['min_over_time', 'max_over_time', 'count_over_time'].map(name => `${name}(time()[5m:1m])`);
  const at = 607 * second;
  expect(
    texts
      .map(text => text.replace('time()', 'vector(time())'))
      .map(text => vectorOf(answer(instantQuery(text, at), []))[0]?.[1]),
  ).toEqual([360, 600, 5]);
  expect(vectorOf(answer(instantQuery('min_over_time(vector(time())[5m:])', 600 * second), []))).toEqual([[{}, 360]]);
});

describe('what is read is what is needed', () => {
  const readsOf = (text: string, startMs = 1_000_000, endMs = 2_000_000, stepMs = 60_000) =>
    [...planOf(rangeQuery(text, startMs, endMs, stepMs)).reads.values()].map(({ matchers: _, ...rest }) => rest);
  const lastMs = 1_960_000;
  const usualRead = { fromMs: 700_001, toMs: lastMs, rangeMs: 0, stepMs: 60_000, call: '' };

  test.each([
    ['m', [usualRead]],
    ['m offset 10s', [{ ...usualRead, fromMs: 690_001, toMs: 1_950_000 }]],
    ['m @ 5', [{ ...usualRead, fromMs: -294_999, toMs: 5_000, stepMs: 0 }]],
    ['m @ end()', [{ ...usualRead, fromMs: 1_700_001, toMs: 2_000_000, stepMs: 0 }]],
    ['sum by (a) (rate(m[5m]))', [{ ...usualRead, rangeMs: 300_000, call: 'rate' }]],
    [
      'rate((m[10m] offset 1m))',
      [{ ...usualRead, fromMs: 340_001, toMs: lastMs - 60_000, rangeMs: 600_000, call: 'rate' }],
    ],
    ['abs(m) + n', [{ ...usualRead, call: 'abs' }, usualRead]],
    ['max_over_time(m[10m:2m])', [{ ...usualRead, fromMs: 180_001, toMs: 1_920_000, stepMs: 120_000 }]],
    ['max_over_time(m[10m:2m] @ 3000)', [{ ...usualRead, fromMs: 2_220_001, toMs: 3_000_000, stepMs: 120_000 }]],
    ['vector(1)', []],
  ])('%s', (text, reads) => {
    expect(readsOf(text)).toEqual(reads);
  });

  test('and an instant has no step', () => {
    expect([...planOf(instantQuery('m', 5)).reads.values()][0]).toMatchObject({ fromMs: -299_994, toMs: 5, stepMs: 0 });
  });
});

describe('what is said beside an answer', () => {
  const gauge = series('temperature', { le: 'x' }, [1, 2, 3, 4]);
  const buckets = [
    series('h_bucket', { le: '1' }, [5, 5, 5]),
    series('h_bucket', { le: '2' }, [3, 3, 3]),
    series('h_bucket', { le: '+Inf' }, [7, 7, 7]),
  ];
  const remarksOf = (text: string, range = false) => {
    const query = range ? rangeQuery(text, minute, 2 * minute, minute) : instantQuery(text, 2 * minute);
    const { warnings, infos } = answer(query, [gauge, ...buckets]);
    return [...warnings, ...infos];
  };

  test.each([
    ['temperature', []],
    ['rate(h_bucket[5m])', []],
    [
      'sum(rate(temperature[5m]))',
      [
        'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "temperature" (1:10)',
      ],
    ],
    ['quantile(2, temperature)', ['PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)']],
    [
      '1 +\n histogram_quantile(NaN, h_bucket)',
      ['PromQL warning: quantile value should be between 0 and 1, got NaN (2:21)'],
    ],
    [
      'histogram_quantile(0.5, temperature)',
      ['PromQL warning: bucket label "le" is missing or has a malformed value of "x" (1:25)'],
    ],
    [
      'histogram_quantile(0.5, h_bucket)',
      [
        'PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), from buckets 2 to 2, with a max diff of 2, over 1 samples from 1970-01-01T00:02:00Z to 1970-01-01T00:02:00Z (1:25)',
      ],
    ],
  ])('%s', (text, remarks) => {
    expect(remarksOf(text)).toEqual(remarks);
  });

  test('a range that is sorted', () => {
    expect(remarksOf('sort(temperature)', true)).toEqual([
      'PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)',
    ]);
  });

  test('ten of each at most', () => {
    const many = Array.from({ length: 13 }, (_, at) => series(`g${at}`, {}, [1, 2]));
    const { infos } = answer(instantQuery('rate({__name__=~"g.*"}[5m])', minute), many.slice(0, 1));
    expect(infos).toHaveLength(1);
    const all = Array.from({ length: 13 }, (_, at) => `sum(rate(g${at}[5m]))`).join(' + ');
    const noted = answer(instantQuery(all, minute), many).infos;
    expect(noted).toHaveLength(11);
    expect(noted.at(-1)).toBe('3 more info annotations omitted');
  });
});

describe('vectors that do not match', () => {
  const left = [series('a', { x: '1', y: '1' }, [1, 1]), series('a', { x: '1', y: '2' }, [2, null])];
  const right = [series('b', { x: '1' }, [10, 10])];
  const all = [...left, ...right];

  test.each([
    [
      'b + on(x) a',
      'found duplicate series for the match group {x="1"} on the right hand-side of the operation: [{__name__="a", x="1", y="1"}, {__name__="a", x="1", y="2"}];many-to-many matching not allowed: matching labels must be unique on one side',
    ],
    ['a + on(x) b', 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'],
    [
      'a + on(x) group_right b',
      'found duplicate series for the match group {x="1"} on the left hand-side of the operation: [{__name__="a", x="1", y="1"}, {__name__="a", x="1", y="2"}];many-to-many matching not allowed: matching labels must be unique on one side',
    ],
    [
      'sum without(y) (a) * on(x) group_left(y) a',
      'found duplicate series for the match group {x="1"} on the right hand-side of the operation: [{__name__="a", x="1", y="1"}, {__name__="a", x="1", y="2"}];many-to-many matching not allowed: matching labels must be unique on one side',
    ],
    ['a * on(x) group_left(y) b', 'multiple matches for labels: grouping labels must ensure unique matches'],
    ['label_replace(a, "y", "", "", "")', 'vector cannot contain metrics with the same labelset'],
    ['-{x="1",y=~"1|"}', 'vector cannot contain metrics with the same labelset', 'only where names differ'],
  ])('%s', (text, message, ...fine) => {
    const ask = () => answer(instantQuery(text, 0), all);
    if (fine.length === 0) expect(ask).toThrow(message);
    else expect(ask).not.toThrow();
  });

  test('where nothing stands on the other side, two of a group hurt nobody', () => {
    expect(stepsOf('c + on(x) a', all, 0, minute, minute)).toEqual([]);
  });

  test('series of one group take turns', () => {
    const turns = [
      series('t', { x: '1', y: '1' }, [1, 'stale', null]),
      series('t', { x: '1', y: '2' }, [null, 2, 'stale']),
    ];
    expect(stepsOf('t + on(x) b', [...turns, ...right], 0, 2 * minute, minute)).toEqual([
      [{ x: '1' }, [11, 12, undefined]],
    ]);
    expect(stepsOf('b * on(x) group_left(y) t', [...turns, ...right], 0, 2 * minute, minute)).toEqual([
      [{ x: '1', y: '1' }, [10, undefined, undefined]],
      [{ x: '1', y: '2' }, [undefined, 20, undefined]],
    ]);
    expect(stepsOf('-{y="1"} or -{y="2"}', turns, 0, minute, minute)).toHaveLength(2);
  });
});

test.each([
  ['topk(2, m)', ['c', 'a']],
  ['bottomk(2, m)', ['b', 'a']],
  ['topk(9, m)', ['c', 'a', 'b', 'd']],
  ['topk(0, m)', []],
  ['sort(m)', ['b', 'a', 'c', 'd']],
  ['sort_desc(m)', ['c', 'a', 'b', 'd']],
  ['limitk(2, m)', ['a', 'b']],
  ['sort_by_label_desc(m, "l")', ['d', 'c', 'b', 'a']],
])('%s is in order', (text, order) => {
  const all = Object.entries({ a: 2, b: 1, c: 3, d: Number.NaN }).map(([l, value]) => series('m', { l }, [value]));
  expect(vectorOf(answer(instantQuery(text, 0), all)).map(([labels]) => labels['l'])).toEqual(order);
});

test('labels sort by the numbers in them', () => {
  const all = ['x10', 'x9', 'x', 'y1', 'x10a'].map(l => series('m', { l }, [1]));
  const found = vectorOf(answer(instantQuery('sort_by_label(m, "l")', 0), all));
  expect(found.map(([labels]) => labels['l'])).toEqual(['x', 'x9', 'x10', 'x10a', 'y1']);
});

describe('bounds name figure and limit', () => {
  const many = Array.from({ length: 20 }, (_, at) => series('m_total', { at: String(at) }, [1, 2, 3]));

  test.each([
    ['queryCells', 30, 'm_total', 'the query holds 33 values at once, the limit is 30'],
    ['queryVisits', 50, 'rate(m_total[5m])', 'times, the limit is 50'],
    ['queryVisits', 50, 'm_total', 'times, the limit is 50'],
    ['queryVisits', 150, 'quantile_over_time(0.5, m_total{at="1"}[10m])', 'times, the limit is 150'],
    ['queryCells', 30, 'topk without () (1, m_total)', 'values at once, the limit is 30'],
    ['querySamples', 50, 'sum(m_total)', 'the query reads 51 samples, the limit is 50'],
    ['subquerySteps', 100, 'max_over_time(m_total[1h:1s])', 'a subquery has 3720 steps, the limit is 100'],
  ] as const)('%s', (limit, value, text, reason) => {
    Object.assign(limits, { [limit]: value });
    const query = () => rangeQuery(text, 0, 2 * minute, minute);
    expect(() => answer(query(), many)).toThrow(reason);
  });

  test('what two selectors read alike counts once', () => {
    Object.assign(limits, { querySamples: 60 });
    expect(stepsOf('sum(m_total) + sum(m_total)', many, 0, 2 * minute, minute)).toEqual([[{}, [40, 80, 120]]]);
    const twice = () => answer(rangeQuery('sum(m_total) + sum(m_total offset 1s)', 0, 2 * minute, minute), many);
    expect(twice).toThrow('the query reads 61 samples, the limit is 60');
  });

  test('with an @ a window is looked at once, whatever the steps', () => {
    Object.assign(limits, { queryVisits: 100 });
    const [one] = many;
    expect(stepsOf('sum_over_time(m_total[5m] @ 180)', [one!], 0, 20 * minute, minute)[0]?.[1]).toEqual(
      new Array(21).fill(6),
    );
    Object.assign(limits, usual);
    const text = 'predict_linear(m_total[5m] @ 180, 60)';
    expect(stepsOf(text, [one!], 0, 2 * minute, minute)[0]?.[1]).toEqual([2, 3, 4]);
    const varied = 'quantile_over_time(scalar(m_total{at="0"}) - 1, m_total[5m] @ 180)';
    expect(stepsOf(varied, [one!], 0, 2 * minute, minute)[0]?.[1]).toEqual([1, 3, Infinity]);
  });

  test('a sum holds its groups and not its series', () => {
    Object.assign(limits, { queryCells: 30 });
    expect(stepsOf('sum(m_total)', many, 0, 2 * minute, minute)).toEqual([[{}, [20, 40, 60]]]);
  });
});

test('a source is asked for no more than the plan says, and may be lazy', () => {
  const asked: string[] = [];
  const plan = planOf(instantQuery('sum(a) + sum(b)', 0));
  const { value } = evaluate(plan, function* ({ matchers }) {
    const name = matchers[0]!.value;
    asked.push(name);
    yield series(name, {}, [21]);
  });
  expect(asked.sort()).toEqual(['a', 'b']);
  expect(value).toMatchObject({ series: [{ value: 42 }] });
});

test('an evaluation ends when its time is over', () => {
  const series = columnsOf({ labels: { __name__: 'm' }, samples: [[0, 1]] });
  let looks = 0;
  const ask = () =>
    evaluate(
      planOf(rangeQuery('max_over_time(m[1m])', 0, 60_000, 1_000)),
      () => [series, series, series],
      () => {
        looks += 1;
        return looks === 2;
      },
    );
  expect(ask).toThrow('query timed out in expression evaluation');
  expect(looks).toBe(2);
});
