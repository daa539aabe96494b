import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Measure, measures } from '../../core/measures.ts';
import type { ToldOverTime } from '../../core/view/vitals.ts';
import type { Vitals } from '../ports.ts';
import { called } from './calls.ts';

const names = Object.keys(measures) as Measure[];

const counts = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
] as const;

/** What CloudWatch has of the collector, and SQS of its buffer. A look at CloudWatch is charged by the metric, some $0.0002 in all. */
export const awsVitals = (
  cloudWatch: CloudWatchClient,
  sqs: SQSClient,
  collector: string,
  bufferUrl: string,
): Vitals => ({
  told: async (fromMs, toMs, everyMs) => {
    const query = (Id: string, Namespace: string, MetricName: string, dimension: [string, string], Stat: string) =>
      ({
        Id,
        MetricStat: {
          Metric: { Namespace, MetricName, Dimensions: [{ Name: dimension[0], Value: dimension[1] }] },
          Period: everyMs / 1_000,
          Stat,
        },
      }) satisfies MetricDataQuery;
    const own = names.map((name, at) =>
      query(`m${at}`, 'Sluice', name, ['Collector', collector], measures[name] === 'Count' ? 'Sum' : 'Maximum'),
    );
    const queue = ['QueueName', bufferUrl.split('/').at(-1) ?? ''] as [string, string];
    const asked = new GetMetricDataCommand({
      StartTime: new Date(fromMs),
      EndTime: new Date(toMs),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: [...own, query('age', 'AWS/SQS', 'ApproximateAgeOfOldestMessage', queue, 'Maximum')],
    });
    const { MetricDataResults = [] } = await called('vitals.told', () => cloudWatch.send(asked));
    const told: Record<string, [number, number][]> = {};
    for (const { Id = '', Timestamps = [], Values = [] } of MetricDataResults) {
      const name = Id === 'age' ? 'BufferAge' : names[Number(Id.slice(1))];
      if (name === undefined || Values.length === 0) continue;
      told[name] = Timestamps.map((at, index): [number, number] => [at.getTime() / 1_000, Values[index] ?? 0]);
    }
    return told as ToldOverTime;
  },

  buffered: async () => {
    const { Attributes = {} } = await called('vitals.buffered', () =>
      sqs.send(new GetQueueAttributesCommand({ QueueUrl: bufferUrl, AttributeNames: [...counts] })),
    );
    return counts.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
  },
});
