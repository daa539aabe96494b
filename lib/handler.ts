import { join } from 'node:path';
import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Architecture, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { bundleOf } from './bundle.ts';

export type HandlerProps = {
  /** Which of functions/<entry>.lambda.ts it runs. */
  readonly entry: string;
  readonly memoryMiB: number;
  readonly timeout: Duration;
};

/** One Lambda function: its own bundle, its own role, its own log group, and a name for each resource it was granted. */
export class Handler extends LambdaFunction {
  constructor(scope: Construct, id: string, { entry, memoryMiB, timeout }: HandlerProps) {
    super(scope, id, {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: bundleOf(join(import.meta.dirname, '..', 'functions', `${entry}.lambda.ts`)),
      handler: 'index.handler',
      memorySize: memoryMiB,
      timeout,
      // Handlers write JSON lines themselves; Lambda's own lines then are JSON too.
      loggingFormat: LoggingFormat.JSON,
      logGroup: new LogGroup(scope, `${id}Logs`, {
        retention: RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
  }

  /** Tells the function the name of a resource, or a setting. */
  knows(name: string, value: string): void {
    this.addEnvironment(name, value);
  }
}
