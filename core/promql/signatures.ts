import type { ValueType } from './ast.ts';

/** What a function takes and gives. */
type Signature = {
  readonly args: readonly ValueType[];
  readonly gives: 'scalar' | 'vector';
  /** How many of the last argument there may be beyond the one listed; with 0 all are needed, otherwise the last may be absent. */
  readonly variadic: number;
};

const takes = (gives: Signature['gives'], args: readonly ValueType[], variadic = 0): Signature => ({
  args,
  gives,
  variadic,
});

const each = (names: string, signature: Signature): [string, Signature][] =>
  names.split(' ').map(name => [name, signature]);

const unbounded = Number.POSITIVE_INFINITY;

/** Prometheus's functions (promql/parser/functions.go), and `holt_winters` under the name it had before 3.0. */
export const signatures: ReadonlyMap<string, Signature> = new Map([
  ...each('pi time', takes('scalar', [])),
  ...each('scalar', takes('scalar', ['vector'])),
  ...each('vector', takes('vector', ['scalar'])),
  ...each(
    'abs acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh sqrt tan tanh',
    takes('vector', ['vector']),
  ),
  ...each('absent sort sort_desc timestamp', takes('vector', ['vector'])),
  ...each('histogram_avg histogram_count histogram_stddev histogram_stdvar histogram_sum', takes('vector', ['vector'])),
  ...each('clamp', takes('vector', ['vector', 'scalar', 'scalar'])),
  ...each('clamp_max clamp_min', takes('vector', ['vector', 'scalar'])),
  ...each('round', takes('vector', ['vector', 'scalar'], 1)),
  ...each('days_in_month day_of_month day_of_week day_of_year hour minute month year', takes('vector', ['vector'], 1)),
  ...each('rate increase irate delta idelta deriv changes resets', takes('vector', ['matrix'])),
  ...each(
    'absent_over_time avg_over_time count_over_time first_over_time last_over_time mad_over_time max_over_time min_over_time',
    takes('vector', ['matrix']),
  ),
  ...each(
    'present_over_time stddev_over_time stdvar_over_time sum_over_time ts_of_first_over_time ts_of_last_over_time',
    takes('vector', ['matrix']),
  ),
  ...each('ts_of_max_over_time ts_of_min_over_time', takes('vector', ['matrix'])),
  ...each('predict_linear', takes('vector', ['matrix', 'scalar'])),
  ...each('quantile_over_time', takes('vector', ['scalar', 'matrix'])),
  ...each('double_exponential_smoothing holt_winters', takes('vector', ['matrix', 'scalar', 'scalar'])),
  ...each('histogram_quantile', takes('vector', ['scalar', 'vector'])),
  ...each('histogram_fraction', takes('vector', ['scalar', 'scalar', 'vector'])),
  ...each('label_replace', takes('vector', ['vector', 'string', 'string', 'string', 'string'])),
  ...each('label_join', takes('vector', ['vector', 'string', 'string', 'string'], unbounded)),
  ...each('sort_by_label sort_by_label_desc', takes('vector', ['vector', 'string'], unbounded)),
]);
