import { expect, test } from 'vitest';
import { countsOf, runsOf } from '../../page/runs.ts';

const series = (name: string, values: readonly (readonly [number, string])[]) => ({
  metric: { __name__: `sluice_job_${name}`, job: 'nightly' },
  values,
});

test('runs are told by three series of one instant each, beside those that did not come, the newest first', () => {
  const told = [
    series('success', [
      [100.25, '1'],
      [200, '0'],
      [300, '1'],
    ]),
    series('duration_seconds', [
      [100.25, '61.5'],
      [300, '0'],
    ]),
    series('exit_code', [[200, '7']]),
  ];
  expect(runsOf(told, [250_000])).toEqual([
    { atMs: 300_000, outcome: 'good', tookMs: 0 },
    { atMs: 250_000, outcome: 'missed' },
    { atMs: 200_000, outcome: 'failed', exitCode: 7 },
    { atMs: 100_250, outcome: 'good', tookMs: 61_500 },
  ]);
  expect(runsOf([], [])).toEqual([]);
});

test('a day of runs is counted by job', () => {
  const of = (job: string, is: string, value: string) => ({ metric: { job, is }, value: [1, value] as const });
  const counts = countsOf([of('a', 'runs', '3'), of('a', 'failed', '1'), of('b', 'runs', '1'), of('a', 'usual', '2')]);
  expect(counts.get('a')).toEqual({ runs: 3, failed: 1, usualMs: 2_000 });
  expect(counts.get('b')).toEqual({ runs: 1, failed: 0 });
});
