import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startMetrics } from '../../local/cloudwatch.ts';
import { LocalMeasures } from '../../local/measures.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-measures-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (values: Readonly<Record<string, number>>): string =>
  JSON.stringify({
    _aws: {
      CloudWatchMetrics: [
        { Metrics: Object.keys(values).map(Name => ({ Name, Unit: Name === 'Accepted' ? 'Count' : 'Milliseconds' })) },
      ],
    },
    ...values,
  });

const minute = 60_000;
const startMs = Date.UTC(2026, 5, 1, 12);

test('counts add up and of durations the longest is kept, in spans, across a restart', () => {
  let nowMs = startMs;
  const measures = new LocalMeasures(folder, () => nowMs);
  expect(measures.take('{"level":"info"}')).toBe(false);
  expect(measures.take(line({ Accepted: 3, ScrapeLateness: 40 }))).toBe(true);
  measures.take(line({ Accepted: 4, ScrapeLateness: 12 }));
  nowMs += 5 * minute;
  measures.take(line({ Accepted: 1 }));
  measures.save();
  const again = new LocalMeasures(folder, () => nowMs);
  const over = (name: string, everyMs: number, isSum: boolean) => again.over(name, startMs, nowMs + 1, everyMs, isSum);
  expect(over('Accepted', 5 * minute, true)).toEqual([
    [startMs, 7],
    [startMs + 5 * minute, 1],
  ]);
  expect(over('Accepted', 30 * minute, true)).toEqual([[startMs, 8]]);
  expect(over('ScrapeLateness', 30 * minute, false)).toEqual([[startMs, 40]]);
  // The end is not included.
  expect(again.over('Accepted', startMs, startMs + 5 * minute, 5 * minute, true)).toEqual([[startMs, 7]]);
  expect(over('Stored', 30 * minute, true)).toEqual([]);
});

test('what is older than a day is let go', () => {
  let nowMs = startMs;
  const measures = new LocalMeasures(folder, () => nowMs);
  measures.take(line({ Accepted: 3 }));
  nowMs += 26 * 60 * minute;
  measures.take(line({ Accepted: 1 }));
  expect(measures.over('Accepted', 0, nowMs + 1, 5 * minute, true)).toEqual([[nowMs, 1]]);
});

test('of queues the age of the oldest message is told, as it is now', async () => {
  const asked: unknown[] = [];
  const { url, stop } = await startMetrics(new LocalMeasures(folder, () => startMs), (name, nowMs) => {
    asked.push([name, nowMs]);
    return name === 'buffer' ? 4_500 : undefined;
  });
  const client = new CloudWatchClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const age = (Id: string, Value: string) => ({
    Id,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateAgeOfOldestMessage',
        Dimensions: [{ Name: 'QueueName', Value }],
      },
      Period: 300,
      Stat: 'Maximum',
    },
  });
  const { MetricDataResults = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(startMs - minute),
      EndTime: new Date(startMs),
      MetricDataQueries: [age('buffer', 'buffer'), age('other', 'other')],
    }),
  );
  expect(MetricDataResults.map(({ Id, Values, Timestamps }) => [Id, Values, Timestamps?.map(Number)])).toEqual([
    ['buffer', [4.5], [startMs]],
    ['other', [], []],
  ]);
  expect(asked).toEqual([
    ['buffer', startMs],
    ['other', startMs],
  ]);
  client.destroy();
  await stop();
});

test('the SDK asks as it asks CloudWatch; of what is not ours there is nothing', async () => {
  const measures = new LocalMeasures(folder, () => startMs);
  measures.take(line({ Accepted: 3 }));
  const { url, stop } = await startMetrics(measures);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new CloudWatchClient({ endpoint: url, region: 'us-east-1', credentials });
  const stat = (Id: string, Namespace: string) => ({
    Id,
    MetricStat: { Metric: { Namespace, MetricName: 'Accepted' }, Period: 300, Stat: 'Sum' },
  });
  const { MetricDataResults = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(startMs - minute),
      EndTime: new Date(startMs + minute),
      MetricDataQueries: [stat('own', 'Sluice'), stat('other', 'AWS/SQS')],
    }),
  );
  expect(MetricDataResults.map(({ Id, Values, Timestamps }) => [Id, Values, Timestamps?.map(Number)])).toEqual([
    ['own', [3], [startMs]],
    ['other', [], []],
  ]);
  client.destroy();
  await stop();
});
