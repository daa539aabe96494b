import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { Collector } from '../../lib/collector.ts';
import { CollectorStack } from '../../lib/collector-stack.ts';

/** Runs AWS's own checks over the stack. Throws on a finding that nobody acknowledged with a reason. */
const checked = (stackOf: (app: App) => Stack): string => {
  const outdir = mkdtempSync(join(tmpdir(), 'sluice-nag-'));
  try {
    const app = new App({ outdir, context: { ...flags, 'aws:cdk:bundling-stacks': [] } });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    stackOf(app);
    app.synth();
    return readFileSync(join(outdir, 'validation-report.json'), 'utf8');
  } finally {
    rmSync(outdir, { recursive: true });
  }
};

test('the stack as it comes has no finding that is not explained', () => {
  expect(checked(app => new CollectorStack(app, 'Sluice'))).toContain('AwsSolutions');
});

test('nor has a collector with everything', () => {
  checked(app => {
    const stack = new Stack(app, 'Everything', { env: { region: 'us-east-1', account: '123456789012' } });
    const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['us-east-1a'],
      privateSubnetIds: ['subnet-0123456789abcdef1'],
      privateSubnetRouteTableIds: ['rtb-0123456789abcdef0'],
    });
    const collector = new Collector(stack, 'Metrics', {
      vpcScraping: { vpc, allowCidrs: ['10.0.0.0/16'] },
      discovery: { ecs: true, ec2: true, cloudMap: true, vpcLists: true },
      encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
      dashboard: true,
    });
    collector.addTarget('Web', { url: 'http://10.0.0.7:9100/metrics', network: 'vpc' });
    collector.addHeartbeat('Nightly', { job: 'nightly', interval: Duration.days(1) });
    return stack;
  });
});

test('a finding fails', () => {
  expect(() =>
    checked(app => {
      const stack = new CollectorStack(app, 'Sluice');
      new Key(stack, 'NeverRotated');
      return stack;
    }),
  ).toThrow('AwsSolutions-KMS5');
});
