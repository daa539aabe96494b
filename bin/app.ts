import { App } from 'aws-cdk-lib';
import { CollectorStack } from '../lib/collector-stack.ts';

const app = new App({
  analyticsReporting: false,
  // The flags that new CDK apps get; here rather than in cdk.json, so that `node bin/app.ts` alone gives the same template.
  postCliContext: {
    '@aws-cdk/core:target-partitions': ['aws', 'aws-cn', 'aws-us-gov'],
    '@aws-cdk/aws-iam:minimizePolicies': true,
    '@aws-cdk/core:checkSecretUsage': true,
    '@aws-cdk/core:explicitStackTags': true,
  },
});

/** A setting from `-c name=value` or cdk.json. */
const setting = (name: string): string | undefined => app.node.tryGetContext(name) as string | undefined;

const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '');

new CollectorStack(app, setting('stackName') ?? 'Sluice', { scrapeAllowCidrs: list(setting('scrapeAllow')) });
