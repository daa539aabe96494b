import { Validations } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats, Unit } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type Measure, measures } from '../core/measures.ts';
import type { Handler } from './handler.ts';

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

/** Lets a function read metrics. CloudWatch knows no narrower resource for it. */
export const readMetrics = (handler: Handler): void => {
  Grant.addToPrincipal({
    grantee: handler,
    actions: ['cloudwatch:GetMetricData'],
    resourceArns: ['*'],
  }).assertSuccess();
  if (handler.role !== undefined)
    Validations.of(handler.role).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason: 'CloudWatch has no resource to name: who may read metrics may read them all. The function reads our own.',
    });
};

/** A construct whose path is the name of a collector in CloudWatch: what the collector says of itself, as metrics. */
export class Measured extends Construct {
  /** Samples taken into the buffer. */
  metricAccepted(options?: MetricOptions): Metric {
    return metricOf(this.node.path, 'Accepted', options);
  }

  /** Pushes refused, whole. */
  metricRefused(options?: MetricOptions): Metric {
    return metricOf(this.node.path, 'Refused', options);
  }

  /** Samples written to the series table. */
  metricStored(options?: MetricOptions): Metric {
    return metricOf(this.node.path, 'Stored', options);
  }

  /** Samples that came more than once and were written once. */
  metricMerged(options?: MetricOptions): Metric {
    return metricOf(this.node.path, 'Merged', options);
  }

  /** Samples whose message could not be read. */
  metricQuarantined(options?: MetricOptions): Metric {
    return metricOf(this.node.path, 'Quarantined', options);
  }

  /** Write units that storing took. */
  metricWriteUnits(options?: MetricOptions): Metric {
    return metricOf(this.node.path, 'WriteUnits', options);
  }

  /** Series seen for the first time. */
  metricSeriesAdded(options?: MetricOptions): Metric {
    return metricOf(this.node.path, 'SeriesAdded', options);
  }

  /** How long after its slot a scrape began, at most. */
  metricScrapeLateness(options?: MetricOptions): Metric {
    return metricOf(this.node.path, 'ScrapeLateness', options);
  }

  /** Slots that came too late to be scraped. */
  metricScrapesMissed(options?: MetricOptions): Metric {
    return metricOf(this.node.path, 'ScrapesMissed', options);
  }

  /** From the instant a source counted as down until its alarm was sent, at most. */
  metricDetectionDelay(options?: MetricOptions): Metric {
    return metricOf(this.node.path, 'DetectionDelay', options);
  }
}
