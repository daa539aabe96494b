import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { limits } from '../core/limits.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import type { Api } from './api.ts';
import type { Handler } from './handler.ts';
import { metricOf } from './metrics.ts';
import type { Queue } from './queue.ts';

export type SelfAlarmsProps = {
  readonly collector: string;
  readonly topic: AlarmTopic;
  readonly api: Api;
  /** What holds accepted samples; how old its oldest message is tells how far behind the collector is. */
  readonly buffer: Queue;
  readonly queues: readonly Queue[];
  /** Functions whose failures nobody hears about at once; those behind the API are seen in its answers. */
  readonly unheard: readonly Handler[];
  /** Functions that always run: when the account has no room for these, it has none for the others. */
  readonly steady: readonly Handler[];
};

type Watch = {
  readonly metric: IMetric;
  /** Rings at this value or above. */
  readonly from: number;
  /** Of this many periods, all must be there. */
  readonly periods: number;
  readonly what: string;
  /** Where in docs/runbook.md it says what to do. */
  readonly page: string;
};

const minute = Duration.minutes(1);

/** The collector watched from outside, by CloudWatch: the one who watches must not be the one who is watched. */
export class SelfAlarms extends Construct {
  readonly alarms: readonly Alarm[];
  readonly #topic: AlarmTopic;

  constructor(scope: Construct, id: string, props: SelfAlarmsProps) {
    super(scope, id);
    const { collector, topic, api, buffer, queues, unheard, steady } = props;
    this.#topic = topic;
    topic.rungByCloudWatch();
    const visible = { period: minute, statistic: Stats.MAXIMUM };
    this.alarms = [
      this.#watch('BufferAge', {
        metric: buffer.queue.metricApproximateAgeOfOldestMessage({ period: minute, statistic: Stats.MAXIMUM }),
        from: limits.selfAlarmBufferAgeMs / 1_000,
        periods: 3,
        what: 'Accepted samples wait to be stored',
        page: 'buffer-age',
      }),
      this.#watch('DeadLetters', {
        metric: sumOf(queues.map(queue => queue.deadLetters.metricApproximateNumberOfMessagesVisible(visible))),
        from: 1,
        periods: 1,
        what: 'Messages failed again and again and were put aside',
        page: 'dead-letters',
      }),
      this.#watch('Failures', {
        metric: sumOf([
          api.metricServerErrors().with({ period: minute, statistic: Stats.SUM }),
          ...unheard.map(handler => handler.metricErrors({ period: minute })),
        ]),
        from: 1,
        periods: 3,
        what: 'Functions fail, or the API answers 5xx',
        page: 'failures',
      }),
      this.#watch('Throttles', {
        metric: sumOf(steady.map(handler => handler.metricThrottles({ period: minute }))),
        from: 1,
        periods: 2,
        what: 'The account has no room to run functions',
        page: 'throttles',
      }),
      this.#watch('CheckerDead', {
        // Below one a minute, asked as a negation so that all alarms ring at a value or above.
        metric: new MathExpression({
          expression: '1 - sweeps',
          usingMetrics: { sweeps: metricOf(collector, 'Sweeps', { period: minute }) },
          period: minute,
        }),
        from: 1,
        periods: 3,
        what: 'Nobody looks at the heartbeats: silence would go unnoticed',
        page: 'checker-dead',
      }),
      this.#watch('Cardinality', {
        metric: metricOf(collector, 'SeriesAdded', { period: Duration.hours(1) }),
        from: limits.selfAlarmSeriesAddedPerHour,
        periods: 1,
        what: 'Far more new series than usual: a label holds something unbounded',
        page: 'cardinality',
      }),
    ];
  }

  #watch(id: string, { metric, from, periods, what, page }: Watch): Alarm {
    const alarm = new Alarm(this, id, {
      metric,
      threshold: from,
      evaluationPeriods: periods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // The checker tells something every minute; of the others silence is good news.
      treatMissingData: id === 'CheckerDead' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      alarmDescription: `${what}. What to do: docs/runbook.md#${page}`,
    });
    const action = new SnsAction(this.#topic.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  }
}

const sumOf = (metrics: readonly IMetric[]): MathExpression =>
  new MathExpression({
    expression: metrics.map((_, at) => `m${at}`).join(' + '),
    usingMetrics: Object.fromEntries(metrics.map((metric, at) => [`m${at}`, metric])),
    period: minute,
  });
