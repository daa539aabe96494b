import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Handler } from './handler.ts';

/**
 * Where alarms ring: TLS only. SNS encrypts its disks by itself; the AWS managed key on top would shut out CloudWatch,
 * whose alarms may not use it, and a key of one's own costs $1 a month.
 */
export class AlarmTopic extends Construct {
  readonly topic: Topic;
  readonly #named: string;

  constructor(scope: Construct, id: string, { named }: { readonly named: string }) {
    super(scope, id);
    this.#named = named;
    this.topic = new Topic(this, 'Topic', { displayName: 'Sluice', enforceSSL: true });
  }

  /** This function alone may ring it. */
  rungBy(handler: Handler): void {
    this.topic.grantPublish(handler);
    handler.knows(this.#named, this.topic.topicArn);
  }
}
