import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  labelNameOf,
  type MetricKind,
  metricNameOf,
  type Naming,
  strategies,
} from '../../../core/protocol/otlp-names.ts';

const usual: Naming = strategies.UnderscoreEscapingWithSuffixes;

describe('a metric', () => {
  test.each<[string, string, MetricKind, string | undefined]>([
    ['http.server.duration', 'ms', 'histogram', 'http_server_duration_milliseconds'],
    ['jobs', '', 'monotonic', 'jobs_total'],
    ['jobs_total_count', '', 'monotonic', 'jobs_count_total'],
    ['disk.io', 'By/s', 'gauge', 'disk_io_bytes_per_second'],
    ['fill', '1', 'gauge', 'fill_ratio'],
    ['fill', '1', 'nonmonotonic', 'fill'],
    ['9lives', '{cat}', 'gauge', '_9lives'],
    ['toString', 'constructor', 'gauge', 'toString_constructor'],
    ['...', '', 'gauge', undefined],
    ['', '', 'gauge', undefined],
    ['', 's', 'gauge', 'seconds'],
  ])('%j in %j, a %s, is %j', (name, unit, kind, expected) => {
    expect(metricNameOf(name, unit, kind, usual)).toBe(expected);
  });

  test.each([
    ['UnderscoreEscapingWithoutSuffixes', 'a_b'],
    ['NoUTF8EscapingWithSuffixes', 'a.b_seconds_total'],
    ['NoTranslation', 'a.b'],
  ] as const)('by %s is %s', (strategy, expected) => {
    expect(metricNameOf('a.b', 's', 'monotonic', strategies[strategy])).toBe(expected);
  });
});

test.each([
  ['a.b', 'a_b'],
  ['9', 'key_9'],
  ['a__b', 'a__b'],
  ['ü', undefined],
  ['', undefined],
])('label %j is %j', (name, expected) => {
  expect(labelNameOf(name, usual)).toBe(expected);
  expect(labelNameOf(name, strategies.NoTranslation)).toBe(name === '' ? undefined : name);
});

const suite = join(
  process.env['SUITES_DIR'] ?? join(import.meta.dirname, '../../../../shared/suites'),
  'otlp-names.json',
);

describe('what others name', () => {
  if (!existsSync(suite)) {
    test.skip(`${suite} is not there: the reference names were not compared`, () => {});
    return;
  }
  type Names = {
    readonly metric_names: readonly Readonly<Record<string, string>>[];
    readonly labels: readonly {
      readonly label: string;
      readonly keep_multiple_underscores: string;
      readonly want_error: boolean;
    }[];
  };
  const { metric_names: names, labels } = JSON.parse(readFileSync(suite, 'utf8')) as Names;
  const kinds: Readonly<Record<string, MetricKind>> = {
    Gauge: 'gauge',
    MonotonicCounter: 'monotonic',
    NonMonotonicCounter: 'nonmonotonic',
    Histogram: 'histogram',
    ExponentialHistogram: 'exponential',
    Summary: 'summary',
    Unknown: 'unknown',
  };

  test.each(names)(
    '$case: $name',
    ({ name = '', unit = '', type = '', namespace = '', want, want_error: wantError, ...each }) => {
      const naming = { isEscaped: !each['utf8_allowed'], hasSuffixes: Boolean(each['with_suffixes']), namespace };
      expect(metricNameOf(name, unit, kinds[type]!, naming)).toBe(wantError === '' ? want : undefined);
    },
  );

  test.each(labels)('label $label', ({ label, keep_multiple_underscores: want, want_error: wantError }) => {
    expect(labelNameOf(label, usual)).toBe(wantError ? undefined : want);
  });
});
