import { Metric, type MetricOptions, Stats, Unit } from 'aws-cdk-lib/aws-cloudwatch';
import { type Measure, measures } from '../core/measures.ts';

/** One of the collector's own metrics, by its name: counts as sums, durations as their maximum, over five minutes. */
export const metricOf = (collector: string, measure: Measure, options: MetricOptions = {}): Metric => {
  const isCount = measures[measure] === 'Count';
  return new Metric({
    namespace: 'Sluice',
    metricName: measure,
    dimensionsMap: { Collector: collector },
    statistic: isCount ? Stats.SUM : Stats.MAXIMUM,
    unit: isCount ? Unit.COUNT : Unit.MILLISECONDS,
    ...options,
  });
};
