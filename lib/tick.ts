import { Duration, Stack } from 'aws-cdk-lib';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import type { Handler } from './handler.ts';

/** Wakes a function every minute, or every few, and tells it which minute was meant. A tick that is over is not made up for: the next one covers it. */
export class Tick extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { wakes, everyMinutes = 1 }: { readonly wakes: Handler; readonly everyMinutes?: number },
  ) {
    super(scope, id);
    const assumedBy = new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    });
    const role = new Role(this, 'Role', { assumedBy });
    Grant.addToPrincipal({
      grantee: role,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [wakes.functionArn],
    }).assertSuccess();
    new Schedule(this, 'Minute', {
      schedule: ScheduleExpression.rate(Duration.minutes(everyMinutes)),
      timeWindow: TimeWindow.off(),
      target: new LambdaInvoke(wakes, {
        input: ScheduleTargetInput.fromObject({ scheduledAt: ContextAttribute.scheduledTime }),
        retryAttempts: 2,
        maxEventAge: Duration.minutes(1),
        // CDK would allow every version of the function too.
        role: role.withoutPolicyUpdates(),
      }),
    });
  }
}
