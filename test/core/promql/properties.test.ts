import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SeriesColumns } from '../../../core/promql/series.ts';
import { answer, columnsOf, instantQuery, labelsOf, rangeQuery } from './asking.ts';

// What holds of every expression and all data.

const value = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }) },
  { weight: 1, arbitrary: fc.constantFrom<number | 'stale'>(Number.NaN, Infinity, -Infinity, 'stale') },
);

const samples = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 1_200_000 }), value), {
  selector: ([timeMs]) => timeMs,
  maxLength: 30,
});

const label = fc.constantFrom('1', '2', '3');

const data: fc.Arbitrary<readonly SeriesColumns[]> = fc
  .uniqueArray(fc.record({ name: fc.constantFrom('a_total', 'b'), x: label, y: label, samples }), {
    selector: ({ name, x, y }) => `${name}${x}${y}`,
    maxLength: 8,
  })
  .map(all => all.map(({ name, x, y, samples: own }) => columnsOf({ labels: { __name__: name, x, y }, samples: own })));

const selector = fc.constantFrom(
  'a_total',
  'b',
  '{x="1"}',
  'a_total offset 90s',
  'b @ 600',
  'a_total{y!="2"} offset -30s',
);
const range = fc.constantFrom('[1m]', '[5m]', '[37s]');
const overTime = fc.constantFrom(
  ...['rate', 'increase', 'delta', 'irate', 'idelta', 'changes', 'resets', 'deriv', 'sum_over_time', 'avg_over_time'],
  ...['min_over_time', 'max_over_time', 'count_over_time', 'last_over_time', 'first_over_time', 'stddev_over_time'],
  ...['present_over_time', 'absent_over_time', 'mad_over_time'],
);
const aggregation = fc.constantFrom('sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar');
const grouping = fc.constantFrom('', ' by (x)', ' without (x)', ' by (x, y)', ' by ()', ' without ()');
const operator = fc.constantFrom('+', '-', '*', '/', '%', '^', '==', '!= bool', '> bool', '<=', 'atan2');
const setOperator = fc.constantFrom('and', 'or', 'unless');
const matching = fc.constantFrom('', ' on (x)', ' ignoring (y)', ' on (x) group_left', ' on (x, y)', ' on ()');

const { expression } = fc.letrec<{ expression: string; leaf: string }>(tie => ({
  leaf: fc.oneof(
    selector,
    fc.tuple(overTime, fc.constantFrom('a_total', 'b'), range).map(([name, of, window]) => `${name}(${of}${window})`),
    fc.constantFrom('vector(time())', 'minute()', 'vector(3)'),
  ),
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.tuple(aggregation, grouping, tie('expression')).map(([op, by, of]) => `${op}${by} (${of})`),
    fc
      .tuple(
        fc.constantFrom('topk(2, ', 'bottomk(1, ', 'quantile(0.3, ', 'count_values("v", ', 'limitk(1, '),
        tie('expression'),
      )
      .map(([op, of]) => `${op}${of})`),
    fc
      .tuple(fc.constantFrom('abs', 'ceil', 'sgn', '-', 'timestamp', 'absent', 'hour'), tie('expression'))
      .map(([name, of]) => `${name}(${of})`),
    fc
      .tuple(tie('expression'), operator, fc.constantFrom('2', 'scalar(b{x="1"})'))
      .map(([of, op, by]) => `(${of}) ${op} ${by}`),
    fc
      .tuple(tie('expression'), operator, matching, tie('expression'))
      .map(([left, op, how, right]) => `(${left}) ${op}${how} (${right})`),
    fc
      .tuple(tie('expression'), setOperator, fc.constantFrom('', ' on (x)'), tie('expression'))
      .map(([left, op, how, right]) => `(${left}) ${op}${how} (${right})`),
    fc.tuple(overTime, tie('expression')).map(([name, of]) => `${name}((${of})[4m:50s])`),
    fc.tuple(tie('expression')).map(([of]) => `label_replace(${of}, "z", "$1-", "x", "(.*)")`),
  ),
}));

/** Values by labels at one instant, or what is wrong with the question then. */
type Found = ReadonlyMap<string, number> | string;

const keyOf = (labels: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(labels).sort());

const instantOf = (text: string, atMs: number, all: readonly SeriesColumns[]): Found => {
  try {
    const { value: found } = answer(instantQuery(text, atMs), all);
    if (found.type !== 'vector') throw new Error(found.type);
    return new Map(found.series.map(each => [keyOf(labelsOf(each.labels)), each.value]));
  } catch (error) {
    return (error as Error).message;
  }
};

const stepsOf = (
  text: string,
  startMs: number,
  stepMs: number,
  count: number,
  all: readonly SeriesColumns[],
): Found[] => {
  try {
    const { value: found } = answer(rangeQuery(text, startMs, startMs + (count - 1) * stepMs, stepMs), all);
    if (found.type !== 'steps') throw new Error(found.type);
    return Array.from(
      { length: count },
      (_, step) =>
        new Map(
          found.series
            .filter(({ present }) => present[step] === 1)
            .map(({ labels, values }) => [keyOf(labelsOf(labels)), values[step]!]),
        ),
    );
  } catch (error) {
    return new Array(count).fill((error as Error).message);
  }
};

test('a step of a range is the instant at that time', () => {
  fc.assert(
    fc.property(
      expression,
      data,
      fc.integer({ min: 0, max: 900_000 }),
      fc.constantFrom(1, 15_000, 47_123),
      (text, all, startMs, stepMs) => {
        const count = 4;
        const steps = stepsOf(text, startMs, stepMs, count, all);
        const instants = Array.from({ length: count }, (_, step) => instantOf(text, startMs + step * stepMs, all));
        // Wrong at one step is wrong as a whole; which step is not said.
        if (instants.some(found => typeof found === 'string')) {
          expect(typeof steps[0]).toBe('string');
          return;
        }
        if (typeof steps[0] === 'string') {
          // A function over ranges drops names for the whole range: there, series that take turns clash.
          expect(steps[0]).toBe('vector cannot contain metrics with the same labelset');
          expect(text).toMatch(/_over_time|rate|increase|delta|changes|resets|deriv/);
          return;
        }
        expect(steps).toEqual(instants);
      },
    ),
    { numRuns: 1_500 },
  );
});

test('a sum without () is the sum of sums, and counts add up', () => {
  fc.assert(
    fc.property(data, fc.integer({ min: 0, max: 1_200_000 }), (all, atMs) => {
      const ask = (text: string) => instantOf(text, atMs, all);
      expect(ask('sum(b)')).toEqual(ask('sum by () (b)'));
      expect(ask('sum without () (b)')).toEqual(ask('b * 1'));
      expect(ask('count(b)')).toEqual(ask('sum(count by (x) (b))'));
      expect(ask('max(b)')).toEqual(ask('max(max by (y) (b))'));
      expect(ask('b and b')).toEqual(ask('b'));
      expect(ask('b unless b')).toEqual(new Map());
      expect(ask('b or b')).toEqual(ask('b'));
      expect(ask('--b')).toEqual(ask('b * 1'));
      // Of infinity a quantile is NaN, as in Prometheus: it weighs the next one with nought.
      expect(ask('quantile(1, b >= 0 < Inf)')).toEqual(ask('max(b >= 0 < Inf)'));
      expect(ask('count(b) or vector(0)')).toEqual(ask('vector(scalar(count(b))) >= 0 or vector(0)'));
    }),
    { numRuns: 400 },
  );
});

test('a counter never goes down, whatever is reset', () => {
  const counted = fc.array(fc.nat(1_000), { minLength: 2, maxLength: 60 });
  fc.assert(
    fc.property(
      counted,
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.constantFrom('30s', '2m', '10m'),
      (values, atMs, window) => {
        const all = [
          columnsOf({ labels: { __name__: 'c_total' }, samples: values.map((each, at) => [at * 15_000, each]) }),
        ];
        for (const name of ['rate', 'increase', 'irate', 'resets']) {
          const found = instantOf(`${name}(c_total[${window}])`, atMs, all);
          for (const each of (found as ReadonlyMap<string, number>).values()) expect(each).toBeGreaterThanOrEqual(0);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('shifting data and question together changes nothing', () => {
  fc.assert(
    fc.property(
      data,
      fc.integer({ min: 0, max: 1_200_000 }),
      fc.integer({ min: 1, max: 10 }),
      overTime,
      (all, atMs, hours, name) => {
        const byMs = hours * 3_600_000;
        const shifted = all.map(each => ({ ...each, timesMs: each.timesMs.map(timeMs => timeMs + byMs) }));
        const text = `${name}(b[3m]) + on (x, y) group_left sum by (x, y) (max_over_time(b[5m:1m] offset 1m))`;
        expect(instantOf(text, atMs + byMs, shifted)).toEqual(instantOf(text, atMs, all));
      },
    ),
    { numRuns: 300 },
  );
});
