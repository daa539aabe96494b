import { describe, expect, test } from 'vitest';
import { readOpenMetrics, readStrictOpenMetrics } from '../../../core/exposition/openmetrics.ts';
import { textOfReject } from '../../../core/reject.ts';

const page = (...lines: readonly string[]): Buffer => Buffer.from([...lines, '# EOF', ''].join('\n'));
const problems = (...lines: readonly string[]): string[] =>
  readStrictOpenMetrics(page(...lines), { samples: 1_000 }).rejects.map(textOfReject);

describe('pages that keep to the letter', () => {
  test.each([
    ['nothing'],
    ['a sample nobody described', 'a 1'],
    ['a family without samples', '# TYPE a counter', '# HELP a of a', '# UNIT a '],
    ['a counter', '# TYPE a counter', 'a_total{b="c"} 1 # {} 0.5', 'a_created{b="c"} 1.5', 'a_total{b="d"} 0'],
    ['a summary', '# TYPE a summary', 'a{quantile="0"} NaN', 'a{quantile="1"} 2', 'a_count 3', 'a_sum 0.5'],
    ['a histogram', '# TYPE a histogram', 'a_bucket{le="1"} 1', 'a_bucket{le="+Inf"} 2', 'a_count 2', 'a_sum 3.5'],
    ['buckets alone', '# TYPE a histogram', 'a_bucket{le="-1"} 1', 'a_bucket{le="+Inf"} 2'],
    ['snapshots in time', '# TYPE a histogram', 'a_bucket{le="+Inf"} 1 1', 'a_bucket{le="+Inf"} 2 2'],
    [
      'a gauge histogram',
      '# TYPE a gaugehistogram',
      'a_bucket{le="-1"} 1',
      'a_bucket{le="+Inf"} 1',
      'a_gcount 1',
      'a_gsum -4',
    ],
    ['an info whose times go back', '# TYPE a info', 'a_info{v="1"} 1 2', 'a_info{v="2"} 1 1'],
    ['a state set', '# TYPE a stateset', 'a{a="x",b="1"} 1', 'a{a="y",b="1"} 0', 'a{a="x",b="2"} 1'],
    ['times within a millisecond', '# TYPE a gauge', 'a 1 1.00000001', 'a 2 1.00000002'],
    ['a quoted name', '# TYPE "a.b" counter', '{"a.b_total","c.d"="e"} 1'],
    ['a label value that looks like more', 'a{b="# {c=\\"1\\",}"} 1'],
    ['an exemplar as long as may be', '# TYPE a counter', `a_total 1 # {a="${'é'.repeat(127)}"} 1 1.5`],
  ])('%s', (_, ...lines) => {
    expect(problems(...lines)).toEqual([]);
  });
});

test.each([
  ['interleaved families', ['a 1', 'b 1', 'a{c="1"} 1'], 'line 3, column 1: clashing_name'],
  [
    'interleaved metrics',
    ['# TYPE a gauge', 'a{b="1"} 1 1', 'a{b="2"} 1 1', 'a{b="1"} 1 2'],
    'line 4, column 1: interleaved',
  ],
  ['a series twice', ['a 1', 'a 1'], 'line 2, column 1: duplicate_sample'],
  ['a counter without its suffix', ['# TYPE a counter', 'a 1'], 'line 2, column 1: clashing_name'],
  [
    'a name that another family takes',
    ['# TYPE a_created gauge', '# TYPE a counter'],
    'line 2, column 1: clashing_name',
  ],
  ['metadata behind samples', ['# TYPE a gauge', 'a 1', '# HELP a of a'], 'line 3, column 1: late_metadata'],
  ['two types', ['# TYPE a gauge', '# TYPE a gauge'], 'line 2, column 1: repeated_metadata'],
  ['two units', ['# UNIT a_b b', '# UNIT a_b b'], 'line 2, column 1: repeated_metadata'],
  ['a unit of an info', ['# TYPE a_b info', '# UNIT a_b b'], 'line 1, column 1: unit_not_allowed'],
  ['a unit that is no suffix', ['# UNIT a_b c'], 'line 1, column 12: bad_unit'],
  ['a negative counter', ['# TYPE a counter', 'a_total -1'], 'line 2, column 9: bad_value'],
  ['a counter that is no number', ['# TYPE a counter', 'a_total NaN'], 'line 2, column 9: bad_value'],
  ['a counter that only began', ['# TYPE a counter', 'a_created 1'], 'line 2, column 1: no_total'],
  ['half a count', ['# TYPE a summary', 'a_count 0.5'], 'line 2, column 9: bad_value'],
  ['a negative quantile value', ['# TYPE a summary', 'a{quantile="0.5"} -1'], 'line 2, column 19: bad_value'],
  ['a quantile over 1', ['# TYPE a summary', 'a{quantile="1.01"} 1'], 'line 2, column 20: bad_quantile'],
  ['a summary without quantile', ['# TYPE a summary', 'a 1'], 'line 2, column 3: bad_quantile'],
  ['a bucket without bound', ['# TYPE a histogram', 'a_bucket 1'], 'line 2, column 10: bad_le'],
  ['another infinity', ['# TYPE a histogram', 'a_bucket{le="Inf"} 1'], 'line 2, column 20: bad_le'],
  ['no infinity', ['# TYPE a histogram', 'a_bucket{le="1"} 1'], 'line 2, column 1: no_inf_bucket'],
  [
    'bounds that fall',
    ['# TYPE a histogram', 'a_bucket{le="2"} 1', 'a_bucket{le="1"} 1', 'a_bucket{le="+Inf"} 1'],
    'line 3, column 1: bucket_order',
  ],
  [
    'buckets that fall',
    ['# TYPE a histogram', 'a_bucket{le="1"} 2', 'a_bucket{le="+Inf"} 1'],
    'line 3, column 1: bucket_values',
  ],
  [
    'another count',
    ['# TYPE a histogram', 'a_bucket{le="+Inf"} 1', 'a_count 2', 'a_sum 1'],
    'line 4, column 1: count_mismatch',
  ],
  ['a sum alone', ['# TYPE a histogram', 'a_bucket{le="+Inf"} 1', 'a_sum 1'], 'line 3, column 1: no_count'],
  ['a count alone', ['# TYPE a histogram', 'a_bucket{le="+Inf"} 1', 'a_count 1'], 'line 3, column 1: no_sum'],
  [
    'a sum beside buckets below nought',
    ['# TYPE a histogram', 'a_bucket{le="-1"} 1', 'a_bucket{le="+Inf"} 1', 'a_count 1', 'a_sum 1'],
    'line 5, column 1: sum_not_allowed',
  ],
  [
    'a negative gsum',
    ['# TYPE a gaugehistogram', 'a_bucket{le="+Inf"} 1', 'a_gcount 1', 'a_gsum -1'],
    'line 4, column 1: negative_sum',
  ],
  ['an info of two', ['# TYPE a info', 'a_info 2'], 'line 2, column 8: bad_value'],
  ['a state of two', ['# TYPE a stateset', 'a{a="b"} 2'], 'line 2, column 10: bad_value'],
  ['no state', ['# TYPE a stateset', 'a{b="b"} 1'], 'line 2, column 10: no_state'],
  ['times on some', ['a 1 1', 'a 1'], 'line 2, column 1: mixed_times'],
  ['times that go back', ['a 1 1.0000001', 'a 1 1'], 'line 2, column 1: time_backwards'],
  ['an exemplar on a gauge', ['# TYPE a gauge', 'a 1 # {} 1'], 'line 2, column 3: exemplar_not_allowed'],
  ['an exemplar on a sum', ['# TYPE a summary', 'a_sum 1 # {} 1'], 'line 2, column 7: exemplar_not_allowed'],
  [
    'an exemplar too long',
    ['# TYPE a counter', `a_total 1 # {a="${'é'.repeat(128)}"} 1`],
    'line 2, column 9: exemplar_limit',
  ],
  ['a reserved label', ['a{__b="c"} 1'], 'line 1, column 12: reserved_label'],
  ['a trailing comma', ['a{b="c",} 1'], 'line 1, column 9: syntax'],
  ['a trailing comma in an exemplar', ['# TYPE a counter', 'a_total 1 # {b="c",} 1'], 'line 2, column 20: syntax'],
])('%s is refused', (_, lines, problem) => {
  expect(problems(...lines).map(each => each.slice(0, problem.length))).toEqual([problem]);
  // None of this is against the grammar that Prometheus holds, but for two that it holds too.
  if (!problem.endsWith('bad_unit')) expect(readOpenMetrics(page(...lines), { samples: 1_000 }).rejects).toEqual([]);
});

test('a finding says what was found and what was expected', () => {
  expect(readStrictOpenMetrics(page('# TYPE a info', 'a_info 2'), { samples: 10 }).rejects).toEqual([
    {
      code: 'bad_value',
      place: { line: 2, column: 8 },
      reason: 'expected 1 as the value of an info, found 2',
      expected: '1 as the value of an info',
      found: '2',
    },
  ]);
});
