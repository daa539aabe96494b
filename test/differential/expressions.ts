import type { Chance } from '../simulation/chance.ts';

// Random expressions of good grammar, most of good types, over the series of data.ts.

const selectors = [
  'requests_total',
  'requests_total{job="a"}',
  'requests_total{code=~"2.."}',
  'temperature',
  'temperature{room!="kitchen"}',
  'temperature offset 73s',
  'sparse',
  'latency_bucket',
  '{__name__=~"temperature|sparse"}',
  '{job="b",code!=""}',
];
const counters = ['requests_total', 'requests_total{job="a"}', 'latency_bucket', 'requests_total{code="500"}'];
const gauges = ['temperature', 'sparse', 'requests_total', 'special', '{room="hall"}'];
const spans = ['30s', '1m', '2m30s', '5m', '17m', '1h'];

const overCounters = ['rate', 'increase', 'irate', 'resets', 'changes'];
const overGauges = [
  ...[
    'delta',
    'idelta',
    'deriv',
    'changes',
    'resets',
    'sum_over_time',
    'avg_over_time',
    'min_over_time',
    'max_over_time',
  ],
  ...['count_over_time', 'last_over_time', 'stddev_over_time', 'stdvar_over_time', 'present_over_time'],
];
const ofNumber = [
  ...[
    'abs',
    'ceil',
    'floor',
    'exp',
    'ln',
    'log2',
    'log10',
    'sqrt',
    'sgn',
    'sin',
    'cos',
    'tan',
    'atan',
    'asinh',
    'tanh',
  ],
  ...['deg', 'rad', 'round', '-', '+', 'sort', 'sort_desc', 'timestamp', 'absent'],
  ...['hour', 'minute', 'month', 'year', 'day_of_month', 'day_of_week', 'days_in_month', 'day_of_year'],
];
const aggregations = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'];
const labels = ['job', 'code', 'room', 'le', 'none'];
const arithmetic = ['+', '-', '*', '/', '%', '^'];
const comparisons = ['==', '!=', '>', '<', '>=', '<='];

/** A random expression; `depth` bounds what stands in each other. */
export const expressionOf = (chance: Chance, depth: number): string => {
  const of = (): string => expressionOf(chance, depth - 1);
  const scalar = (): string => scalarOf(chance, depth - 1);
  const leaf = (): string =>
    chance.pick([
      () => chance.pick(selectors),
      () => `${chance.pick(overCounters)}(${chance.pick(counters)}[${chance.pick(spans)}]${modifierOf(chance)})`,
      () => `${chance.pick(overGauges)}(${chance.pick(gauges)}[${chance.pick(spans)}]${modifierOf(chance)})`,
      () =>
        `quantile_over_time(${chance.pick(['0', '0.25', '0.9', '1', '2'])}, ${chance.pick(gauges)}[${chance.pick(spans)}])`,
      () => `predict_linear(temperature[${chance.pick(spans)}], 600)`,
      () => `absent_over_time(sparse[${chance.pick(spans)}])`,
      () => chance.pick(['vector(1)', 'vector(time())', 'hour()', 'vector(NaN)']),
    ])();
  if (depth <= 0) return leaf();
  return chance.pick([
    leaf,
    leaf,
    () => `${chance.pick(aggregations)}${groupingOf(chance)} (${of()})`,
    () => `${chance.pick(['topk', 'bottomk'])}${groupingOf(chance)} (${chance.pick(['1', '2', '3', '100'])}, ${of()})`,
    () => `quantile${groupingOf(chance)} (${chance.pick(['0', '0.3', '0.99', '1.5'])}, ${of()})`,
    () => `count_values${groupingOf(chance)} ("value", round(${leaf()}, 10))`,
    () => `${chance.pick(ofNumber)}(${of()})`,
    () => `clamp(${of()}, ${scalar()}, ${scalar()})`,
    () => `clamp_min(${of()}, ${scalar()})`,
    () => `(${of()}) ${chance.pick([...arithmetic, ...comparisons, '== bool', '> bool'])} ${scalar()}`,
    () => `${scalar()} ${chance.pick([...arithmetic, ...comparisons])} (${of()})`,
    () => `(${of()}) ${chance.pick([...arithmetic, ...comparisons, '< bool'])}${matchingOf(chance)} (${of()})`,
    () =>
      `(${of()}) ${chance.pick(['and', 'or', 'unless'])}${chance.pick(['', ' on (job)', ' ignoring (code)', ' on ()'])} (${of()})`,
    () => `${chance.pick(overGauges)}((${of()})[${chance.pick(['2m:30s', '5m:47s', '10m:1m'])}]${modifierOf(chance)})`,
    () =>
      `histogram_quantile(${chance.pick(['0', '0.5', '0.99'])}, sum by (le, job) (rate(latency_bucket[${chance.pick(spans)}])))`,
    () => `label_replace(${of()}, "${chance.pick(['job', 'new', 'code'])}", "$1-x", "${chance.pick(labels)}", "(.).*")`,
    () => `label_join(${of()}, "joined", "/", "job", "code")`,
    () => `requests_total{job="a"} / on (code) group_left (job) requests_total{job="b"}`,
  ])();
};

const scalarOf = (chance: Chance, depth: number): string =>
  chance.pick([
    () => chance.pick(['0', '1', '2', '-1', '0.5', '100', '1e3', 'NaN', 'Inf', 'pi()', 'time()']),
    () => `scalar(${expressionOf(chance, Math.min(depth, 0))})`,
    () => `(${chance.pick(['2', '3', 'time()'])} ${chance.pick(arithmetic)} ${chance.pick(['2', '7', '0'])})`,
  ])();

const groupingOf = (chance: Chance): string => {
  const how = chance.pick(['', 'by', 'without']);
  if (how === '') return '';
  return ` ${how} (${labels.filter(() => chance.next() < 0.3).join(', ')})`;
};

const matchingOf = (chance: Chance): string =>
  chance.pick([
    '',
    ' on (job)',
    ' on (job, code)',
    ' ignoring (code)',
    ' on (job) group_left',
    ' on (job) group_left (code)',
    ' ignoring (code) group_right',
    ' on (job, room) group_right (none)',
  ]);

const modifierOf = (chance: Chance): string =>
  chance.next() < 0.75 ? '' : chance.pick([' offset 1m', ' offset -90s', ' @ end()', ' @ start() offset 30s']);
