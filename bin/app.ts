import { App } from 'aws-cdk-lib';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { CollectorStack } from '../lib/collector-stack.ts';
import { settingsOf } from './settings.ts';

// Settings → stack. Needs no account, no credentials and no network. Settings are context: `-c scrapeAllow=10.0.0.0/8`,
// cdk.json, or CDK_CONTEXT_JSON where this file is run by itself, which writes the assembly to CDK_OUTDIR.
// CDK_VALIDATION=false leaves out CDK's check of the template, half of the time that synthesis takes.

const app = new App({
  analyticsReporting: false,
  // Here rather than in cdk.json, so that `node bin/app.ts` alone gives the very template that `cdk synth` gives.
  postCliContext: { ...flags, 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true },
});

const { stackName, ...props } = settingsOf(name => app.node.tryGetContext(name));
new CollectorStack(app, stackName, props);
