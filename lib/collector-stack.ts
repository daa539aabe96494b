import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { outputs } from '../io/aws/contract.ts';
import { Collector } from './collector.ts';
import type { CollectorProps } from './collector-props.ts';

/** The collector as a stack of its own, for `cdk deploy`: prints what producers and users need to know. */
export class CollectorStack extends Stack {
  readonly collector: Collector;

  constructor(scope: Construct, id: string, props: CollectorProps & StackProps = {}) {
    super(scope, id, { description: 'Sluice: a serverless metrics collector', ...props });
    const collector = new Collector(this, 'Collector', props);
    this.collector = collector;
    const told: Record<keyof typeof outputs, readonly [value: string, description: string]> = {
      url: [collector.url, 'Producers push here; Grafana reads here. Requests are signed with SigV4.'],
      keyedUrl: [collector.keyedUrl, 'Producers push here who have a key; people open the page here.'],
      keys: [collector.keys.table.tableName, 'Hashes of push keys.'],
      usage: [
        collector.usage.table.tableName,
        'How much comes in with keys that come near their limits, for a few minutes.',
      ],
      targets: [collector.targets.table.tableName, 'Rows put here are scraped.'],
      heartbeats: [collector.heartbeats.table.tableName, 'Rows put here are expected to be heard.'],
      series: [collector.series.table.tableName, 'Samples, ours to write.'],
      alarms: [collector.topic.topic.topicArn, 'Subscribe here to hear who fell silent.'],
      collector: [collector.node.path, "The value of dimension Collector in CloudWatch's namespace Sluice."],
      deadLetters: [
        collector.buffer.deadLetters.queueUrl,
        'Accepted batches that failed again and again: `sluice quarantine`.',
      ],
      buffer: [collector.buffer.queue.queueUrl, 'Accepted batches on their way to the series.'],
    };
    for (const [name, [value, description]] of Object.entries(told)) {
      new CfnOutput(this, outputs[name as keyof typeof outputs], { value, description });
    }
  }
}
