import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { bundleOf } from './bundle.ts';

export type HandlerProps = {
  /** Which of functions/<entry>.lambda.ts it runs. */
  readonly entry: string;
  /** Memory buys CPU: 1,769 MiB is one core. */
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
};

/**
 * One Lambda function: its own bundle, its own log group, and a role of its own that may at first write that log and
 * nothing else. Verbs of the other constructs grant the rest, and tell it the name of each resource they granted.
 */
export class Handler extends LambdaFunction {
  readonly timeoutSeconds: number;

  constructor(scope: Construct, id: string, { entry, memoryMiB, timeoutSeconds }: HandlerProps) {
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Instead of AWSLambdaBasicExecutionRole, which may write every log of the account.
    logGroup.grantWrite(role);
    super(scope, id, {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: bundleOf(join(import.meta.dirname, '..', 'functions', `${entry}.lambda.ts`)),
      handler: 'index.handler',
      memorySize: memoryMiB,
      timeout: Duration.seconds(timeoutSeconds),
      // Handlers write JSON lines themselves; Lambda's own lines then are JSON too.
      loggingFormat: LoggingFormat.JSON,
      role,
      logGroup,
    });
    this.timeoutSeconds = timeoutSeconds;
  }

  /** Tells the function the name of a resource, or a setting. */
  knows(name: string, value: string): void {
    this.addEnvironment(name, value);
  }
}
