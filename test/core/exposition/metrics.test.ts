import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { metricsOf } from '../../../core/exposition/metrics.ts';
import { readOpenMetrics } from '../../../core/exposition/openmetrics.ts';
import { readProtobuf } from '../../../core/exposition/protobuf.ts';
import { readText } from '../../../core/exposition/text.ts';
import { labelSetOf, noLabels } from '../../../core/labels.ts';

const bounds = { samples: 1_000 };

test('OpenMetrics: what belongs together is together', () => {
  const page = [
    '# TYPE a histogram',
    '# UNIT a ',
    'a_bucket{b="c",le="0.5"} 1 # {t="u"} 0.25',
    'a_bucket{b="c",le="+Inf"} 3',
    'a_count{b="c"} 3',
    'a_sum{b="c"} 7.5',
    'a_created{b="c"} 1.5',
    '# TYPE d counter',
    '# HELP d of d',
    'd_total 4 # {} 1 2',
    'd_created 2',
    '# TYPE e summary',
    'e{quantile="0.5"} 9',
    'e_count 2',
    'f 1 1',
    'f 2 2',
    '# EOF',
  ].join('\n');
  expect(metricsOf(readOpenMetrics(Buffer.from(page), bounds).value)).toEqual([
    {
      name: 'a',
      type: 'histogram',
      metrics: [
        {
          labels: labelSetOf([['b', 'c']]),
          buckets: [
            { bound: 0.5, count: 1, exemplar: { labels: labelSetOf([['t', 'u']]), value: 0.25 } },
            { bound: Number.POSITIVE_INFINITY, count: 3 },
          ],
          count: 3,
          sum: 7.5,
          createdMs: 1_500,
        },
      ],
    },
    {
      name: 'd',
      type: 'counter',
      help: 'of d',
      metrics: [
        { labels: noLabels, value: 4, exemplar: { labels: noLabels, value: 1, timestampMs: 2_000 }, createdMs: 2_000 },
      ],
    },
    { name: 'e', type: 'summary', metrics: [{ labels: noLabels, quantiles: [{ quantile: 0.5, value: 9 }], count: 2 }] },
    {
      name: 'f',
      type: 'unknown',
      metrics: [
        { labels: noLabels, timestampMs: 1_000, value: 1 },
        { labels: noLabels, timestampMs: 2_000, value: 2 },
      ],
    },
  ]);
});

test('text and protobuf of one registry say the same, but for what text cannot say', () => {
  const fixture = (name: string): string => readFileSync(join(import.meta.dirname, '../../fixtures', name), 'utf8');
  const protobuf = readProtobuf(Buffer.from(fixture('client-golang.pb.base64'), 'base64'), bounds).value;
  const text = readText(Buffer.from(fixture('client-golang.prom')), bounds).value;
  const said = metricsOf(protobuf).map(({ metrics, ...family }) => ({
    ...family,
    metrics: metrics.map(({ createdMs: _, exemplar: __, ...metric }) => metric),
  }));
  expect(said).toEqual(metricsOf(text));
});

test('a name that two families could mean is its own', () => {
  const page = '# TYPE a summary\n# TYPE a_count gauge\na_count 1\na_sum 2\n';
  expect(metricsOf(readText(Buffer.from(page), bounds).value)).toMatchObject([
    { name: 'a', metrics: [{ sum: 2 }] },
    { name: 'a_count', metrics: [{ value: 1 }] },
  ]);
});
