import { join } from 'node:path';
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { environment } from '../io/aws/contract.ts';
import { bundleOf } from './bundle.ts';
import type { VpcScraping } from './collector-props.ts';

/** What all functions of a collector have in common. */
export type Household = {
  /** What the collector is called in its metrics. */
  readonly collector: string;
  readonly logRetention: RetentionDays;
  readonly encryptionKey: IKey | undefined;
};

export type HandlerProps = {
  readonly household: Household;
  /** Which of functions/<entry>.lambda.ts it runs. */
  readonly entry: string;
  /** Memory buys CPU: 1,769 MiB is one core. */
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  /** JavaScript that runs before it. @default none */
  readonly front?: string;
  /** Where it stands. @default in no VPC */
  readonly inside?: VpcScraping;
};

/** What Lambda needs to give a function its place in a VPC. EC2 knows no narrower resource for these. */
const networkActions = ['CreateNetworkInterface', 'DescribeNetworkInterfaces', 'DeleteNetworkInterface'];

/**
 * One Lambda function: its own bundle, its own log group, and a role of its own that may at first write that log and
 * nothing else. Verbs of the other constructs grant the rest, and tell it the name of each resource they granted.
 */
export class Handler extends LambdaFunction {
  readonly timeoutSeconds: number;

  constructor(scope: Construct, id: string, props: HandlerProps) {
    const { household, entry, memoryMiB, timeoutSeconds, inside, front } = props;
    const { collector, logRetention, encryptionKey } = household;
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(encryptionKey && { encryptionKey }),
    });
    // Instead of AWSLambdaBasicExecutionRole, which may write every log of the account.
    logGroup.grantWrite(role);
    if (inside !== undefined) {
      const actions = networkActions.map(action => `ec2:${action}`);
      role.addToPolicy(new PolicyStatement({ actions, resources: ['*'] }));
      Validations.of(role).acknowledge({
        id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
        reason: 'Lambda makes the network interface before it has a name: EC2 knows no narrower resource for it.',
      });
    }
    super(scope, id, {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: bundleOf(join(import.meta.dirname, '..', 'functions', `${entry}.lambda.ts`), front),
      handler: 'index.handler',
      memorySize: memoryMiB,
      timeout: Duration.seconds(timeoutSeconds),
      // Handlers write JSON lines themselves; Lambda's own lines then are JSON too, and only those worth reading.
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SystemLogLevel.WARN,
      environment: { [environment.collector]: collector },
      role,
      logGroup,
      ...(inside && {
        vpc: inside.vpc,
        ...(inside.subnets && { vpcSubnets: inside.subnets }),
        ...(inside.securityGroups && { securityGroups: [...inside.securityGroups] }),
      }),
    });
    this.timeoutSeconds = timeoutSeconds;
  }

  /** Tells the function the name of a resource, or a setting. */
  knows(name: string, value: string): void {
    this.addEnvironment(name, value);
  }
}
