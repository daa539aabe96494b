import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, SingleValueWidget, Stats, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Measure } from '../core/measures.ts';
import type { Handler } from './handler.ts';
import { metricOf } from './metrics.ts';
import type { Queue } from './queue.ts';

type OverviewProps = {
  readonly collector: string;
  readonly queues: readonly Queue[];
  readonly handlers: readonly Handler[];
};

const minute = Duration.minutes(1);

/** What a collector does, on one page: what comes in, what became of it, what waits, how late, what it costs. */
export class Overview extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { collector, queues, handlers }: OverviewProps) {
    super(scope, id);
    const of = (...names: Measure[]): IMetric[] => names.map(name => metricOf(collector, name, { period: minute }));
    const chart = (title: string, left: IMetric[]): GraphWidget =>
      new GraphWidget({ title, left, width: 8, height: 6 });
    this.dashboard = new Dashboard(this, 'Dashboard');
    this.dashboard.addWidgets(
      new TextWidget({
        markdown: `# Sluice: ${collector}\nAccepted = stored + merged + quarantined + still in the buffer.`,
        width: 24,
        height: 2,
      }),
    );
    this.dashboard.addWidgets(
      new SingleValueWidget({ title: 'Today', metrics: dayOf(collector), width: 24, height: 3 }),
    );
    this.dashboard.addWidgets(
      chart('Samples in', of('Accepted', 'Refused')),
      chart('What became of them', of('Stored', 'Merged', 'Quarantined')),
      chart('New series', of('SeriesAdded')),
    );
    this.dashboard.addWidgets(
      chart(
        'Oldest message (s)',
        queues.map(({ queue }) =>
          queue.metricApproximateAgeOfOldestMessage({
            period: minute,
            statistic: Stats.MAXIMUM,
            label: queue.node.path,
          }),
        ),
      ),
      chart(
        'Dead letters',
        queues.map(({ deadLetters }) =>
          deadLetters.metricApproximateNumberOfMessagesVisible({
            period: minute,
            statistic: Stats.MAXIMUM,
            label: deadLetters.node.path,
          }),
        ),
      ),
      chart('How late (ms)', of('ScrapeLateness', 'DetectionDelay')),
    );
    this.dashboard.addWidgets(
      chart(
        'Functions: errors',
        handlers.map(handler => handler.metricErrors({ period: minute, label: handler.node.id })),
      ),
      chart(
        'Functions: duration (ms)',
        handlers.map(handler => handler.metricDuration({ period: minute, label: handler.node.id })),
      ),
      chart('What costs: write units', of('WriteUnits')),
    );
  }
}

const dayOf = (collector: string): IMetric[] =>
  (['Accepted', 'Stored', 'Merged', 'Quarantined', 'Refused', 'ScrapesMissed', 'WriteUnits'] as const).map(name =>
    metricOf(collector, name, { period: Duration.days(1) }),
  );
