import type { Gateway } from '../ports.ts';
import type { Amazon } from './amazon.ts';

const minute = 60_000;

type Answer = { readonly MetricDataResults?: readonly { readonly Id: string; readonly Values?: readonly number[] }[] };

/**
 * What CloudWatch has of our APIs, by their ids, and of the pushes that we refused ourselves. A look is charged by the metric,
 * $0.00003 in all.
 */
export const apiGateway = (amazon: Pick<Amazon, 'json'>, collector: string, apiIds: readonly string[]): Gateway => ({
  refusals: async (fromMs, toMs) => {
    const query = (Id: string, Namespace: string, MetricName: string, Name: string, Value: string) => ({
      Id,
      MetricStat: { Metric: { Namespace, MetricName, Dimensions: [{ Name, Value }] }, Period: 60, Stat: 'Sum' },
    });
    const { MetricDataResults = [] } = (await amazon.json({
      service: 'monitoring',
      operation: 'GetMetricData',
      region: undefined,
      input: {
        StartTime: (Math.floor(fromMs / minute) * minute) / 1_000,
        EndTime: (Math.ceil(toMs / minute) * minute) / 1_000,
        MetricDataQueries: [
          query('ours', 'Sluice', 'Refused', 'Collector', collector),
          ...apiIds.map((id, at) => query(`api${at}`, 'AWS/ApiGateway', '4xx', 'ApiId', id)),
        ],
      },
    })) as Answer;
    const sumOf = (isAsked: (id: string) => boolean): number =>
      MetricDataResults.filter(({ Id }) => isAsked(Id))
        .flatMap(({ Values = [] }) => Values)
        .reduce((sum, value) => sum + value, 0);
    return { all: sumOf(id => id !== 'ours'), ours: sumOf(id => id === 'ours') };
  },
});
