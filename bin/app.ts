import { App } from 'aws-cdk-lib';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { CollectorStack } from '../lib/collector-stack.ts';

const app = new App({
  analyticsReporting: false,
  // Here rather than in cdk.json, so that `node bin/app.ts` alone gives the very template that `cdk synth` gives.
  postCliContext: { ...flags, 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true },
});

/** A setting from `-c name=value` or cdk.json. */
const setting = (name: string): string | undefined => app.node.tryGetContext(name) as string | undefined;

const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '');

new CollectorStack(app, setting('stackName') ?? 'Sluice', { scrapeAllowCidrs: list(setting('scrapeAllow')) });
