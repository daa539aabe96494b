import { Stack } from 'aws-cdk-lib';
import { Grant, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Handler } from './handler.ts';

type AlarmTopicProps = { readonly named: string; readonly encryptionKey: IKey | undefined };

/**
 * Where alarms ring: TLS only. SNS encrypts its disks by itself; the AWS managed key on top would shut out CloudWatch,
 * whose alarms may not use it. A key of one's own lets CloudWatch in.
 */
export class AlarmTopic extends Construct {
  readonly topic: Topic;
  readonly #props: AlarmTopicProps;

  constructor(scope: Construct, id: string, props: AlarmTopicProps) {
    super(scope, id);
    const { encryptionKey } = props;
    this.#props = props;
    this.topic = new Topic(this, 'Topic', {
      displayName: 'Sluice',
      enforceSSL: true,
      ...(encryptionKey && { masterKey: encryptionKey }),
    });
  }

  /** This function alone of ours may ring it. */
  rungBy(handler: Handler): void {
    const { encryptionKey, named } = this.#props;
    Grant.addToPrincipal({
      grantee: handler,
      actions: ['sns:Publish'],
      resourceArns: [this.topic.topicArn],
    }).assertSuccess();
    encryptionKey?.grant(handler, 'kms:Decrypt', 'kms:GenerateDataKey');
    handler.knows(named, this.topic.topicArn);
  }

  /** CloudWatch's alarms of this account may ring it too. */
  rungByCloudWatch(): void {
    const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    });
    this.topic.grantPublish(cloudWatch);
    this.#props.encryptionKey?.grant(cloudWatch, 'kms:Decrypt', 'kms:GenerateDataKey');
  }
}
