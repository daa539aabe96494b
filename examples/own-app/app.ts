import { fileURLToPath } from 'node:url';
import { App, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { Collector } from '../../lib/collector.ts';

// A CDK app of somebody else's with a collector in it: a nightly job that pushes with its own role and is missed when
// it stays away, a service that is scraped, a mailbox that hears of both. `npx cdk synth --app 'node examples/own-app/app.ts'`

class ShopStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const metrics = new Collector(this, 'Metrics', { dashboard: true });

    const report = new NodejsFunction(this, 'Report', {
      entry: fileURLToPath(new URL('./report.ts', import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      environment: { METRICS_URL: metrics.url },
    });
    metrics.grantPush(report);
    metrics.addHeartbeat('NightlyReport', { job: 'report', interval: Duration.days(1), grace: Duration.minutes(30) });

    metrics.addTarget('Shop', {
      url: 'https://shop.example.com/metrics',
      job: 'shop',
      interval: Duration.seconds(15),
      labels: { stage: 'production' },
    });
    metrics.subscribe(new EmailSubscription('oncall@example.com'));
    // Somebody pays by the sample: hear of it before the bill does.
    metrics.metricAccepted({ period: Duration.days(1) }).createAlarm(this, 'ManySamples', {
      threshold: 1e9,
      evaluationPeriods: 1,
    });
  }
}

const app = new App();
new ShopStack(app, 'Shop');
