import { expect, test } from 'vitest';
import { labelOf, labelSetOf, metricNameOf } from '../../../core/labels.ts';
import { samplesOf, targetLabelsOver } from '../../../core/scrape/page.ts';

const target = {
  id: 't',
  url: 'http://x/metrics',
  job: 'node',
  instance: 'x:9100',
  labels: labelSetOf([['env', 'prod']]),
  intervalMs: 15_000,
  timeoutMs: 10_000,
  network: 'public' as const,
};

test('a clashing label is kept under exported_, as often as it takes', () => {
  const scraped = labelSetOf([
    ['__name__', 'm'],
    ['job', 'a'],
    ['exported_job', 'b'],
    ['exported_exported_job', 'c'],
  ]);
  expect(targetLabelsOver(scraped, labelSetOf([['job', 'node']]))).toEqual(
    labelSetOf([
      ['__name__', 'm'],
      ['job', 'node'],
      ['exported_job', 'b'],
      ['exported_exported_job', 'c'],
      ['exported_exported_exported_job', 'a'],
    ]),
  );
});

test('a good scrape adds up and the four scrape series', () => {
  const samples = samplesOf(target, {
    ok: true,
    samples: [{ labels: labelSetOf([['__name__', 'm']]), value: 3 }],
    families: [],
    seriesAdded: 1,
    durationMs: 12,
  });
  expect(samples.map(({ labels, value }) => [metricNameOf(labels), value])).toEqual([
    ['m', 3],
    ['up', 1],
    ['scrape_duration_seconds', 0.012],
    ['scrape_samples_scraped', 1],
    ['scrape_samples_post_metric_relabeling', 1],
    ['scrape_series_added', 1],
  ]);
  for (const { labels } of samples)
    expect([labelOf(labels, 'job'), labelOf(labels, 'instance'), labelOf(labels, 'env')]).toEqual([
      'node',
      'x:9100',
      'prod',
    ]);
});

test('a failed scrape stores up 0 and no sample of the page', () => {
  const samples = samplesOf(target, { ok: false, reason: 'SCRAPE_PARSE', detail: '', scraped: 7, durationMs: 1 });
  expect(samples.map(({ labels, value }) => [metricNameOf(labels), value])).toEqual([
    ['up', 0],
    ['scrape_duration_seconds', 0.001],
    ['scrape_samples_scraped', 7],
    ['scrape_samples_post_metric_relabeling', 7],
    ['scrape_series_added', 0],
  ]);
});
