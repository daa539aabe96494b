import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { limits } from '../core/limits.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import type { Api } from './api.ts';
import type { Handler } from './handler.ts';
import { metricOf } from './metrics.ts';
import type { Queue } from './queue.ts';

type SelfAlarmsProps = {
  readonly collector: string;
  readonly topic: AlarmTopic;
  readonly apis: readonly Api[];
  /** What holds accepted samples; how old its oldest message is tells how far behind the collector is. */
  readonly buffer: Queue;
  readonly queues: readonly Queue[];
  /**
   * Functions whose failures show nowhere else: those behind the API are seen in its answers, ingest in the age of the
   * buffer, check in its silence.
   */
  readonly unheard: readonly Handler[];
  /** Functions that run every minute: when the account has no room for these, it has none for the others. */
  readonly steady: readonly Handler[];
};

type Watch = {
  readonly metric: IMetric;
  /** As many periods in a row as it takes. */
  readonly periods: number;
  readonly what: string;
  /** Where in docs/runbook.md it says what to do. */
  readonly page: string;
} & ({ readonly atLeast: number } | { readonly below: number });

const minute = Duration.minutes(1);

/** The collector watched from outside, by CloudWatch: the one who watches must not be the one who is watched. */
export class SelfAlarms extends Construct {
  readonly alarms: readonly Alarm[];
  readonly #topic: AlarmTopic;

  constructor(scope: Construct, id: string, props: SelfAlarmsProps) {
    super(scope, id);
    const { collector, topic, apis, buffer, queues, unheard, steady } = props;
    this.#topic = topic;
    topic.rungByCloudWatch();
    // An alarm over a sum costs as much as one over each: CloudWatch charges by the metric looked at.
    const minutely = { period: minute, statistic: Stats.SUM };
    const highest = { period: minute, statistic: Stats.MAXIMUM };
    this.alarms = [
      this.#watch('BufferAge', {
        metric: buffer.queue.metricApproximateAgeOfOldestMessage(highest),
        atLeast: limits.selfAlarmBufferAgeMs / 1_000,
        periods: 3,
        what: 'Accepted samples wait to be stored',
        page: 'buffer-age',
      }),
      ...queues.map(queue =>
        this.#watch(`${queue.node.id}DeadLetters`, {
          metric: queue.deadLetters.metricApproximateNumberOfMessagesVisible(highest),
          atLeast: 1,
          periods: 1,
          what: `Messages of ${queue.node.id} failed again and again and were put aside`,
          page: 'dead-letters',
        }),
      ),
      ...apis.map(api =>
        this.#watch(`${api.node.id}ServerErrors`, {
          metric: api.metricServerErrors().with(minutely),
          atLeast: 1,
          periods: 3,
          what: `${api.node.id} answers 5xx: push or query fail, or have no room to run`,
          page: 'failures',
        }),
      ),
      ...unheard.map(handler =>
        this.#watch(`${handler.node.id}Errors`, {
          metric: handler.metricErrors(minutely),
          atLeast: 1,
          periods: 3,
          what: `The function ${handler.node.id} fails`,
          page: 'failures',
        }),
      ),
      ...steady.map(handler =>
        this.#watch(`${handler.node.id}Throttles`, {
          metric: handler.metricThrottles(minutely),
          atLeast: 1,
          periods: 2,
          what: `The account has no room to run ${handler.node.id}`,
          page: 'throttles',
        }),
      ),
      this.#watch('CheckerDead', {
        metric: metricOf(collector, 'Sweeps', { period: minute }),
        below: 1,
        periods: 3,
        what: 'Nobody looks at the heartbeats: silence would go unnoticed',
        page: 'checker-dead',
      }),
      this.#watch('NotMerged', {
        metric: metricOf(collector, 'Merges', { period: Duration.hours(1) }),
        below: 1,
        periods: 3,
        what: 'Finished hours are not merged: after a week samples are lost',
        page: 'not-merged',
      }),
      this.#watch('Cardinality', {
        metric: metricOf(collector, 'SeriesAdded', { period: Duration.hours(1) }),
        atLeast: limits.selfAlarmSeriesAddedPerHour,
        periods: 1,
        what: 'Far more new series than usual: a label holds something unbounded',
        page: 'cardinality',
      }),
    ];
  }

  #watch(id: string, { metric, periods, what, page, ...threshold }: Watch): Alarm {
    const rings =
      'atLeast' in threshold
        ? { threshold: threshold.atLeast, comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD }
        : { threshold: threshold.below, comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD };
    const alarm = new Alarm(this, id, {
      metric,
      ...rings,
      evaluationPeriods: periods,
      // Where a value is too low, no value is worse; where it is too high, none is good news.
      treatMissingData: 'below' in threshold ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      alarmDescription: `${what}. What to do: docs/runbook.md#${page}`,
    });
    const action = new SnsAction(this.#topic.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  }
}
