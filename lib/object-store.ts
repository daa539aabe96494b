import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Handler } from './handler.ts';

export type ObjectStoreProps = {
  /** The environment variable by which functions know it. */
  readonly named: string;
  readonly removalPolicy: RemovalPolicy;
  /** How many days objects under a prefix are kept. What a crash leaves behind goes the same way. */
  readonly keptDays: Readonly<Record<string, number>>;
};

/** A bucket for objects that are written once: private, encrypted, TLS only. */
export class ObjectStore extends Construct {
  readonly bucket: Bucket;
  readonly #named: string;

  constructor(scope: Construct, id: string, { named, removalPolicy, keptDays }: ObjectStoreProps) {
    super(scope, id);
    this.#named = named;
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      removalPolicy,
      lifecycleRules: Object.entries(keptDays).map(([prefix, days]) => ({ prefix, expiration: Duration.days(days) })),
    });
  }

  readBy(...handlers: Handler[]): void {
    this.#grant(handlers, ['GetObject']);
  }

  writtenBy(...handlers: Handler[]): void {
    this.#grant(handlers, ['PutObject']);
  }

  #grant(handlers: readonly Handler[], actions: readonly string[]): void {
    for (const handler of handlers) {
      Grant.addToPrincipal({
        grantee: handler,
        actions: actions.map(action => `s3:${action}`),
        resourceArns: [this.bucket.arnForObjects('*')],
      }).assertSuccess();
      handler.knows(this.#named, this.bucket.bucketName);
    }
  }
}
