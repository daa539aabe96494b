import { Duration, type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Handler } from './handler.ts';

type ObjectStoreProps = {
  /** The environment variable by which functions know it. */
  readonly named: string;
  readonly removalPolicy: RemovalPolicy;
  /** @default S3's own */
  readonly encryptionKey: IKey | undefined;
  /** How many days objects under a prefix are kept. What a crash leaves behind goes the same way. */
  readonly keptDays: Readonly<Record<string, number>>;
};

/** A bucket for objects that are written once: private, encrypted, TLS only. */
export class ObjectStore extends Construct {
  readonly bucket: Bucket;
  readonly #named: string;
  readonly #encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, { named, removalPolicy, encryptionKey, keptDays }: ObjectStoreProps) {
    super(scope, id);
    this.#named = named;
    this.#encryptionKey = encryptionKey;
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      ...(encryptionKey === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }),
      enforceSSL: true,
      removalPolicy,
      lifecycleRules: Object.entries(keptDays).map(([prefix, days]) => ({ prefix, expiration: Duration.days(days) })),
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason:
        'Access logs would cost more than what they log: two roles of this stack are all that may reach the bucket.',
    });
  }

  /** Whoever may not list a bucket hears of an object that is not there that it is forbidden: reading needs both. */
  readBy(...handlers: Handler[]): void {
    this.#grant(handlers, 'ListBucket', this.bucket.bucketArn);
    this.#grant(handlers, 'GetObject', this.bucket.arnForObjects('*'));
  }

  writtenBy(...handlers: Handler[]): void {
    this.#grant(handlers, 'PutObject', this.bucket.arnForObjects('*'));
  }

  #grant(handlers: readonly Handler[], action: string, arn: string): void {
    for (const handler of handlers) {
      Grant.addToPrincipal({ grantee: handler, actions: [`s3:${action}`], resourceArns: [arn] }).assertSuccess();
      const { logicalId } = this.bucket.node.defaultChild as CfnBucket;
      Validations.of(handler.role!).acknowledge({
        id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${Stack.of(this).resolve(logicalId)}.Arn>/*]`,
        reason: 'Objects are named by what they hold: no key is known before. Nothing else is in the bucket.',
      });
      this.#encryptionKey?.grant(handler, 'kms:Decrypt', 'kms:GenerateDataKey');
      handler.knows(this.#named, this.bucket.bucketName);
    }
  }
}
